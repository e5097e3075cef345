// SPDX-License-Identifier: Apache-2.0
// The objects that a scenario lets arrive: which, when, and with what in them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/object_store.h"
#include "user_scenario/number_format.h"
#include "user_scenario/scenario.h"

namespace cls::user_scenario {

/// One object that is due.
struct Upload {
  const IngressStore* store = nullptr;
  std::uint32_t iteration = 1;
  std::chrono::seconds after{0};  ///< the start of the uploads
};

/// All uploads of a scenario, the next one first. The scenario outlives it.
class Uploads {
 public:
  explicit Uploads(const Scenario& scenario);
  /// The next one and all others that are due at the same time; empty at the end.
  std::vector<Upload> next();
  std::uint64_t count() const { return count_; }

 private:
  std::vector<Upload> due_;  ///< the next one of each store
  std::uint64_t count_ = 0;
};

/// The URI of an object that arrives at `now`.
Uri uri_of(const Upload& upload, Instant now);

/// The lines of an object: the header, if there is one, and `numRecords` others.
std::string bytes_of(const Lines& lines);

/// How many objects lie below `prefix`, counted up to `enough`. A bucket that is not there has
/// none.
Result<std::uint64_t> count_objects(store::ObjectStore& store, const Uri& prefix,
                                    std::uint64_t enough);

}  // namespace cls::user_scenario
