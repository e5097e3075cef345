// SPDX-License-Identifier: Apache-2.0
// LotUnit: how long a lot is. Its names, tokens and widths are in docs/formats/lots.md.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace cls::lot {

/// The length of a lot: a divisor of the 1440 minutes of a day, so that every UTC day begins with a
/// lot. Ordered by length.
class LotUnit {
 public:
  /// Twelfths, so that records and models can be aggregates.
  constexpr LotUnit() = default;
  static constexpr LotUnit fourths() { return LotUnit(15); }
  static constexpr LotUnit sixths() { return LotUnit(10); }
  static constexpr LotUnit twelfths() { return LotUnit(5); }
  static constexpr LotUnit hours() { return LotUnit(60); }
  static constexpr LotUnit days() { return LotUnit(1440); }

  /// Reads what a project file says, in any case: Fourths, Sixths, Twelfths, Hours, Days, PT1H,
  /// PT24H, or PT<n>M for a divisor n of 1440. Else Invalid, with what would be right.
  static Result<LotUnit> parse(std::string_view text);
  /// Invalid unless `minutes` divides 1440.
  static Result<LotUnit> of_minutes(unsigned minutes);
  /// Reads the token of a lot id exactly as token() prints it; Invalid for any other spelling.
  static Result<LotUnit> of_token(std::string_view token);

  constexpr unsigned minutes() const { return minutes_; }
  constexpr std::chrono::minutes duration() const { return std::chrono::minutes(minutes_); }
  /// Lots in a day, 1 to 1440.
  constexpr unsigned per_day() const { return minutes_per_day / minutes_; }
  /// Digits of an ordinal in a lot id: those of per_day() - 1, at least 3.
  constexpr unsigned ordinal_width() const { return per_day() > 1000 ? 4 : 3; }

  /// The canonical name in JSON: Fourths, Sixths, Twelfths, Hours, Days, or PT<n>M.
  std::string name() const;
  /// What reports print: FOURTHS … DAYS, or the token.
  std::string report_name() const;
  /// What lot ids contain: PT1H for hours, PT24H for days, else PT<n>M.
  std::string token() const;

  /// The start of the interval that holds `when`, UTC. (Within a day of the earliest Instant there
  /// may be none; then the earliest Instant.)
  Instant truncate(Instant when) const;

  auto operator<=>(const LotUnit&) const = default;

 private:
  static constexpr unsigned minutes_per_day = 1440;
  constexpr explicit LotUnit(unsigned minutes) : minutes_(minutes) {}
  unsigned minutes_ = 5;
};

}  // namespace cls::lot

template <>
struct std::hash<cls::lot::LotUnit> {
  std::size_t operator()(const cls::lot::LotUnit& unit) const noexcept { return unit.minutes(); }
};
