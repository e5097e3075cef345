// SPDX-License-Identifier: Apache-2.0
// CommandWorkload: runs a program of the user's on a lot, as a process of this machine.
// What it is given and what becomes of its result: docs/workloads.md.
#pragma once

#include <utility>

#include "base/clock.h"
#include "base/process_runner.h"
#include "flow/workload.h"
#include "store/object_store.h"
#include "work/command_host.h"

namespace cls::work {

/// Runs arcs whose plan is a model::CommandPlan. Thread-safe.
class CommandWorkload final : public flow::Workload {
 public:
  /// The store, the runner, the clock and what `host` refers to must outlive the workload.
  CommandWorkload(store::ObjectStore& store, ProcessRunner& processes, const Clock& clock,
                  CommandHost host)
      : store_(store), processes_(processes), clock_(clock), host_(std::move(host)) {}
  flow::RunOutcome run(const flow::WorkloadContext& context) override;

 private:
  store::ObjectStore& store_;
  ProcessRunner& processes_;
  const Clock& clock_;
  CommandHost host_;
};

}  // namespace cls::work
