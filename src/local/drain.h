// SPDX-License-Identifier: Apache-2.0
// Drain: waits until nothing of a project runs any more, in whatever process of the home.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ulid.h"
#include "flow/deployment.h"
#include "local/home.h"

namespace cls::local {

/// An attempt at work, as its claim says.
struct RunningLot {
  std::string arc;  ///< `project/version arc`
  std::string lot;
  std::string attempt;
  std::string owner;  ///< `process 12 on host`
  Uri claim;

  std::string to_string() const;
};

struct DrainRequest {
  std::vector<flow::ArcRef> arcs;
  std::chrono::seconds most;  ///< to wait
  /// Called with what is waited for, when that is first known.
  std::function<void(const std::vector<RunningLot>&)> waiting;
  Progress* progress = nullptr;  ///< is told of lots; null: nobody is
};

/// Waits until no lot of the arcs runs; what still did when the time was over. What a dead process
/// of this machine had claimed does not run.
Result<std::vector<RunningLot>> drain(Home& home, Clock& clock, UlidSource& ids,
                                      const DrainRequest& request);

}  // namespace cls::local
