// SPDX-License-Identifier: Apache-2.0
// Templates: an object to start from, made from a schema.
#include <algorithm>

#include "base/format.h"
#include "model/catalogue.h"

namespace cls::model {

namespace {

json::Value value_of(const json::Value& schema, std::string_view doc, TemplateFields fields);

bool is_null(const json::Value& schema) {
  const json::Value* type = schema.find("type");
  return type != nullptr && type->text == "null";
}

/// Null where the value may be left out, else as the first alternative.
json::Value either(const json::Value& alternatives, std::string_view doc, TemplateFields fields) {
  if (std::ranges::any_of(alternatives.items, is_null)) return {};
  return value_of(alternatives.items.front(), doc, fields);
}

json::Value text_of(const json::Value& schema, std::string_view doc) {
  if (schema.find("format") != nullptr) return json::Value::string("Twelfths");  // a lot unit
  return json::Value::string(format("<{}>", doc));
}

json::Value object_of(const json::Value& schema, std::string_view doc, TemplateFields fields) {
  if (schema.find("properties") != nullptr) return template_of(schema, fields);
  json::Value map = json::Value::object();
  if (const json::Value* values = schema.find("additionalProperties")) {
    map.add("main", value_of(*values, doc, fields));
  }
  return map;
}

json::Value value_of(const json::Value& schema, std::string_view doc, TemplateFields fields) {
  for (const char* fixed : {"const", "default"}) {
    if (const json::Value* value = schema.find(fixed)) return *value;
  }
  if (const json::Value* words = schema.find("enum")) return words->items.front();
  if (const json::Value* alternatives = schema.find("anyOf")) {
    return either(*alternatives, doc, fields);
  }
  const json::Value* type = schema.find("type");
  if (type == nullptr) return json::Value::object();  // anything goes
  if (type->kind == json::Kind::Array) return text_of(schema, doc);
  if (type->text == "object") return object_of(schema, doc, fields);
  if (type->text == "array") {
    return json::Value::array({value_of(*schema.find("items"), doc, fields)});
  }
  if (type->text == "boolean") return json::Value::boolean_value(false);
  const json::Value* least = schema.find("minimum");
  return least != nullptr ? *least : json::Value::number(0);
}

bool is_required(const json::Value& schema, const std::string& name) {
  return std::ranges::any_of(schema.find("required")->items,
                             [&](const json::Value& needed) { return needed.text == name; });
}

}  // namespace

json::Value template_of(const json::Value& schema, TemplateFields fields) {
  json::Value object = json::Value::object();
  for (const auto& [name, property, offset] : schema.find("properties")->members) {
    if (property.find("deprecated") != nullptr) continue;
    if (fields == TemplateFields::Required && !is_required(schema, name)) continue;
    const json::Value* doc = property.find("description");
    object.add(name, value_of(property, doc == nullptr ? name : doc->text, fields));
  }
  return object;
}

}  // namespace cls::model
