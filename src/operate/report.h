// SPDX-License-Identifier: Apache-2.0
// Report: rows under named columns, and its four texts. docs/formats/reports.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "json/names.h"

namespace cls::operate {

/// How a report is printed.
enum class Format : std::uint8_t { Table, Json, Csv, Tsv };

/// How texts for people are laid out. What programs read never changes by it.
struct Look {
  std::size_t width = 0;    ///< of the terminal, in columns; 0: no limit
  bool local_time = false;  ///< times in the time zone of the machine instead of UTC
};

/// One value; nothing prints `-` in a table, an empty field in csv and tsv, null in JSON.
using Cell = std::variant<std::monostate, std::string, std::int64_t, double, bool>;

/// Rows under columns with dotted names (`placement.provider`). JSON nests by the dots.
struct Report {
  std::vector<std::string> columns = {};
  std::vector<std::vector<Cell>> rows = {};
  /// In JSON the first `subject_columns` columns are wrapped in a member of this name; empty: not.
  std::string subject = {};
  std::size_t subject_columns = 0;
  /// How many columns say what a row is about: a table in several parts repeats them. Where this
  /// is nothing, the subject's columns, or the first one.
  std::size_t key_columns = 0;
  /// Columns that only JSON shows.
  std::vector<std::string> json_only = {};
  /// Things seen on the way that people should be told, such as a record that cannot be read. No
  /// part of any text: the caller prints them where its messages go.
  std::vector<std::string> notes = {};
};

/// The text of a report in a format, with a newline at its end; a table with a blank line after
/// it. Where a table is wider than the look allows, it is made to fit: report_table.h.
std::string render(const Report& report, Format format, const Look& look = {});

}  // namespace cls::operate

namespace cls::json {
template <>
inline constexpr auto names_of<operate::Format> =
    Names<operate::Format, 4>{{{operate::Format::Table, "table"},
                               {operate::Format::Json, "json"},
                               {operate::Format::Csv, "csv"},
                               {operate::Format::Tsv, "tsv"}}};
}  // namespace cls::json
