// SPDX-License-Identifier: Apache-2.0
// LotTimes: the lot that an object's own time says, by the boundary's lotSource.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "lot/lot_id.h"
#include "model/plan.h"
#include "record/object_version.h"

namespace cls::flow {

/// One sighting of an object below a boundary's path.
struct Arrival {
  Uri uri;
  record::ObjectVersion version;
  Instant modified;    ///< the object's modification time
  Instant event;       ///< the time in the notification; of a file its ctime
  Instant first_seen;  ///< when cls saw it
};

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
