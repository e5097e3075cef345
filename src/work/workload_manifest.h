// SPDX-License-Identifier: Apache-2.0
// `manifest: workload`: the manifests that the process itself wrote. Rules: docs/workloads.md.
#pragma once

#include "store/object_store.h"
#include "work/attempt_folder.h"
#include "work/command_host.h"
#include "work/step.h"
#include "work/written_members.h"

namespace cls::work {

/// Reads the manifest of every sink and takes its members. A sink without one ends the attempt and
/// says where it was expected; a partial one ends it tolerated. When all are whole the process's
/// manifests are moved from the store into the attempt's folder, so that the arc can store its own
/// in their places.
Gathered read_workload_manifests(store::ObjectStore& store, const flow::WorkloadContext& context,
                                 const CommandHost& host, const AttemptBegin& begin,
                                 AttemptFolder& folder);

}  // namespace cls::work
