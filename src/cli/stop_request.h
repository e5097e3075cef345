// SPDX-License-Identifier: Apache-2.0
// StopRequest: a signal, and the promise that the process ends within ten seconds of it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "cli/app.h"

namespace cls::cli {

/// As long as it lives a signal is told, once, to whoever listens. If it still lives 9 s later, as
/// when a store does not answer, the process is ended by World::end_now with `exit_code(signal)`:
/// what it had claimed is taken over as from a dead process.
class StopRequest {
 public:
  StopRequest(World& world, std::function<int(int signal)> exit_code)
      : world_(world), exit_code_(std::move(exit_code)) {
    if (!world_.on_stop) return;
    world_.on_stop([this](int signal) {
      signal_ = signal;
      patience_ = std::jthread([this](const std::stop_token& over) { wait(over); });
      const std::lock_guard lock(stop_mutex_);
      tell();
    });
  }
  StopRequest(const StopRequest&) = delete;
  StopRequest& operator=(const StopRequest&) = delete;
  ~StopRequest() {
    if (world_.on_stop) world_.on_stop({});
  }

  /// The signal that came; 0 while none did.
  int signal() const { return signal_; }

  /// While it lives the signal calls `stop`, from another thread; at once if it came before.
  class Listener {
   public:
    Listener(StopRequest& request, std::function<void()> stop) : request_(request) {
      const std::lock_guard lock(request_.stop_mutex_);
      request_.stop_ = std::move(stop);
      if (request_.signal_ != 0) request_.tell();
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    ~Listener() {
      const std::lock_guard lock(request_.stop_mutex_);
      request_.stop_ = {};
    }

   private:
    StopRequest& request_;
  };

 private:
  static constexpr std::chrono::seconds limit{9};

  /// With stop_mutex_ held.
  void tell() {
    if (stop_) std::exchange(stop_, {})();
  }

  void wait(const std::stop_token& over) {
    std::unique_lock lock(mutex_);
    if (ended_.wait_for(lock, over, limit, [] { return false; }) || over.stop_requested()) return;
    if (!world_.end_now) return;
    world_.console.err("cls: ended without waiting any longer for what does not answer\n");
    world_.end_now(exit_code_(signal_));
  }

  World& world_;
  std::function<int(int)> exit_code_;
  std::mutex stop_mutex_;
  std::function<void()> stop_;
  std::atomic<int> signal_ = 0;
  std::mutex mutex_;
  std::condition_variable_any ended_;
  std::jthread patience_;
};

}  // namespace cls::cli
