// SPDX-License-Identifier: Apache-2.0
#include "cli/toml.h"

#include <sstream>
#include <toml++/toml.h>

#include "json/fields.h"

namespace cls::cli {

namespace {

/// Bytes before each line of a text.
std::vector<std::size_t> line_starts(std::string_view text) {
  std::vector<std::size_t> starts{0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') starts.push_back(i + 1);
  }
  return starts;
}

class Converter {
 public:
  explicit Converter(std::string_view text) : starts_(line_starts(text)) {}

  json::Value convert(const toml::node& node) const {
    json::Value value = bare(node);
    value.offset = offset(node.source());
    return value;
  }

 private:
  std::size_t offset(const toml::source_region& region) const {
    const auto& [line, column] = region.begin;
    if (line == 0 || line > starts_.size()) return 0;
    return starts_[line - 1] + column - 1;
  }

  json::Value bare(const toml::node& node) const {
    if (const auto* table = node.as_table()) return object(*table);
    if (const auto* array = node.as_array()) {
      json::Value list = json::Value::array();
      for (const auto& item : *array) list.items.push_back(convert(item));
      return list;
    }
    if (const auto* text = node.as_string()) return json::Value::string(text->get());
    if (const auto* flag = node.as_boolean()) return json::Value::boolean_value(flag->get());
    if (const auto* number = node.as_integer()) return json::Value::number(number->get());
    if (const auto* number = node.as_floating_point()) return json::encode(number->get());
    std::ostringstream date;
    date << toml::node_view<const toml::node>(&node);
    return json::Value::string(date.str());
  }

  json::Value object(const toml::table& table) const {
    json::Value object = json::Value::object();
    for (const auto& [key, value] : table) {
      object.add(std::string(key.str()), convert(value));
      object.members.back().key_offset = offset(key.source());
    }
    return object;
  }

  std::vector<std::size_t> starts_;
};

}  // namespace

std::optional<json::Document> parse_toml(std::string file, std::string text,
                                         Diagnostics& problems) {
  try {
    const toml::table root = toml::parse(text);
    json::Value value = Converter(text).convert(root);
    return json::Document{
        .file = std::move(file), .text = std::move(text), .root = std::move(value)};
  } catch (const toml::parse_error& error) {
    problems.add({.file = std::move(file),
                  .line = error.source().begin.line,
                  .column = error.source().begin.column,
                  .pointer = "",
                  .message = std::string(error.description()),
                  .hint = ""});
    return std::nullopt;
  }
}

}  // namespace cls::cli
