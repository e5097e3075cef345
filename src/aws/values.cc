// SPDX-License-Identifier: Apache-2.0
#include "aws/values.h"

#include <algorithm>

namespace cls::aws {

namespace {

void sort_members(Value& value) {
  for (auto& item : value.items) sort_members(item);
  for (auto& member : value.members) sort_members(member.value);
  std::ranges::sort(value.members, {}, &json::Member::key);
}

}  // namespace

Value text(std::string_view value) {
  return Value::string(std::string(value));
}

Value number(std::int64_t value) {
  return Value::number(value);
}

Value flag(bool value) {
  return Value::boolean_value(value);
}

Value texts(const std::vector<std::string>& values) {
  Value result = Value::array();
  for (const auto& one : values) result.items.push_back(text(one));
  return result;
}

Value list(std::initializer_list<Value> values) {
  return Value::array(values);
}

Value object(std::initializer_list<Property> properties) {
  Value result = Value::object();
  for (const auto& [key, value] : properties) {
    if (value) result.add(std::string(key), std::move(*value));
  }
  return result;
}

Value ref_to(std::string_view id) {
  return object({{"Ref", text(id)}});
}

Value get_att(std::string_view id, std::string_view attribute) {
  return object({{"Fn::GetAtt", list({text(id), text(attribute)})}});
}

Value import_value(std::string_view name) {
  return object({{"Fn::ImportValue", text(name)}});
}

Value select(std::int64_t index, Value from) {
  return object({{"Fn::Select", list({number(index), std::move(from)})}});
}

Value availability_zones() {
  return object({{"Fn::GetAZs", text("")}});
}

Value sorted(Value value) {
  sort_members(value);
  return value;
}

}  // namespace cls::aws
