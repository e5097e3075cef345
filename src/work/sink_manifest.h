// SPDX-License-Identifier: Apache-2.0
// SinkManifest: the manifest that a process of `manifest: workload` wrote for one sink.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "record/manifest.h"
#include "store/object_store.h"
#include "work/step.h"

namespace cls::work {

/// What it says; that the members exist is not yet known.
struct SinkManifest {
  record::ManifestState state = record::ManifestState::complete;  ///< complete, empty or partial
  std::optional<std::string> comment;
  std::set<Uri> members;           ///< objects, whatever the manifest's uriType
  std::vector<store::Object> raw;  ///< as the process wrote it
};

/// Looks in the attempt's private prefix, first for `complete`, then `empty`, then `partial`; each
/// may be one object or a directory `manifest.json/` of `.json` files, whose members are united.
/// Unknown fields are accepted. nullopt where there is none. Ends the attempt where it cannot be
/// read, is of another lot or state, or names something outside of the sink's path.
Step<std::optional<SinkManifest>> find_sink_manifest(store::ObjectStore& store,
                                                     const flow::WorkloadContext& context,
                                                     const std::string& role,
                                                     const model::SinkDataset& sink);

/// The place where a manifest was expected, and what lies near it, for a message.
std::string expected_manifest(store::ObjectStore& store, const flow::WorkloadContext& context,
                              const model::SinkDataset& sink);

}  // namespace cls::work
