// SPDX-License-Identifier: Apache-2.0
#include "sim/process.h"

#include <algorithm>

#include "base/format.h"

namespace cls::sim {

void ProcessClock::sleep_for(std::chrono::nanoseconds span) {
  process_.pause(span);
}

void Process::begin(bool one_host) {
  ++lives_;
  doomed_ = dying_ = idle_ = stop_requested_ = false;
  heartbeat = {};
  owner_ = {.id = format("{}.{}", name_, lives_),
            .host = one_host ? "host" : name_,
            .boot = "boot",
            .pidNamespace = "pid",
            .pid = static_cast<std::uint64_t>(number_),
            .startTime = lives_};
  wake_at_ = time_.monotonic;
  fiber_ = std::make_unique<Fiber>([this] {
    try {
      body_(*this);
    } catch (const Crash&) {  // its life ends here; the world begins the next one
      dying_ = true;
    }
  });
}

bool Process::resume() {
  idle_ = false;
  try {
    fiber_->resume();
  } catch (...) {
    fiber_.reset();
    throw;
  }
  if (!fiber_->ended()) return true;
  fiber_.reset();
  return false;
}

void Process::kill() {
  if (!alive()) return;
  doomed_ = true;
  while (resume()) {
  }
}

void Process::wake(std::chrono::nanoseconds at) {
  if (alive() && idle_) wake_at_ = std::min(wake_at_, at);
}

void Process::suspend() {
  if (dying_) return;
  fiber_->suspend();
  if (doomed_) crash();
}

void Process::pause(std::chrono::nanoseconds span) {
  wake_at_ = time_.monotonic + span;
  suspend();
}

void Process::idle_until(std::chrono::nanoseconds at) {
  wake_at_ = std::max(at, time_.monotonic);
  idle_ = true;
  suspend();
}

void Process::crash() {
  dying_ = true;
  throw Crash{};
}

}  // namespace cls::sim
