// SPDX-License-Identifier: Apache-2.0
#include "operate/report_table.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

namespace cls::operate {

namespace {

/// A text column is not made narrower than this: lots, times and most names stay whole.
constexpr std::size_t least_text = 20;

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

/// A column as it is printed: two header lines, and a text per row.
struct Column {
  std::string name;
  std::vector<std::string> texts = {};
  std::size_t width = 0;
  std::size_t least = 0;  ///< it is not made narrower
};

using Columns = std::vector<Column>;

Column column_of(const Report& report, std::size_t index) {
  Column column{.name = report.columns[index]};
  auto [first, second] = header_of(column.name);
  const std::size_t heading = std::max(width_of(first), width_of(second));
  column.texts = {std::move(first), std::move(second)};
  column.width = heading;
  bool text = false;
  for (const auto& row : report.rows) {
    const Cell& cell = row.at(index);
    text = text || std::holds_alternative<std::string>(cell);
    column.texts.push_back(shown(cell));
    column.width = std::max(column.width, width_of(column.texts.back()));
  }
  column.least = text ? std::min(column.width, std::max(least_text, heading)) : column.width;
  return column;
}

std::size_t total_of(const Columns& columns) {
  const std::size_t gaps = columns.empty() ? 0 : 2 * (columns.size() - 1);
  return std::accumulate(columns.begin(), columns.end(), gaps,
                         [](std::size_t sum, const Column& one) { return sum + one.width; });
}

/// Makes the widest texts narrower, as long as the table does not fit.
void narrow(Columns& columns, std::size_t width) {
  const auto room = [](const Column& one) { return one.width > one.least ? one.width : 0; };
  while (total_of(columns) > width) {
    const auto widest = std::ranges::max_element(columns, std::less<>(),
                                                 [&](const auto& one) { return room(one); });
    if (room(*widest) == 0) break;
    --widest->width;
  }
}

std::string printed(const Columns& columns) {
  std::string out;
  const auto line = [&](std::size_t number) {
    for (const Column& column : columns) {
      if (&column != columns.data()) out += "  ";
      const std::string text = cut(column.texts[number], column.width);
      out += text;
      out.append(column.width - width_of(text), ' ');
    }
    out += '\n';
  };
  line(0);
  line(1);
  out.append(total_of(columns), '=');
  out += '\n';
  for (std::size_t i = 2; i < columns.front().texts.size(); ++i) line(i);
  out += '\n';
  return out;
}

/// Takes the columns of a placement that all rows share out of the table; the line that says it.
std::string taken_out(Columns& columns, std::size_t& keys) {
  const auto is_placement = [](const Column& one) { return one.name.starts_with("placement."); };
  const auto varies = [](const Column& one) {
    return std::adjacent_find(one.texts.begin() + 2, one.texts.end(), std::not_equal_to<>()) !=
           one.texts.end();
  };
  std::string line;
  for (const Column& column : columns) {
    if (!is_placement(column)) continue;
    if (column.texts.size() == 2 || varies(column)) return {};
    line += (line.empty() ? "placement: " : " ") + column.texts[2];
  }
  const auto taken = static_cast<std::size_t>(std::erase_if(columns, is_placement));
  keys = keys > taken ? keys - taken : 1;
  return line.empty() ? line : line + "\n\n";
}

/// A part of a table; where one column beside the keys is too wide for it, its texts are cut.
std::string fitted(Columns part, std::size_t width) {
  narrow(part, width);
  return printed(part);
}

/// Several tables, each with the first `keys` columns and as many of the others as fit whole.
std::string in_parts(const Columns& columns, std::size_t keys, std::size_t width) {
  const auto first_other = columns.begin() + static_cast<std::ptrdiff_t>(keys);
  std::string out;
  Columns part(columns.begin(), first_other);
  for (auto at = first_other; at != columns.end(); ++at) {
    if (part.size() > keys && total_of(part) + 2 + at->width > width) {
      out += fitted(part, width);
      part.resize(keys);
    }
    part.push_back(*at);
  }
  return out + fitted(std::move(part), width);
}

}  // namespace

std::string table(const Report& report, const Look& look) {
  Columns columns;
  for (const std::size_t index : shown_columns(report)) columns.push_back(column_of(report, index));
  if (columns.empty()) return "\n";
  if (look.width == 0 || total_of(columns) <= look.width) return printed(columns);
  std::size_t keys = std::max({report.key_columns, report.subject_columns, std::size_t{1}});
  const std::string above = taken_out(columns, keys);
  Columns narrowed = columns;
  narrow(narrowed, look.width);
  if (total_of(narrowed) <= look.width) return above + printed(narrowed);
  return above + in_parts(columns, std::min(keys, columns.size()), look.width);
}

}  // namespace cls::operate
