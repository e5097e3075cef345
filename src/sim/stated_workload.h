// SPDX-License-Identifier: Apache-2.0
// StatedWorkload: stands in for the workloads of a forecast: an attempt takes the time and fails as
// often as its options say, and writes one small object per sink.
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/world.h"

namespace cls::sim {

/// What attempts are like. The same for all arcs.
struct StatedAttempts {
  nanoseconds duration{};   ///< the mean; one takes between a half and one and a half of it
  double failure_rate = 0;  ///< of attempts
};

/// What became of the attempts of one arc. An attempt that was cut off ended in no way.
struct AttemptCounts {
  std::uint64_t started = 0;
  std::uint64_t failed = 0;
  std::set<lot::LotId> lots = {};  ///< an attempt was made on; on empty ones there is none
};

class StatedWorkload final : public flow::Workload {
 public:
  /// `counts` is by arc, as ArcRef::to_string() names it; `dice` outlive the processes.
  StatedWorkload(World& world, store::ObjectStore& store, const StatedAttempts& stated,
                 std::map<std::string, AttemptCounts>& counts, Random& dice)
      : world_(world), store_(store), stated_(stated), counts_(counts), dice_(dice) {}

  flow::RunOutcome run(const flow::WorkloadContext& context) override;

 private:
  bool pass_time(const flow::WorkloadContext& context, nanoseconds span);
  Result<flow::SinkOutput> make(const flow::WorkloadContext& context, const std::string& role,
                                const model::SinkDataset& sink);

  World& world_;
  store::ObjectStore& store_;
  const StatedAttempts& stated_;
  std::map<std::string, AttemptCounts>& counts_;
  Random& dice_;
};

}  // namespace cls::sim
