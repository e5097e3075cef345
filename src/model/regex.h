// SPDX-License-Identifier: Apache-2.0
// Regex: RE2 behind a type of ours, so that one file pays for its header.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace cls::model {

/// A compiled RE2 expression; `.` matches any character. Cheap to copy; const use is thread-safe.
class Regex {
 public:
  enum class Case : std::uint8_t { Sensitive, Ignored };

  struct Match {
    std::size_t begin = 0;  ///< byte offsets of the whole match
    std::size_t end = 0;
    std::vector<std::string_view> groups;  ///< [0] is the whole match; not taken part: empty
  };

  /// Invalid with RE2's words for what is no expression.
  static Result<Regex> compile(std::string_view pattern, Case letters = Case::Sensitive);

  /// True if the whole text matches.
  bool matches(std::string_view text) const;
  /// The leftmost match; the views point into `text`.
  std::optional<Match> search(std::string_view text) const;
  std::size_t group_count() const;
  /// Named groups and their numbers.
  const std::map<std::string, int>& named_groups() const;

 private:
  explicit Regex(std::shared_ptr<const re2::RE2> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const re2::RE2> compiled_;
};

/// Quotes a text so that it matches itself.
std::string regex_quoted(std::string_view text);

}  // namespace cls::model
