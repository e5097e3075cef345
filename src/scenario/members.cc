// SPDX-License-Identifier: Apache-2.0
#include "scenario/members.h"

#include <algorithm>
#include <charconv>

namespace cls::scenario {

namespace {

constexpr unsigned longest_range = 100'000;

bool read_number(std::string_view text, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

void append(std::string& list, std::string_view what, std::string_view name) {
  list += (list.empty() ? "" : "; ") + std::string(what) + " " + std::string(name);
}

}  // namespace

std::vector<std::string> written_out(const std::string& member) {
  const auto open = member.find('{');
  const auto dots = member.find("..", open == std::string::npos ? 0 : open);
  const auto close = member.find('}', dots == std::string::npos ? 0 : dots);
  unsigned first = 0;
  unsigned last = 0;
  if (open == std::string::npos || dots == std::string::npos || close == std::string::npos ||
      !read_number(std::string_view(member).substr(open + 1, dots - open - 1), first) ||
      !read_number(std::string_view(member).substr(dots + 2, close - dots - 2), last) ||
      last < first || last - first > longest_range) {
    return {member};
  }
  std::vector<std::string> all;
  for (unsigned n = first; n <= last; ++n) {
    all.push_back(member.substr(0, open) + std::to_string(n) + member.substr(close + 1));
  }
  return all;
}

bool member_matches(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  for (std::size_t at = star; at <= text.size(); ++at) {
    if (member_matches(pattern.substr(star + 1), text.substr(at))) return true;
    if (at < text.size() && text[at] == '/') return false;
  }
  return false;
}

std::string difference(const std::vector<std::string>& patterns, std::vector<std::string> members) {
  std::vector<std::string> all;
  for (const auto& pattern : patterns)
    std::ranges::move(written_out(pattern), std::back_inserter(all));
  // What has no star first, so that no star takes its member.
  std::ranges::stable_partition(
      all, [](const auto& pattern) { return pattern.find('*') == std::string::npos; });
  std::string text;
  for (const auto& pattern : all) {
    const auto found = std::ranges::find_if(
        members, [&](const auto& member) { return member_matches(pattern, member); });
    if (found == members.end()) {
      append(text, "missing", pattern);
    } else {
      members.erase(found);
    }
  }
  for (const auto& member : members) append(text, "unexpected", member);
  return text;
}

}  // namespace cls::scenario
