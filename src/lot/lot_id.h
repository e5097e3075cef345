// SPDX-License-Identifier: Apache-2.0
// LotId: names one interval of UTC time, such as 20230206PT5M286 (docs/formats/lots.md).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "lot/lot_unit.h"

namespace cls::lot {

/// The lot [start, start + unit). Ordered by unit, then by start; the texts of one unit sort
/// alike. Lots exist from 1678-01-01 to 2261-12-31: what an Instant can hold in whole years.
class LotId {
 public:
  /// The lot of Twelfths at 1970-01-01, so that records can be aggregates.
  constexpr LotId() = default;

  /// Reads `YYYYMMDD` token ordinal, all of the text. A date that does not exist, an ordinal past
  /// the day or of another width, and a token in lower case are Invalid; nothing is clamped.
  static Result<LotId> parse(std::string_view text);
  /// The lot that contains `when`; Invalid outside the years above.
  static Result<LotId> at(LotUnit unit, Instant when);
  /// The lot of `unit` with that index(); throws Error where there is none.
  static LotId from_index(LotUnit unit, std::int64_t index);

  /// The text that parse() reads.
  std::string to_string() const;
  LotUnit unit() const { return unit_; }
  Instant start() const;
  /// The first instant that is no longer in the lot.
  Instant end() const { return start() + unit_.duration(); }
  /// Lots of this unit between 1970-01-01 and this one; negative before. Neighbours differ by 1.
  std::int64_t index() const { return index_; }

  /// The lot `n` lots later (earlier where negative); throws Error beyond the last or first lot.
  LotId plus(std::int64_t n) const;
  LotId next() const { return plus(1); }
  LotId previous() const { return plus(-1); }

  auto operator<=>(const LotId&) const = default;

 private:
  LotId(LotUnit unit, std::int64_t index) : unit_(unit), index_(index) {}
  LotUnit unit_;
  std::int64_t index_ = 0;
};

}  // namespace cls::lot

template <>
struct std::hash<cls::lot::LotId> {
  std::size_t operator()(const cls::lot::LotId& lot) const noexcept {
    // A unit is below 2^11, an index of 584 years below 2^29.
    return std::hash<std::int64_t>()(lot.index() * 2048 + lot.unit().minutes());
  }
};
