// SPDX-License-Identifier: Apache-2.0
// Template: one CloudFormation stack as data, and its text: JSON, members sorted, the same bytes
// for the same content. Format: AWS CloudFormation, template format version 2010-09-09.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aws/values.h"

namespace cls::aws {

/// What becomes of a resource that a stack holds no longer.
enum class Removal : std::uint8_t { Delete, Retain };

/// One resource. `type` is CloudFormation's, as `AWS::SQS::Queue`.
struct Resource {
  std::string type;
  Value properties = Value::object();
  std::vector<std::string> depends_on = {};
  Removal on_removal = Removal::Delete;
};

/// A value that a stack shows, and exports where `export_name` is not empty.
struct Output {
  std::string description;
  Value value;
  std::string export_name = {};
};

using Tags = std::map<std::string, std::string>;

/// A stack's resources and outputs by logical id.
class Template {
 public:
  explicit Template(std::string description) : description_(std::move(description)) {}

  /// Throws Error where the id is taken: the caller has checked names before.
  void add(const std::string& id, Resource resource);
  void add(const std::string& id, Output output);
  /// Takes over what another one holds. A resource of the same id must be the same; it is
  /// retained if one of them is. Throws Error where it is not, and where an output's id is taken.
  void absorb(Template&& other);
  /// Puts these on every resource that can have tags; its own stay.
  void tag(const Tags& tags);

  const std::map<std::string, Resource>& resources() const { return resources_; }
  const std::map<std::string, Output>& outputs() const { return outputs_; }
  Resource& at(const std::string& id) { return resources_.at(id); }
  bool has(const std::string& id) const { return resources_.contains(id); }
  /// Names of the exports of other stacks that this one takes.
  std::set<std::string> imports() const;

  Value to_json() const;
  std::string to_text() const;

 private:
  std::string description_;
  std::map<std::string, Resource> resources_;
  std::map<std::string, Output> outputs_;
};

/// What one template may hold, by CloudFormation's quotas.
inline constexpr std::size_t most_resources = 500;
inline constexpr std::size_t most_outputs = 200;

/// Letters and digits of `words`, each word's first letter upper-case: a logical id.
std::string logical_id(std::string_view words);

}  // namespace cls::aws
