// SPDX-License-Identifier: Apache-2.0
#include "operate/report.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>
#include <span>

#include "base/format.h"
#include "json/fields.h"

namespace cls::operate {

namespace {

/// A text column is not made narrower than this.
constexpr std::size_t least_text = 8;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

/// A cell as csv and tsv show it: nothing is the empty text.
std::string plain(const Cell& cell) {
  return std::visit(Overloaded{[](std::monostate) { return std::string(); },
                               [](const std::string& text) { return text; },
                               [](std::int64_t number) { return std::to_string(number); },
                               [](double number) { return format("{}", number); },
                               [](bool value) { return std::string(value ? "true" : "false"); }},
                    cell);
}

std::string with_separators(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

/// A cell as a table shows it: one line of text.
std::string shown(const Cell& cell) {
  if (std::holds_alternative<std::monostate>(cell)) return "-";
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return with_separators(*number);
  std::string text = plain(cell);
  std::ranges::replace_if(text, is_control, ' ');
  return text;
}

/// Characters of UTF-8 text.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// The two header lines of a column: `placement.provider` and `lotId` are two words each.
std::pair<std::string, std::string> header_of(const std::string& column) {
  std::vector<std::string> words(1);
  for (const char c : column) {
    const bool upper = std::isupper(static_cast<unsigned char>(c)) != 0;
    if ((c == '.' || upper) && !words.back().empty()) words.emplace_back();
    if (c != '.') {
      words.back() += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  if (words.size() == 1) return {"", words.front()};
  std::string rest = words[1];
  for (std::size_t i = 2; i < words.size(); ++i) rest += " " + words[i];
  return {words.front(), rest};
}

void append_line(std::string& out, const std::vector<std::string>& texts,
                 std::span<const std::size_t> widths) {
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (i > 0) out += "  ";
    out += texts[i];
    out.append(widths[i] - width_of(texts[i]), ' ');
  }
  out += '\n';
}

/// Which columns a text other than JSON shows, by index.
std::vector<std::size_t> shown_columns(const Report& report) {
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < report.columns.size(); ++i) {
    if (std::ranges::find(report.json_only, report.columns[i]) == report.json_only.end()) {
      columns.push_back(i);
    }
  }
  return columns;
}

/// `text` in at most `width` characters: its middle is left out, for ends tell names apart.
std::string cut(const std::string& text, std::size_t width) {
  if (width_of(text) <= width) return text;
  std::vector<std::string> letters;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U || letters.empty()) letters.emplace_back();
    letters.back() += c;
  }
  const std::size_t front = width / 2;
  const std::size_t back = width - front - 1;
  std::string out;
  for (std::size_t i = 0; i < front; ++i) out += letters[i];
  out += '~';  // no letter that a terminal might not have
  for (std::size_t i = letters.size() - back; i < letters.size(); ++i) out += letters[i];
  return out;
}

std::size_t total_of(const std::vector<std::size_t>& widths) {
  const std::size_t gaps = widths.empty() ? 0 : 2 * (widths.size() - 1);
  return std::accumulate(widths.begin(), widths.end(), gaps);
}

/// Makes the widest texts narrower until the table fits; numbers and headings stay whole.
void fit(const Report& report, const std::vector<std::size_t>& columns, std::size_t width,
         std::vector<std::vector<std::string>>& lines, std::vector<std::size_t>& widths) {
  std::vector<std::size_t> least = widths;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool text = std::ranges::any_of(report.rows, [&](const auto& row) {
      return std::holds_alternative<std::string>(row.at(columns[i]));
    });
    if (text) least[i] = std::max({least_text, width_of(lines[0][i]), width_of(lines[1][i])});
  }
  while (total_of(widths) > width) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (widths[i] <= least[i]) continue;
      if (widest == widths.size() || widths[i] > widths[widest]) widest = i;
    }
    if (widest == widths.size()) break;  // the terminal has to break the lines
    --widths[widest];
  }
  for (std::size_t line = 2; line < lines.size(); ++line) {
    for (std::size_t i = 0; i < widths.size(); ++i) lines[line][i] = cut(lines[line][i], widths[i]);
  }
}

std::string table(const Report& report, const Look& look) {
  const auto columns = shown_columns(report);
  std::vector<std::vector<std::string>> lines(2);
  for (const std::size_t column : columns) {
    auto [first, second] = header_of(report.columns[column]);
    lines[0].push_back(std::move(first));
    lines[1].push_back(std::move(second));
  }
  for (const auto& row : report.rows) {
    auto& line = lines.emplace_back();
    for (const std::size_t column : columns) line.push_back(shown(row.at(column)));
  }
  std::vector<std::size_t> widths(columns.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(line[i]));
    }
  }
  if (look.width > 0) fit(report, columns, look.width, lines, widths);
  const std::size_t total = total_of(widths);
  std::string out;
  append_line(out, lines[0], widths);
  append_line(out, lines[1], widths);
  out.append(total, '=');
  out += '\n';
  for (std::size_t i = 2; i < lines.size(); ++i) append_line(out, lines[i], widths);
  out += '\n';
  return out;
}

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
