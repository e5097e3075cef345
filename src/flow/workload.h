// SPDX-License-Identifier: Apache-2.0
// Workload: the port between an arc's life cycle and what it runs on one lot.
#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "flow/source_members.h"
#include "lot/lot_id.h"
#include "model/plan.h"
#include "record/members.h"
#include "record/places.h"

namespace cls::flow {

/// One source of a lot, as the claim names it.
struct WorkloadSource {
  std::string role;
  model::SinkDataset dataset;  ///< the producer's declaration, with its path
  bool subscribed = true;
  Uri manifest;
  record::ManifestState state = record::ManifestState::complete;
  SourceMembers members;
  model::Overwrites overwrites = model::Overwrites::accept;  ///< of the boundary; accept for arcs
};

/// Everything a workload may know. References outlive the run.
struct WorkloadContext {
  const model::ProjectPlan& project;
  const model::ArcPlan& arc;
  const record::Places& places;
  lot::LotId lot;
  std::string attempt;
  std::vector<WorkloadSource> sources;  ///< in the order of declaration; unpublished ones left out
  std::string woken_by = {};  ///< role of the source that woke the arc; empty: the main one
  std::stop_token stop;  ///< the lease was lost or the process ends: stop and write nothing more
};

/// What a workload made for one sink.
struct SinkOutput {
  std::string role;
  record::ManifestState state = record::ManifestState::complete;  ///< complete or empty
  record::MemberLines members;  ///< vanished ones included, which no manifest lists
  std::optional<std::string> comment;
};

/// All sinks are whole.
struct Completed {
  std::vector<SinkOutput> sinks;
  std::optional<json::Value> report;
};

/// The attempt did not make it. What was written is listed in `partial`, so that it can be recorded
/// in partial manifests.
struct Failed {
  std::string code;     ///< one word: Copy, Exit, Signal, Timeout, Manifest, Conflict, Start …
  std::string message;  ///< what, where, what would be right
  std::vector<SinkOutput> partial;
  bool tolerated = false;  ///< within failArcOnPartialPercent, or overwrites: fail → ends `partial`
  bool retryable = true;
};

/// Stopped by its stop token.
struct Stopped {};

using RunOutcome = std::variant<Completed, Failed, Stopped>;

/// Runs one attempt; called from any thread, several at once.
class Workload {
 public:
  virtual ~Workload() = default;
  virtual RunOutcome run(const WorkloadContext& context) = 0;
};

}  // namespace cls::flow
