// SPDX-License-Identifier: Apache-2.0
// LotSets: lots of any units in little memory, for what comes from records that may be wrong.
#pragma once

#include <map>

#include "lot/lot_set.h"

namespace cls::flow {

/// A LotSet per unit: a lot of another unit than the others is no error here.
class LotSets {
 public:
  void insert(const lot::LotId& lot) { sets_[lot.unit()].insert(lot); }
  bool contains(const lot::LotId& lot) const {
    const auto found = sets_.find(lot.unit());
    return found != sets_.end() && found->second.contains(lot);
  }
  /// Calls `take` with every lot, by unit and time.
  template <class Take>
  void for_each(Take&& take) const {
    for (const auto& [unit, lots] : sets_) {
      for (const auto& lot : lots) take(lot);
    }
  }

 private:
  std::map<lot::LotUnit, lot::LotSet> sets_;
};

/// A lot as one number, in the order of LotId; 41 bits are enough.
inline std::int64_t packed(const lot::LotId& lot) {
  return lot.index() * 2048 + lot.unit().minutes();
}
inline lot::LotId unpacked(std::int64_t lot) {
  const auto minutes = static_cast<unsigned>(lot & 2047);
  return lot::LotId::from_index(lot::LotUnit::of_minutes(minutes).value(), lot >> 11);
}

}  // namespace cls::flow
