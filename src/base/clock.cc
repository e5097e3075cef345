// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <thread>

namespace cls {

Instant SystemClock::now() const {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}
std::chrono::nanoseconds SystemClock::monotonic() const {
  return std::chrono::steady_clock::now().time_since_epoch();
}
void SystemClock::sleep_for(std::chrono::nanoseconds span) {
  std::this_thread::sleep_for(span);
}

Instant ManualClock::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}
std::chrono::nanoseconds ManualClock::monotonic() const {
  const std::lock_guard lock(mutex_);
  return monotonic_;
}
void ManualClock::advance(std::chrono::nanoseconds span) {
  const std::lock_guard lock(mutex_);
  now_ += span;
  monotonic_ += span;
}
void ManualClock::set(Instant now) {
  const std::lock_guard lock(mutex_);
  now_ = now;
}

}  // namespace cls
