// SPDX-License-Identifier: Apache-2.0
#include "aws/template.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/error.h"
#include "base/format.h"

namespace cls::aws {

namespace {

/// How a resource type writes tags.
enum class TagForm : std::uint8_t { None, List, Map };

struct TagRow {
  std::string_view type;
  TagForm form;
};

/// The types of our templates whose tags can change while the resource stays: what is named cannot
/// be replaced.
constexpr auto tag_rows = std::to_array<TagRow>({
    {"AWS::Batch::JobDefinition", TagForm::Map},
    {"AWS::Batch::JobQueue", TagForm::Map},
    {"AWS::CloudWatch::Alarm", TagForm::List},
    {"AWS::EC2::EIP", TagForm::List},
    {"AWS::EC2::InternetGateway", TagForm::List},
    {"AWS::EC2::NatGateway", TagForm::List},
    {"AWS::EC2::RouteTable", TagForm::List},
    {"AWS::EC2::SecurityGroup", TagForm::List},
    {"AWS::EC2::Subnet", TagForm::List},
    {"AWS::EC2::VPC", TagForm::List},
    {"AWS::ECR::Repository", TagForm::List},
    {"AWS::Events::EventBus", TagForm::List},
    {"AWS::IAM::Role", TagForm::List},
    {"AWS::Lambda::EventSourceMapping", TagForm::List},
    {"AWS::Lambda::Function", TagForm::List},
    {"AWS::Logs::LogGroup", TagForm::List},
    {"AWS::S3::Bucket", TagForm::List},
    {"AWS::SQS::Queue", TagForm::List},
    {"AWS::StepFunctions::StateMachine", TagForm::List},
});

TagForm tag_form(std::string_view type) {
  const auto* const row = std::ranges::find(tag_rows, type, &TagRow::type);
  return row == tag_rows.end() ? TagForm::None : row->form;
}

Value* member(Value& object, std::string_view key) {
  for (auto& one : object.members) {
    if (one.key == key) return &one.value;
  }
  return nullptr;
}

void add_tag(Value& tags, TagForm form, const std::string& key, const std::string& value) {
  if (form == TagForm::Map) {
    if (tags.find(key) == nullptr) tags.add(key, text(value));
    return;
  }
  const auto names_it = [&](const Value& tag) {
    const Value* name = tag.find("Key");
    return name != nullptr && name->text == key;
  };
  if (std::ranges::any_of(tags.items, names_it)) return;
  tags.items.push_back(object({{"Key", text(key)}, {"Value", text(value)}}));
}

void add_imports(const Value& value, std::set<std::string>& names) {
  if (const Value* name = value.find("Fn::ImportValue")) names.insert(name->text);
  for (const auto& item : value.items) add_imports(item, names);
  for (const auto& [key, inner, offset] : value.members) add_imports(inner, names);
}

void sort_tags(Value& tags) {
  std::ranges::sort(tags.items, {}, [](const Value& tag) { return tag.find("Key")->text; });
}

}  // namespace

void Template::add(const std::string& id, Resource resource) {
  if (!resources_.emplace(id, std::move(resource)).second) {
    throw Error(format("two resources of a stack have the logical id {}", id));
  }
}

void Template::add(const std::string& id, Output output) {
  if (!outputs_.emplace(id, std::move(output)).second) {
    throw Error(format("two outputs of a stack have the id {}", id));
  }
}

void Template::absorb(Template&& other) {
  resources_.merge(other.resources_);
  for (const auto& [id, left] : other.resources_) {
    const Resource& held = resources_.at(id);
    if (left.type != held.type || !(left.properties == held.properties)) {
      throw Error(format("two resources of a stack have the logical id {}", id));
    }
    if (left.on_removal == Removal::Retain) resources_.at(id).on_removal = Removal::Retain;
  }
  outputs_.merge(other.outputs_);
  if (other.outputs_.empty()) return;
  throw Error(format("two outputs of a stack have the id {}", other.outputs_.begin()->first));
}

void Template::tag(const Tags& tags) {
  for (auto& [id, resource] : resources_) {
    const TagForm form = tag_form(resource.type);
    if (form == TagForm::None || tags.empty()) continue;
    Value* written = member(resource.properties, "Tags");
    if (written == nullptr) {
      resource.properties.add("Tags", form == TagForm::Map ? Value::object() : Value::array());
      written = &resource.properties.members.back().value;
    }
    for (const auto& [key, value] : tags) add_tag(*written, form, key, value);
    if (form == TagForm::List) sort_tags(*written);
  }
}

std::set<std::string> Template::imports() const {
  std::set<std::string> names;
  for (const auto& [id, resource] : resources_) add_imports(resource.properties, names);
  for (const auto& [id, output] : outputs_) add_imports(output.value, names);
  return names;
}

Value Template::to_json() const {
  Value resources = Value::object();
  for (const auto& [id, resource] : resources_) {
    const bool retains = resource.on_removal == Removal::Retain;
    const auto policy = [&](std::string_view name) {
      return retains ? std::optional(text(name)) : std::nullopt;
    };
    const bool depends = !resource.depends_on.empty();
    resources.add(
        id,
        object({{"Type", text(resource.type)},
                {"Properties", resource.properties},
                {"DependsOn", depends ? std::optional(texts(resource.depends_on)) : std::nullopt},
                // What a creation that fails has made goes again: it holds nothing, and would be
                // in the way of the next one.
                {"DeletionPolicy", policy("RetainExceptOnCreate")},
                {"UpdateReplacePolicy", policy("Retain")}}));
  }
  Value result = object({{"AWSTemplateFormatVersion", text("2010-09-09")},
                         {"Description", text(description_)},
                         {"Resources", std::move(resources)}});
  if (outputs_.empty()) return sorted(std::move(result));
  Value outputs = Value::object();
  for (const auto& [id, output] : outputs_) {
    std::optional<Value> exported;
    if (!output.export_name.empty()) exported = object({{"Name", text(output.export_name)}});
    outputs.add(id, object({{"Description", text(output.description)},
                            {"Value", output.value},
                            {"Export", exported}}));
  }
  result.add("Outputs", std::move(outputs));
  return sorted(std::move(result));
}

std::string Template::to_text() const {
  return json::to_pretty(to_json()) + "\n";
}

std::string logical_id(std::string_view words) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  std::string result;
  bool begins = true;
  for (const char c : words) {
    if (!is_digit(c) && !is_upper(c) && !is_lower(c)) {
      begins = true;
      continue;
    }
    result += begins && is_lower(c) ? static_cast<char>(c - 'a' + 'A') : c;
    begins = false;
  }
  return result;
}

}  // namespace cls::aws
