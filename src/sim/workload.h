// SPDX-License-Identifier: Apache-2.0
// SimWorkload: the real copying workload in virtual time, with attempts that fail as often as the
// world's settings say.
#pragma once

#include "sim/world.h"
#include "work/copy.h"

namespace cls::sim {

class SimWorkload final : public flow::Workload {
 public:
  SimWorkload(World& world, Process& process, store::ObjectStore& store);
  flow::RunOutcome run(const flow::WorkloadContext& context) override;

 private:
  bool work(const flow::WorkloadContext& context);
  flow::RunOutcome attempt(const flow::WorkloadContext& context);
  std::optional<flow::RunOutcome> fails(const flow::WorkloadContext& context);
  Result<> add_own_member(const flow::WorkloadContext& context, flow::SinkOutput& output);

  World& world_;
  Process& process_;
  store::ObjectStore& store_;
  work::CopyWorkload copy_;
  Random dice_;
};

}  // namespace cls::sim
