// SPDX-License-Identifier: Apache-2.0
// The manifests of a boundary's closed lots: made of the ledger alone.
#pragma once

#include <functional>
#include <vector>

#include "flow/ledger_log.h"

namespace cls::flow {

/// Publishes the manifest of a closed lot from the ledger: a pure function of the log, so anybody
/// may do it any number of times. A lot without member has one only with `emptyLots: publish`.
Result<> publish_boundary_lot(store::ObjectStore& store, LedgerLog& log, const lot::LotId& lot);

/// True where the manifest that stands at a closed lot's key is the ledger's, or none belongs
/// there.
Result<bool> is_published(store::ObjectStore& store, LedgerLog& log, const lot::LotId& lot);

/// Is told of a lot that is done; `is_there` is false where it is skipped and has no manifest.
using LotPublished = std::function<void(const lot::LotId& lot, bool is_there)>;

/// The same for many, which wait for the disk together.
Result<> publish_boundary_lots(store::ObjectStore& store, LedgerLog& log,
                               const std::vector<lot::LotId>& lots, const LotPublished& published);

/// Lets the manifests of lots follow the segment that closes them, as far as they are few and small
/// and have no parts. `lots` names those that do; it and `boundary` outlive what is returned.
LedgerLog::Follow follow_with_manifests(const BoundaryRef& boundary, std::vector<lot::LotId>& lots);

}  // namespace cls::flow
