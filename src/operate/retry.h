// SPDX-License-Identifier: Apache-2.0
// Retry: sets lots that ended missing or partial to be tried again.
#pragma once

#include <cstdint>
#include <optional>

#include "flow/claim_store.h"
#include "lot/lot_set.h"

namespace cls::operate {

/// Which lots of an arc.
struct RetryRequest {
  std::optional<lot::LotSet> lots;  ///< nullopt: all
  bool only_changed = false;        ///< only those whose claim names another declaration of the arc
  bool dry_run = false;             ///< only count
};

struct RetryReport {
  std::uint64_t retried = 0;
  lot::LotSet untouched;  ///< lots asked for that did not end missing or partial
};

/// Changes the claims only; the next sweep finds them. A claim that cannot be read is a failure.
Result<RetryReport> retry_lots(store::ObjectStore& store, const flow::ArcRef& arc,
                               const RetryRequest& request);

}  // namespace cls::operate
