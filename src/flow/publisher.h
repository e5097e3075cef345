// SPDX-License-Identifier: Apache-2.0
// Publishing an arc's committed decision: from the claim, by anybody, any number of times.
#pragma once

#include "flow/claim_store.h"

namespace cls::flow {

/// Makes the public manifests (and the .arc object) those that the claim names, keeps what stood
/// there as a former revision, and marks the sinks published. Bounded tries. Returns the roles
/// whose manifest this call, or a concurrent one, made current: the lot's events are due.
/// NotFound if the claim is gone; Conflict if others keep changing it.
Result<std::vector<std::string>> publish_claim(store::ObjectStore& store, const ArcRef& arc,
                                               const Uri& claim_uri);

/// The same by the owner, who has the claim in hand. `published` is written with the held claim.
Result<std::vector<std::string>> publish_held(store::ObjectStore& store, const ArcRef& arc,
                                              HeldClaim& held);

/// True if a sink of the claim is not yet marked published.
bool is_behind(const record::Claim& claim);

/// Makes `<state>.arc` say how the lot ended, and takes other states away.
Result<> publish_arc_state(store::ObjectStore& store, const ArcRef& arc, const lot::LotId& lot,
                           record::ArcState state, bool first);

}  // namespace cls::flow
