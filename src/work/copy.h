// SPDX-License-Identifier: Apache-2.0
// CopyWorkload: copies the objects of a lot to the sinks' paths. Rules: docs/workloads.md.
#pragma once

#include "flow/workload.h"
#include "store/object_store.h"

namespace cls::work {

/// Runs arcs whose plan is a model::CopyPlan. Thread-safe.
class CopyWorkload final : public flow::Workload {
 public:
  /// `store` must outlive the workload.
  explicit CopyWorkload(store::ObjectStore& store) : store_(store) {}
  flow::RunOutcome run(const flow::WorkloadContext& context) override;

 private:
  store::ObjectStore& store_;
};

}  // namespace cls::work
