// SPDX-License-Identifier: Apache-2.0
#include "model/field_rows.h"

#include <utility>

#include "base/format.h"
#include "base/text.h"
#include "model/deployable.h"

namespace cls::model {

namespace {

const json::Value* properties_of(const json::Value& schema) {
  const json::Value* properties = schema.find("properties");
  return properties != nullptr && properties->kind == json::Kind::Object ? properties : nullptr;
}

/// Compares what a reader does, not the description and default of the one who holds it.
const SharedObject* shared_object(const json::Value& schema) {
  const json::Value* properties = properties_of(schema);
  if (properties == nullptr) return nullptr;
  for (const auto& object : shared_objects()) {
    if (*properties == *properties_of(object.schema)) return &object;
  }
  return nullptr;
}

std::string range_of(const json::Value& schema) {
  const json::Value* least = schema.find("minimum");
  const json::Value* most = schema.find("maximum");
  if (least != nullptr && most != nullptr) return format(", {} to {}", least->text, most->text);
  return least != nullptr ? format(", at least {}", least->text) : "";
}

std::string type_text(const json::Value& schema);

std::string alternatives(const json::Value& list) {
  std::vector<std::string> texts;
  for (const auto& schema : list.items) {
    const json::Value* type = schema.find("type");
    const bool is_null = type != nullptr && type->text == "null";
    if (!is_null) texts.push_back(type_text(schema));
  }
  return join(texts, " or ");
}

std::string object_text(const json::Value& schema) {
  if (const SharedObject* shared = shared_object(schema)) return shared->name;
  if (const json::Value* properties = properties_of(schema)) {
    std::vector<std::string> names;
    names.reserve(properties->members.size());
    for (const auto& member : properties->members) names.push_back(format("`{}`", member.key));
    return format("object with {}", join(names, ", "));
  }
  const json::Value* values = schema.find("additionalProperties");
  return values == nullptr ? "object" : format("map of {}", type_text(*values));
}

std::string type_text(const json::Value& schema) {
  if (const json::Value* names = schema.find("enum")) {
    std::vector<std::string> texts;
    texts.reserve(names->items.size());
    for (const auto& name : names->items) texts.push_back(format("`{}`", name.text));
    return join(texts, " ");
  }
  if (const json::Value* either = schema.find("anyOf")) {
    return alternatives(*either) + range_of(schema);
  }
  const json::Value* type = schema.find("type");
  if (type == nullptr) return "any JSON";
  if (type->kind == json::Kind::Array) {
    // A text, which may be written as a number or a boolean.
    return schema.find("format") != nullptr ? schema.find("format")->text : "text";
  }
  if (type->text == "object") return object_text(schema);
  if (type->text == "array") return format("list of {}", type_text(*schema.find("items")));
  if (type->text == "integer") return "whole number" + range_of(schema);
  if (type->text == "boolean") return "`true` `false`";
  return type->text;
}

std::string default_text(const std::string& name, const json::Value& property,
                         const json::Value& owner) {
  for (const auto& needed : owner.find("required")->items) {
    if (needed.text == name) return "required";
  }
  const json::Value* initial = property.find("default");
  if (initial == nullptr) return "–";
  const bool is_empty = initial->kind == json::Kind::Object && shared_object(property) == nullptr &&
                        properties_of(property) != nullptr;
  return is_empty ? "as below" : format("`{}`", json::to_text(*initial));
}

void append_rows(std::vector<FieldRow>& rows, const json::Value& schema,
                 const std::string& prefix) {
  for (const auto& [name, property, offset] : properties_of(schema)->members) {
    if (prefix.empty() && (name == "type" || name == "exclude")) continue;
    if (property.find("deprecated") != nullptr) continue;
    const bool inlined = properties_of(property) != nullptr && shared_object(property) == nullptr;
    const json::Value* doc = property.find("description");
    rows.push_back({.name = prefix + name,
                    .type = inlined ? "object" : type_text(property),
                    .initial = default_text(name, property, schema),
                    .doc = doc == nullptr ? "" : doc->text});
    if (inlined) append_rows(rows, property, prefix + name + ".");
  }
}

}  // namespace

const std::vector<SharedObject>& shared_objects() {
  static const std::vector<SharedObject> objects{
      {"dataset that is written", json::schema<SinkDataset>()},
      {"dataset that is read", json::schema<SourceDataset>()},
      {"path filter", json::schema<PathFilter>()},
      {"function properties", json::schema<LambdaProps>()},
      {"job properties", json::schema<BatchProps>()},
  };
  return objects;
}

std::vector<FieldRow> field_rows(const json::Value& schema) {
  std::vector<FieldRow> rows;
  append_rows(rows, schema, "");
  return rows;
}

}  // namespace cls::model
