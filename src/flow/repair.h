// SPDX-License-Identifier: Apache-2.0
// Repair: does what an audit found that records can mend, by the publications of boundary.h and
// publisher.h, which anybody may do at any time. docs/audit.md.
#pragma once

#include <vector>

#include "flow/audit_report.h"
#include "flow/deployment.h"
#include "store/object_store.h"

namespace cls::flow {

/// Does all of the plan that it can, and notes in it what was done and why the rest was not.
/// Deletes nothing that a manifest lists; what stood at the key of a manifest is kept at
/// `state=removed`. May run beside working processes. Returns how many were done.
std::size_t repair(store::ObjectStore& store, const Deployment& deployment,
                   std::vector<AuditRepair>& plan);

}  // namespace cls::flow
