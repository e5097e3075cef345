// SPDX-License-Identifier: Apache-2.0
#include "base/byte_size.h"

#include <array>
#include <charconv>
#include <utility>

#include "base/format.h"

namespace cls {

Result<std::uint64_t> parse_byte_size(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, unsigned>, 6> units{
      {{"", 0}, {"B", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}};
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view rest = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const auto& [unit, shift] : units) {
    if (error != std::errc{} || rest != unit || number > (UINT64_MAX >> shift)) continue;
    return number << shift;
  }
  return fail(
      FailureCode::Invalid,
      format("'{}' is no size: write bytes, or a whole number of KiB, MiB, GiB or TiB, as in "
             "512MiB",
             text));
}

std::string readable_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return format("{} B", bytes);
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // 1023.95 KiB would be shown as 1024.0 KiB.
  while (size >= 1023.95 && unit + 1 < units.size()) {
    size /= 1024;
    ++unit;
  }
  return format("{:.1f} {}", size, units[unit]);
}

}  // namespace cls
