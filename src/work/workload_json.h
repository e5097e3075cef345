// SPDX-License-Identifier: Apache-2.0
// The JSON that a process workload is given: its context, and CLS_ARC_PROPS_JSON.
// Shapes: docs/workloads.md.
#pragma once

#include <string>
#include <vector>

#include "flow/workload.h"
#include "json/value.h"

namespace cls::work {

/// The source whose event woke the arc: as the context says, else role `main`, else the first
/// subscribed one in the order of declaration, else the first; null where no source is published.
const flow::WorkloadSource* main_source(const flow::WorkloadContext& context);

/// {"role","arcNotifyEvent","existingPartialManifests","sources"}: what `$` stands for.
json::Value workload_context_json(const flow::WorkloadContext& context);

/// {"sources","sinks","sourceManifestPaths","sinkManifestTemplates","workloadProps"}; the templates
/// of `manifest: workload` point into the attempt's private prefix.
json::Value arc_props_json(const flow::WorkloadContext& context, const model::CommandPlan& plan);

/// The command with every argument that is `$`, or begins with `$.` or `$$.`, replaced: by the
/// whole workload context, by a value of it, by a value of the state-machine context. Texts are put
/// in as they are, everything else as JSON. `started` is the time the context names.
Result<std::vector<std::string>> expand_command(const flow::WorkloadContext& context,
                                                const model::CommandPlan& plan, Instant started);

}  // namespace cls::work
