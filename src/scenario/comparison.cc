// SPDX-License-Identifier: Apache-2.0
#include "scenario/comparison.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/format.h"
#include "base/text.h"
#include "json/value.h"
#include "model/regex.h"

namespace cls::scenario {

namespace {

/// Members of records that say which version an object is, that are fresh for each run, or that
/// quote a store's words.
constexpr std::array unlike{"mtime",         "sha256", "etag", "versionId", "revision",
                            "sourceVersion", "nonce",  "beat", "message",   "comment"};

/// `text` with `instead` for each match.
std::string replaced(std::string_view text, const model::Regex& pattern, std::string_view instead) {
  std::string result;
  for (auto found = pattern.search(text); found; found = pattern.search(text)) {
    result += text.substr(0, found->begin);
    result += instead;
    text.remove_prefix(found->end);
  }
  return result += text;
}

/// Without attempts and times.
std::string masked(std::string_view text) {
  static const auto ulid = model::Regex::compile("[0-9A-HJKMNP-TV-Z]{26}").value();
  static const auto time =
      model::Regex::compile(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)").value();
  return replaced(replaced(text, ulid, "<attempt>"), time, "<time>");
}

void leave_out_versions(json::Value& value) {
  std::erase_if(value.members, [](const json::Member& member) {
    return std::ranges::find(unlike, member.key) != unlike.end();
  });
  for (auto& member : value.members) leave_out_versions(member.value);
  for (auto& item : value.items) leave_out_versions(item);
}

/// A line of a record, or as it is where it is no JSON.
std::string comparable(const std::string& line) {
  auto value = json::parse_record(line);
  if (!value) return line;
  leave_out_versions(*value);
  return masked(json::to_text(*value));
}

}  // namespace

Result<RecordTexts> record_texts(Records& records) {
  RecordTexts texts;
  auto read =
      records.each_record([&](const std::string& uri, const std::string& bytes) -> Result<> {
        auto& lines = texts[masked(uri)];
        if (json::parse_record(bytes)) {
          lines.push_back(comparable(bytes));
        } else {
          for (const auto& line : split(bytes, '\n'))
            lines.push_back(comparable(std::string(line)));
        }
        std::ranges::sort(lines);
        return {};
      });
  if (!read) return pass(std::move(read));
  return texts;
}

std::vector<std::string> compare(const RecordTexts& files, const RecordTexts& s3) {
  std::vector<std::string> differences;
  const auto lacking = [&](const RecordTexts& of, const RecordTexts& in, const char* where) {
    for (const auto& [key, lines] : of) {
      const auto found = in.find(key);
      if (found == in.end()) {
        differences.push_back(format("{} alone: {}", where, key));
        continue;
      }
      std::vector<std::string> more;
      std::ranges::set_difference(lines, found->second, std::back_inserter(more));
      for (const auto& line : more) {
        differences.push_back(format("{} alone: {} says {}", where, key, line));
      }
    }
  };
  lacking(files, s3, "on files");
  lacking(s3, files, "on S3");
  return differences;
}

}  // namespace cls::scenario
