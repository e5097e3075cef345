// SPDX-License-Identifier: Apache-2.0
#include "record/overwrites.h"

#include "base/format.h"
#include "record/json_lines.h"

namespace cls::record {

namespace {

constexpr std::string_view what = "overwrites record";

Result<> read_head(std::string_view line, OverwritesHead& head) {
  auto read = json::read_record<OverwritesHead>(line);
  if (!read) return pass(std::move(read));
  if (read->version > 1) {
    return fail(FailureCode::Invalid,
                format("format version {} is newer than 1, the newest that this cls reads; use a "
                       "newer cls",
                       read->version));
  }
  head = std::move(*read);
  return {};
}

}  // namespace

std::string write_overwrites(const OverwritesFile& file) {
  std::string bytes = json::write_record(file.head) + "\n";
  for (const auto& line : file.lines) {
    bytes += json::write_record(line);
    bytes += '\n';
  }
  return bytes;
}

Result<OverwritesFile> read_overwrites(std::string_view bytes) {
  if (bytes.empty()) {
    return fail(FailureCode::Invalid, format("{}, line 1: is missing; it is the head", what));
  }
  OverwritesFile file;
  auto read =
      for_each_line(bytes, what, [&](std::size_t number, std::string_view text) -> Result<> {
        if (number == 1) return read_head(text, file.head);
        auto line = json::read_record<OverwriteLine>(text);
        if (!line) return pass(std::move(line));
        file.lines.push_back(std::move(*line));
        return {};
      });
  if (!read) return pass(std::move(read));
  return file;
}

}  // namespace cls::record
