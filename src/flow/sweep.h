// SPDX-License-Identifier: Apache-2.0
// The sweep: compares every published revision with its subscribers' claims and finds what nobody
// took, what is committed but not published, and what an owner left behind.
#pragma once

#include <functional>

#include "flow/arc_flow.h"
#include "flow/claim_notes.h"

namespace cls::flow {

/// The lots of an arc that have a claim, by what it says.
struct LotsByState {
  lot::LotSet running;
  lot::LotSet retrying;
  lot::LotSet complete;
  lot::LotSet partial;
  lot::LotSet missing;

  /// The lot is in `set` alone from now on.
  void move_to(lot::LotSet LotsByState::* set, const lot::LotId& lot);
  void take(const record::Claim& claim, const lot::LotId& lot);
};

/// What a sweep found for one arc.
struct SweepReport {
  std::vector<lot::LotId> due;         ///< lots to look at, ascending
  std::vector<lot::LotId> unfinished;  ///< ended missing or partial, and nothing is due
  LotsByState lots;
  std::vector<std::pair<Uri, Failure>> broken;  ///< records that cannot be read, set aside
};

/// Looks at one arc: publishes commits that are behind and lists the lots that may have work. Cheap
/// rather than exact: ArcFlow::run decides. With `notes` claims that have ended are not read again.
Result<SweepReport> sweep_arc(store::ObjectStore& store, const Deployment& deployment,
                              LedgerLogs& logs, const ArcRef& arc,
                              const SubscriptionView& subscription, ClaimNotes* notes = nullptr);

}  // namespace cls::flow
