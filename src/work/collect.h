// SPDX-License-Identifier: Apache-2.0
// `manifest: collect`: what a process wrote into its private sink folders becomes the sinks'
// objects. Rules: docs/workloads.md.
#pragma once

#include "store/object_store.h"
#include "work/attempt_folder.h"
#include "work/command_host.h"
#include "work/step.h"

namespace cls::work {

/// Copies every file below the attempt's private folder of each sink to the sink's path, by the
/// rules of DataKeys; what is listed is durable. Fails, naming the file, for a link that leaves its
/// folder, for what is no file, and for a name that no key can have. Up to a failure the sinks hold
/// what was copied. Stops early, with what there is, when the context's stop is requested.
Gathered collect_sinks(store::ObjectStore& store, const flow::WorkloadContext& context,
                       const model::CommandPlan& plan, const CommandHost& host,
                       const AttemptFolder& folder);

}  // namespace cls::work
