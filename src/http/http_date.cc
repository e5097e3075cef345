// SPDX-License-Identifier: Apache-2.0
#include "http/http_date.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/text.h"

namespace cls::http {

std::optional<Instant> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> months{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto words = split(text, ' ');
  if (words.size() != 6 || words[5] != "GMT") return std::nullopt;
  const auto* const month = std::ranges::find(months, words[2]);
  if (month == months.end()) return std::nullopt;
  const auto at = parse_instant(
      format("{}-{:02}-{}T{}Z", words[3], month - months.begin() + 1, words[1], words[4]));
  if (!at) return std::nullopt;
  return *at;
}

}  // namespace cls::http
