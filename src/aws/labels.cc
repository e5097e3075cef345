// SPDX-License-Identifier: Apache-2.0
#include "aws/labels.h"

#include <vector>

#include "base/text.h"

namespace cls::aws {

namespace {

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

std::vector<std::string> split_before_capitals(std::string_view text) {
  std::vector<std::string> parts;
  for (const char c : text) {
    if (parts.empty() || is_upper(c)) parts.emplace_back();
    parts.back() += c;
  }
  return parts;
}

}  // namespace

std::string camel(std::string_view name) {
  std::vector<std::string> words;
  if (name.find('-') != std::string_view::npos) {
    words = split(name, '-');
  } else if (name.find('_') != std::string_view::npos) {
    words = split(name, '_');
  } else {
    words = split_before_capitals(name);
  }
  std::string result;
  for (const auto& word : words) {
    if (word.empty()) continue;
    result += upper(word.substr(0, 1)) + lower(word.substr(1));
  }
  return result;
}

std::string lower_hyphen(std::string_view name) {
  return lower(join(split_before_capitals(camel(name)), "-"));
}

}  // namespace cls::aws
