// SPDX-License-Identifier: Apache-2.0
// LotRange: lots in a row, `A..B` with both ends included; and what the instants given to
// --earliest and --latest mean for a scan of lots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "lot/lot_id.h"

namespace cls::lot {

/// The lots from `first` to `last`, both included. of() and parse() make only ranges of one unit
/// with first <= last; any other range has no lots: count() is 0, and nothing is iterated.
struct LotRange {
  LotId first;
  LotId last;

  /// Goes through the lots in time order.
  class Iterator {
   public:
    using iterator_concept = std::forward_iterator_tag;
    using iterator_category = std::input_iterator_tag;
    using value_type = LotId;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = LotId;

    Iterator() = default;
    Iterator(LotUnit unit, std::int64_t index) : unit_(unit), index_(index) {}
    LotId operator*() const { return LotId::from_index(unit_, index_); }
    Iterator& operator++() {
      ++index_;
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++index_;
      return before;
    }
    bool operator==(const Iterator&) const = default;

   private:
    LotUnit unit_;
    std::int64_t index_ = 0;
  };
  using iterator = Iterator;
  using const_iterator = Iterator;
  using value_type = LotId;

  /// Invalid where the units differ or `last` is before `first`.
  static Result<LotRange> of(LotId first, LotId last);
  /// Reads `A..B`, or `A` for that lot alone.
  static Result<LotRange> parse(std::string_view text);
  /// `A..B`, or `A` where both are the same lot.
  std::string to_string() const;

  LotUnit unit() const { return first.unit(); }
  std::uint64_t count() const;
  bool empty() const { return count() == 0; }
  bool contains(LotId lot) const;
  Iterator begin() const { return {first.unit(), first.index()}; }
  Iterator end() const {
    return {first.unit(), first.index() + static_cast<std::int64_t>(count())};
  }
  bool operator==(const LotRange&) const = default;
};

/// What a user gave as --earliest or --latest.
struct Moment {
  Instant at;                ///< of a lot id: its start
  std::optional<LotId> lot;  ///< the lot, where a lot id was given

  /// Reads a lot id, a date or date-time as parse_instant does, or a duration such as `12h` that
  /// lies before `now`. Invalid otherwise, or where the time is out of reach.
  static Result<Moment> parse(std::string_view text, Instant now);

  /// The exclusive end that the text means as --latest: a lot given there is included.
  Instant as_latest() const { return lot ? lot->end() : at; }
};

/// Moment::parse(text, now).at: the inclusive begin that the text means as --earliest.
Result<Instant> parse_moment(std::string_view text, Instant now);

/// What a scan of the lots of one unit from `earliest` (inclusive) to `latest` (exclusive) covers.
/// Where both lie in the same lot, the scan is of that lot.
struct ScanWindow {
  LotId start;                    ///< the first lot
  LotId end_exclusive;            ///< the lot at which the scan stops
  LotId end_inclusive;            ///< the last lot; reported as `latest`
  std::uint64_t range_count = 0;  ///< whole units between; reported as `range`

  /// Invalid where `latest` is before `earliest`, or a lot would be out of reach.
  static Result<ScanWindow> of(LotUnit unit, Instant earliest, Instant latest);
  bool operator==(const ScanWindow&) const = default;
};

}  // namespace cls::lot
