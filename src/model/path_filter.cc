// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <span>
#include <unordered_map>

#include "base/format.h"
#include "base/text.h"
#include "model/path_pattern.h"
#include "model/types.h"

namespace cls::model {

namespace {

char folded(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Bytes of the UTF-8 character that begins `text`; 1 where it is none.
std::size_t character_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  return std::min(size, text.size());
}

/// Matches `?` and `*` without an expression: greedy, going back to the last `*` on a mismatch.
bool wildcard_matches(std::string_view pattern, std::string_view text, bool ignore_case) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && pattern[p] == '?') {
      ++p;
      t += character_size(text.substr(t));
    } else if (p < pattern.size() &&
               (ignore_case ? folded(pattern[p]) == folded(text[t]) : pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      resume += character_size(text.substr(resume));
      t = resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// Compiled segments of this thread. Only a cache: a filter is used for very many objects.
bool regex_matches(std::string_view segment, std::string_view text, bool ignore_case) {
  static constexpr std::size_t most = 1024;
  thread_local std::unordered_map<std::string, std::optional<Regex>> compiled;
  std::string key(ignore_case ? "i" : "s");
  key += segment;
  auto found = compiled.find(key);
  if (found == compiled.end()) {
    if (compiled.size() >= most) compiled.clear();
    auto regex =
        segment_regex(segment, ignore_case ? Regex::Case::Ignored : Regex::Case::Sensitive);
    found = compiled.emplace(std::move(key), std::nullopt).first;
    if (regex) found->second = std::move(*regex);
  }
  return found->second && found->second->matches(text);
}

bool segment_matches(std::string_view pattern, std::string_view text, bool ignore_case) {
  return pattern.find('{') == std::string_view::npos ? wildcard_matches(pattern, text, ignore_case)
                                                     : regex_matches(pattern, text, ignore_case);
}

std::vector<std::string_view> segments_of(std::string_view path, char separator) {
  std::vector<std::string_view> result;
  while (!path.empty()) {
    const auto end = std::min(path.find(separator), path.size());
    if (end > 0) result.push_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return result;
}

using Segments = std::span<const std::string_view>;

constexpr std::string_view any_segments = "**";

bool all_any(Segments pattern) {
  return std::ranges::all_of(pattern, [](auto segment) { return segment == any_segments; });
}

/// Drops the segments of both before the first `**` of the pattern; false where two differ.
bool match_head(Segments& pattern, Segments& path, bool ignore_case) {
  while (!pattern.empty() && !path.empty() && pattern.front() != any_segments) {
    if (!segment_matches(pattern.front(), path.front(), ignore_case)) return false;
    pattern = pattern.subspan(1);
    path = path.subspan(1);
  }
  return true;
}

bool match_tail(Segments& pattern, Segments& path, bool ignore_case) {
  while (!pattern.empty() && !path.empty() && pattern.back() != any_segments) {
    if (!segment_matches(pattern.back(), path.back(), ignore_case)) return false;
    pattern = pattern.first(pattern.size() - 1);
    path = path.first(path.size() - 1);
  }
  return true;
}

/// Between two `**`: each run of other segments is found leftmost first.
bool match_middle(Segments pattern, Segments path, bool ignore_case) {
  while (!pattern.empty() && !path.empty()) {
    pattern = pattern.subspan(1);  // the `**`
    const auto next = std::ranges::find(pattern, any_segments);
    const auto run = pattern.first(static_cast<std::size_t>(next - pattern.begin()));
    if (run.empty()) continue;
    const auto found = std::ranges::search(path, run, [&](auto text, auto segment) {
      return segment_matches(segment, text, ignore_case);
    });
    if (found.empty()) return false;
    path = path.subspan(static_cast<std::size_t>(found.end() - path.begin()));
    pattern = pattern.subspan(run.size());
  }
  return all_any(pattern);
}

/// The path has no segment left before any `**`.
bool exhausted_matches(Segments rest, std::string_view pattern, std::string_view path,
                       char separator) {
  if (rest.empty()) return pattern.ends_with(separator) == path.ends_with(separator);
  if (rest.size() == 1 && rest.front() == "*" && path.ends_with(separator)) return true;
  return all_any(rest);
}

}  // namespace

bool path_matches(std::string_view pattern, std::string_view path, char separator,
                  bool ignore_case) {
  if (pattern.empty() || path.empty()) return pattern.empty() && path.empty();
  if (pattern.starts_with(separator) != path.starts_with(separator)) return false;
  const auto pattern_segments = segments_of(pattern, separator);
  const auto path_segments = segments_of(path, separator);
  Segments wanted(pattern_segments);
  Segments given(path_segments);
  if (!match_head(wanted, given, ignore_case)) return false;
  if (given.empty()) return exhausted_matches(wanted, pattern, path, separator);
  if (wanted.empty()) return false;
  if (!match_tail(wanted, given, ignore_case)) return false;
  if (given.empty()) return all_any(wanted);
  return match_middle(wanted, given, ignore_case);
}

bool PathFilter::keeps(std::string_view key, std::string_view path_key) const {
  if (!key.starts_with(path_key)) return false;
  const char separator = separator_of(pathSeparator);
  const std::string_view relative = key.substr(path_key.size());
  const std::string absolute = separator + std::string(key);
  const auto matches = [&](const std::string& pattern) {
    if (pattern.empty()) return false;
    return path_matches(pattern, pattern.front() == separator ? absolute : relative, separator,
                        ignoreCase);
  };
  const bool includes_none = std::ranges::all_of(includes, &std::string::empty);
  if (!includes_none && std::ranges::none_of(includes, matches)) return false;
  return std::ranges::none_of(excludes, matches);
}

char separator_of(std::string_view path_separator) {
  return path_separator.empty() || path_separator.front() == '\0' ? '/' : path_separator.front();
}

std::size_t capture_end(std::string_view segment, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < segment.size(); ++i) {
    if (segment[i] == '\\') {
      ++i;
    } else if (segment[i] == '{') {
      ++depth;
    } else if (segment[i] == '}' && --depth == 0) {
      return i;
    }
  }
  return std::string_view::npos;
}

Result<Regex> segment_regex(std::string_view segment, Regex::Case letters) {
  std::string expression;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const std::size_t end = segment[i] == '{' ? capture_end(segment, i) : std::string_view::npos;
    if (end != std::string_view::npos) {
      const std::string_view inner = segment.substr(i + 1, end - i - 1);
      const auto colon = inner.find(':');
      expression +=
          format("(?:{})", colon == std::string_view::npos ? ".*" : inner.substr(colon + 1));
      i = end;
    } else if (segment[i] == '?') {
      expression += '.';
    } else if (segment[i] == '*') {
      expression += ".*";
    } else {
      expression += regex_quoted(segment.substr(i, 1));
    }
  }
  return Regex::compile(expression, letters);
}

std::optional<std::string> pattern_problem(std::string_view pattern, char separator) {
  for (const auto segment : segments_of(pattern, separator)) {
    for (std::size_t at = segment.find('{'); at != std::string_view::npos;
         at = segment.find('{', at)) {
      const std::size_t end = capture_end(segment, at);
      if (end == std::string_view::npos) {
        return format("'{}': the '{{' is not closed within its segment", pattern);
      }
      const std::string_view inner = segment.substr(at + 1, end - at - 1);
      const auto colon = inner.find(':');
      if (colon != std::string_view::npos) {
        const auto regex = Regex::compile(inner.substr(colon + 1));
        if (!regex) return format("'{}': {}", pattern, regex.error().message);
      }
      at = end;
    }
  }
  return std::nullopt;
}

}  // namespace cls::model
