// SPDX-License-Identifier: Apache-2.0
// LotWindow: which lots a report is about, and the listing of the keys of just these lots.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "lot/lot_range.h"
#include "operate/report_filter.h"
#include "store/object_store.h"

namespace cls::operate {

/// The lot that a key or directory names: `lot=<lot id>`, and what may follow after `.` or `/`.
/// nullopt for other names.
std::optional<lot::LotId> lot_of_name(std::string_view name);

/// The lots between a filter's moments; without moments all lots. Of a unit these are the lots of
/// lot::ScanWindow, so where both moments lie in one lot, that lot.
class LotWindow {
 public:
  /// All lots.
  LotWindow() = default;
  /// Invalid where the latest moment is before the earliest, or one is out of reach.
  static Result<LotWindow> of(const ReportFilter& filter);

  bool contains(lot::LotId lot) const;
  bool is_all() const { return !earliest_ && !latest_; }

  /// What a summary says of a unit: first and last lot of the window, and how many units it is
  /// long; where it is open at an end, the lots found there bound it.
  struct Extent {
    std::optional<lot::LotId> first;
    std::optional<lot::LotId> last;
    std::uint64_t range = 0;
  };
  Extent extent(lot::LotUnit unit, const std::optional<lot::LotId>& first_found,
                const std::optional<lot::LotId>& last_found) const;

  /// Calls `take` with the lot and the object of every key `<prefix>lot=<lot id>…` with a lot of
  /// the window, in key order. The listing starts at the day of the first lot and is left at the
  /// first key after the day of the last one (F18), however many pages there are (F19). A bucket
  /// that does not exist has no keys. `take` may fail, which ends the listing.
  using Take = std::function<Result<>(lot::LotId, const store::ObjectInfo&)>;
  Result<> for_each_key(store::ObjectStore& store, const Uri& prefix, const Take& take) const;

 private:
  std::optional<Instant> earliest_;  ///< inclusive
  std::optional<Instant> latest_;    ///< exclusive
};

}  // namespace cls::operate
