// SPDX-License-Identifier: Apache-2.0
// StopSignals: SIGTERM and SIGINT as a call in a thread of its own, where locks may be taken.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

namespace cls {

/// Made once, before any other thread, because threads inherit the blocked signals. The first
/// signal calls what call() was given last; a second one ends the process at once, as does the
/// first while nothing was given.
class StopSignals {
 public:
  StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;
  ~StopSignals();

  /// Sets what the first signal calls; an empty function restores the default. When it returns, the
  /// former function is not running and will not be called. From any thread but the callback's.
  void call(std::function<void(int signal)> stop);

 private:
  void wait(const std::stop_token& end);

  std::mutex mutex_;
  std::function<void(int)> stop_;
  bool signalled_ = false;
  std::jthread thread_;
};

}  // namespace cls
