// SPDX-License-Identifier: Apache-2.0
// EngineStop: passes the signal that asks the process to end on to the engine at work.
#pragma once

#include <atomic>
#include <functional>
#include <utility>

#include "cli/app.h"
#include "local/engine.h"

namespace cls::cli {

/// As long as it lives the signal stops `engine`.
class EngineStop {
 public:
  /// `told` is called before.
  EngineStop(World& world, local::Engine& engine, std::function<void()> told = {}) : world_(world) {
    if (!world_.on_stop) return;
    world_.on_stop([this, &engine, told = std::move(told)](int signal) {
      signal_ = signal;
      if (told) told();
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
