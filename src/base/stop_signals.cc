// SPDX-License-Identifier: Apache-2.0
#include "base/stop_signals.h"

#include <csignal>
#include <pthread.h>
#include <unistd.h>

namespace cls {

namespace {

sigset_t stop_set() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  return set;
}

/// Ends the process by the signal, so that its parent sees which one it was.
void end_by(int signal) {
  ::signal(signal, SIG_DFL);
  sigset_t one;
  ::sigemptyset(&one);
  ::sigaddset(&one, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &one, nullptr);
  ::kill(::getpid(), signal);
}

}  // namespace

StopSignals::StopSignals() {
  const sigset_t set = stop_set();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::jthread([this](const std::stop_token& end) { wait(end); });
}

StopSignals::~StopSignals() {
  thread_.request_stop();
  // Wakes sigwait; the signal stays blocked in every other thread.
  // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread): it ends no thread
  ::pthread_kill(thread_.native_handle(), SIGTERM);
}

void StopSignals::call(std::function<void(int)> stop) {
  const std::lock_guard lock(mutex_);
  stop_ = std::move(stop);
}

void StopSignals::wait(const std::stop_token& end) {
  const sigset_t set = stop_set();
  while (true) {
    int signal = 0;
    if (::sigwait(&set, &signal) != 0) continue;
    if (end.stop_requested()) return;
    const std::lock_guard lock(mutex_);
    if (signalled_ || !stop_) {
      end_by(signal);
      continue;
    }
    signalled_ = true;
    stop_(signal);
  }
}

}  // namespace cls
