// SPDX-License-Identifier: Apache-2.0
#include "json/fields.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/format.h"
#include "base/text.h"

namespace cls::json {

namespace {

std::string describe(const Value& value) {
  switch (value.kind) {
    case Kind::Null:
      return "null";
    case Kind::Bool:
      return value.boolean ? "true" : "false";
    case Kind::Number:
      return value.text;
    case Kind::String:
      return format("'{}'", value.text.size() > 60 ? value.text.substr(0, 57) + "..." : value.text);
    case Kind::Array:
      return "an array";
    case Kind::Object:
      return "an object";
  }
  return "?";
}

Value typed(std::string_view type) {
  Value value = Value::object();
  value.add("type", Value::string(std::string(type)));
  return value;
}

}  // namespace

void Reader::problem(const Value& value, std::string message, std::string hint,
                     Severity severity) const {
  problem_at(value.offset, pointer_, std::move(message), std::move(hint), severity);
}

void Reader::problem_at(std::size_t offset, const std::string& pointer, std::string message,
                        std::string hint, Severity severity) const {
  const auto [line, column] = document_->position(offset);
  problems_->add({.severity = severity,
                  .file = document_->file,
                  .line = line,
                  .column = column,
                  .pointer = pointer,
                  .message = std::move(message),
                  .hint = std::move(hint)});
}

void Reader::unknown_member(const Member& member, const std::vector<std::string>& known,
                            std::string_view hint) {
  const auto near = closest(member.key, known);
  std::string right(hint);
  if (right.empty()) {
    right =
        near ? format("did you mean '{}'?", *near) : format("known fields: {}", join(known, ", "));
  }
  problem_at(member.key_offset, pointer_ + "/" + pointer_segment(member.key),
             format("unknown field '{}'", member.key), std::move(right));
}

void Reader::ignored_member(const Member& member) {
  problem_at(member.key_offset, pointer_ + "/" + pointer_segment(member.key),
             format("the field '{}' has no effect", member.key), "", Severity::Warning);
}

void Reader::missing(const Value& object, std::string_view name) const {
  problem(object, format("missing field '{}'", name), "it is required");
}

bool is_extra(std::string_view key) {
  return key == "$schema" || key.starts_with("x-");
}

bool expect_kind(const Value& value, Kind kind, Reader& in) {
  if (value.kind == kind) return true;
  in.problem(value,
             format("expected {}, got {}", kind == Kind::Array ? "an array" : "an object",
                    describe(value)),
             value.kind == Kind::Null ? "leave the field out, or write an empty one" : "");
  return false;
}

void Codec<std::string>::decode(const Value& value, std::string& out, Reader& in) {
  if (value.kind == Kind::String || value.kind == Kind::Number) {
    out = value.text;
  } else if (value.kind == Kind::Bool) {
    out = value.boolean ? "true" : "false";
  } else {
    in.problem(value, format("expected a text, got {}", describe(value)));
  }
}

Value Codec<std::string>::schema() {
  Value schema = Value::object();
  schema.add("type", Value::array({Value::string("string"), Value::string("number"),
                                   Value::string("boolean")}));
  return schema;
}

void Codec<bool>::decode(const Value& value, bool& out, Reader& in) {
  if (value.kind == Kind::Bool) {
    out = value.boolean;
  } else {
    in.problem(value, format("expected true or false, got {}", describe(value)));
  }
}

Value Codec<bool>::schema() {
  return typed("boolean");
}

void Codec<double>::decode(const Value& value, double& out, Reader& in) {
  double number = 0;
  const char* end = value.text.data() + value.text.size();
  if (value.kind == Kind::Number &&
      std::from_chars(value.text.data(), end, number).ec == std::errc() && std::isfinite(number)) {
    out = number;
  } else {
    in.problem(value, format("expected a number, got {}", describe(value)));
  }
}

Value Codec<double>::encode(double value) {
  Value number;
  number.kind = Kind::Number;
  number.text = format("{}", value);
  if (number.text.find_first_of(".e") == std::string::npos) number.text += ".0";
  return number;
}

Value Codec<double>::schema() {
  return typed("number");
}

std::optional<std::int64_t> decode_integer(const Value& value, std::int64_t least,
                                           std::int64_t most, Reader& in) {
  std::int64_t number = 0;
  const char* end = value.text.data() + value.text.size();
  if (value.kind == Kind::Number) {
    const auto [stop, error] = std::from_chars(value.text.data(), end, number);
    if (error == std::errc() && stop == end) {
      if (number >= least && number <= most) return number;
      in.problem(value, format("{} is out of range", number), format("{} to {}", least, most));
      return std::nullopt;
    }
  }
  in.problem(value, format("expected a whole number, got {}", describe(value)));
  return std::nullopt;
}

Value integer_schema() {
  return typed("integer");
}

void report_enum(const Value& value, const std::vector<std::string>& names, Reader& in) {
  const auto near = closest(value.text, names);
  std::string hint = near && value.kind == Kind::String
                         ? format("did you mean '{}'? known: {}", *near, join(names, ", "))
                         : format("one of: {}", join(names, ", "));
  in.problem(value, format("{} is not known here", describe(value)), std::move(hint));
}

Value enum_schema(const std::vector<std::string>& names) {
  Value values = Value::array();
  for (const auto& name : names) values.items.push_back(Value::string(name));
  Value schema = Value::object();
  schema.add("enum", std::move(values));
  return schema;
}

Value array_schema(Value items) {
  Value schema = typed("array");
  schema.add("items", std::move(items));
  return schema;
}

Value map_schema(Value values) {
  Value schema = typed("object");
  schema.add("additionalProperties", std::move(values));
  return schema;
}

bool check_range(const Value& value, std::int64_t least, std::int64_t most, Reader& in) {
  if (value.kind != Kind::Number) return true;
  double number = 0;
  const char* end = value.text.data() + value.text.size();
  const bool readable = std::from_chars(value.text.data(), end, number).ec == std::errc();
  if (readable && number >= static_cast<double>(least) && number <= static_cast<double>(most)) {
    return true;
  }
  in.problem(value, format("{} is out of range", value.text),
             most == std::numeric_limits<std::int64_t>::max() ? format("at least {}", least)
                                                              : format("{} to {}", least, most));
  return false;
}

void add_ignored_property(Value& properties, std::string_view name) {
  Value property = Value::object();
  property.add("description", Value::string("has no effect"));
  property.add("deprecated", Value::boolean_value(true));
  properties.add(std::string(name), std::move(property));
}

void describe_property(Value& property, std::string_view doc, std::int64_t least, std::int64_t most,
                       const Value* initial) {
  if (property.kind != Kind::Object) {
    property = Value::object();  // `true`: anything goes; say so in a form that takes a description
  }
  property.add("description", Value::string(std::string(doc)));
  if (least != std::numeric_limits<std::int64_t>::min()) {
    property.add("minimum", Value::number(least));
  }
  if (most != std::numeric_limits<std::int64_t>::max()) {
    property.add("maximum", Value::number(most));
  }
  if (initial != nullptr && initial->kind != Kind::Null) property.add("default", *initial);
}

}  // namespace cls::json
