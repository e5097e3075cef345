// SPDX-License-Identifier: Apache-2.0
// EngineStop: passes the signal that asks the process to end on to the engine at work.
#pragma once

#include <atomic>

#include "cli/app.h"
#include "local/engine.h"

namespace cls::cli {

/// As long as it lives the signal stops `engine`.
class EngineStop {
 public:
  EngineStop(World& world, local::Engine& engine) : world_(world) {
    if (!world_.on_stop) return;
    world_.on_stop([this, &engine](int signal) {
      signal_ = signal;
      engine.request_stop();
    });
  }
  EngineStop(const EngineStop&) = delete;
  EngineStop& operator=(const EngineStop&) = delete;
  ~EngineStop() {
    if (world_.on_stop) world_.on_stop({});
  }
  /// The signal that came; 0 while none did.
  int signal() const { return signal_; }

 private:
  World& world_;
  std::atomic<int> signal_ = 0;
};

}  // namespace cls::cli
