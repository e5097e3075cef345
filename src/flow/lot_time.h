// SPDX-License-Identifier: Apache-2.0
// LotTimes: the lot that an object's own time says, by the boundary's lotSource.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "flow/arrivals.h"
#include "lot/lot_id.h"
#include "model/plan.h"

namespace cls::flow {

/// Thread-safe after construction.
class LotTimes {
 public:
  /// Throws Error on a keyRegex that does not compile (verify reports that first).
  explicit LotTimes(const model::BoundaryPlan& boundary);
  ~LotTimes();
  LotTimes(const LotTimes&) = delete;
  LotTimes& operator=(const LotTimes&) = delete;

  /// The own lot; Invalid says why the object has none (its key does not match, an impossible
  /// date).
  Result<lot::LotId> own_lot(const Arrival& arrival) const;

 private:
  struct KeyRegex;
  Result<Instant> key_time(const std::string& key) const;

  const model::BoundaryPlan& boundary_;
  std::string path_key_;
  std::unique_ptr<const KeyRegex> key_regex_;
};

}  // namespace cls::flow
