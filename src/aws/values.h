// SPDX-License-Identifier: Apache-2.0
// Values of template properties: JSON, and the intrinsic functions of CloudFormation that we use.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/value.h"

namespace cls::aws {

using json::Value;

/// A member of an object; one without a value is left out.
struct Property {
  std::string_view key;
  mutable std::optional<Value> value;  ///< an object takes it out of the list that it is given
};

Value text(std::string_view value);
Value number(std::int64_t value);
Value flag(bool value);
Value texts(const std::vector<std::string>& values);
Value list(std::initializer_list<Value> values);
Value object(std::initializer_list<Property> properties);

/// `{"Ref": id}`.
Value ref_to(std::string_view id);
/// `{"Fn::GetAtt": [id, attribute]}`.
Value get_att(std::string_view id, std::string_view attribute);
/// `{"Fn::ImportValue": name}`: what another stack exports.
Value import_value(std::string_view name);
/// `{"Fn::Select": [index, list]}`.
Value select(std::int64_t index, Value from);
/// `{"Fn::GetAZs": ""}`: the availability zones of the stack's region.
Value availability_zones();

/// The same value with the members of every object in the order of their keys; lists stay.
Value sorted(Value value);

}  // namespace cls::aws
