// SPDX-License-Identifier: Apache-2.0
#include "operate/report.h"

#include <algorithm>
#include <cmath>

#include "base/format.h"
#include "json/fields.h"
#include "operate/report_table.h"

namespace cls::operate {

namespace {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

json::Value value_of(const Cell& cell) {
  return std::visit(Overloaded{[](std::monostate) { return json::Value{}; },
                               [](const std::string& text) { return json::Value::string(text); },
                               [](std::int64_t number) { return json::Value::number(number); },
                               [](double number) {
                                 return std::isfinite(number) ? json::encode(number)
                                                              : json::Value{};
                               },
                               [](bool value) { return json::Value::boolean_value(value); }},
                    cell);
}

/// The member of that name, made as an object where there is none.
json::Value& member_object(json::Value& object, std::string_view key) {
  for (auto& member : object.members) {
    if (member.key == key) return member.value;
  }
  object.add(std::string(key), json::Value::object());
  return object.members.back().value;
}

void set_at(json::Value& object, std::string_view dotted, json::Value value) {
  json::Value* at = &object;
  for (std::size_t dot = dotted.find('.'); dot != std::string_view::npos; dot = dotted.find('.')) {
    at = &member_object(*at, dotted.substr(0, dot));
    dotted.remove_prefix(dot + 1);
  }
  at->add(std::string(dotted), std::move(value));
}

std::string pretty_json(const Report& report) {
  if (report.rows.empty()) return "[ ]\n";
  std::string out = "[ ";
  for (const auto& row : report.rows) {
    if (&row != report.rows.data()) out += ", ";
    json::Value record = json::Value::object();
    for (std::size_t i = 0; i < report.columns.size(); ++i) {
      const bool wrapped = !report.subject.empty() && i < report.subject_columns;
      set_at(wrapped ? member_object(record, report.subject) : record, report.columns[i],
             value_of(row.at(i)));
    }
    out += json::to_pretty(record);
  }
  out += " ]\n";
  return out;
}

/// One field of csv, quoted where RFC 4180 asks for it.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

std::string tsv_field(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::string separated(const Report& report, Format as) {
  const auto columns = shown_columns(report);
  std::string out;
  const auto append = [&](std::size_t index, const std::string& text) {
    if (index > 0) out += as == Format::Csv ? ',' : '\t';
    out += as == Format::Csv ? csv_field(text) : tsv_field(text);
  };
  for (std::size_t i = 0; i < columns.size(); ++i) append(i, report.columns[columns[i]]);
  out += '\n';
  for (const auto& row : report.rows) {
    for (std::size_t i = 0; i < columns.size(); ++i) append(i, plain(row.at(columns[i])));
    out += '\n';
  }
  return out;
}

}  // namespace

std::string plain(const Cell& cell) {
  return std::visit(Overloaded{[](std::monostate) { return std::string(); },
                               [](const std::string& text) { return text; },
                               [](std::int64_t number) { return std::to_string(number); },
                               [](double number) { return format("{}", number); },
                               [](bool value) { return std::string(value ? "true" : "false"); }},
                    cell);
}

std::vector<std::size_t> shown_columns(const Report& report) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < report.columns.size(); ++i) {
    if (std::ranges::find(report.json_only, report.columns[i]) == report.json_only.end()) {
      columns.push_back(i);
    }
  }
  return columns;
}

std::string render(const Report& report, Format format, const Look& look) {
  switch (format) {
    case Format::Json:
      return pretty_json(report);
    case Format::Csv:
    case Format::Tsv:
      return separated(report, format);
    case Format::Table:
      break;
  }
  return table(report, look);
}

}  // namespace cls::operate
