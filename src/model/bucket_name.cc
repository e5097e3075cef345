// SPDX-License-Identifier: Apache-2.0
#include "model/bucket_name.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"

namespace cls::model {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_ipv4(std::string_view name) {
  const auto parts = split(name, '.');
  return parts.size() == 4 && std::ranges::all_of(parts, [](const std::string& part) {
           return !part.empty() && part.size() <= 3 && std::ranges::all_of(part, is_digit);
         });
}

}  // namespace

std::optional<std::string> bucket_name_problem(std::string_view name) {
  const auto problem = [&](std::string_view what) {
    return format("bucket name {}, got: {}", what, name);
  };
  const auto letter_or_digit = [](char c) { return is_lower(c) || is_digit(c); };
  if (name.size() > 63) return problem("has more than 63 characters");
  if (std::ranges::any_of(name, is_upper)) return problem("has upper case letters");
  if (name.find("..") != std::string_view::npos) return problem("has two dots in a row");
  if (name.empty() || !letter_or_digit(name.front()) || !letter_or_digit(name.back())) {
    return problem("must start and end with a letter or digit");
  }
  if (name.size() < 3) return problem("has fewer than 3 characters");
  if (!std::ranges::all_of(name,
                           [&](char c) { return letter_or_digit(c) || c == '.' || c == '-'; })) {
    return problem("may only have a-z 0-9 . -");
  }
  if (is_ipv4(name)) return problem("is an IPv4 address");
  if (name.starts_with("xn--")) return problem("starts with xn--");
  if (name.ends_with("-s3alias")) return problem("ends with -s3alias");
  return std::nullopt;
}

std::optional<std::string> uri_bucket_problem(std::string_view name) {
  const auto allowed = [](char c) {
    return is_lower(c) || is_upper(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
  };
  if (name.size() >= 3 && name.size() <= 255 && std::ranges::all_of(name, allowed)) {
    return std::nullopt;
  }
  return format("'{}' is no name of a bucket; 3 to 63 of a-z 0-9 . -", name);
}

}  // namespace cls::model
