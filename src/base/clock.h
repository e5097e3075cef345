// SPDX-License-Identifier: Apache-2.0
// The only source of time, injected everywhere, so that tests and the simulator move it by hand.
#pragma once

#include <chrono>
#include <mutex>

#include "base/time.h"

namespace cls {

/// Tells time; thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall-clock time; may jump either way.
  virtual Instant now() const = 0;
  /// Time since some start; never goes back.
  virtual std::chrono::nanoseconds monotonic() const = 0;
  /// Blocks the caller; a manual clock advances instead.
  virtual void sleep_for(std::chrono::nanoseconds span) = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
  std::chrono::nanoseconds monotonic() const override;
  void sleep_for(std::chrono::nanoseconds span) override;
};

/// Stands still until it is moved; sleeping moves it.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start) : now_(start) {}
  Instant now() const override;
  std::chrono::nanoseconds monotonic() const override;
  void sleep_for(std::chrono::nanoseconds span) override { advance(span); }
  void advance(std::chrono::nanoseconds span);
  /// Moves the wall clock alone, as an operator or NTP does.
  void set(Instant now);

 private:
  mutable std::mutex mutex_;
  Instant now_;
  std::chrono::nanoseconds monotonic_{0};
};

}  // namespace cls
