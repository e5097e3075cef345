// SPDX-License-Identifier: Apache-2.0
// Process: one simulated process: a fiber that is ended by crashes and begun anew.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "record/claim.h"
#include "sim/fiber.h"

namespace cls::sim {

/// Unwinds a process that ends where it is. Not an Error: nothing of the engine may catch it, and
/// what is destroyed on the way may write nothing.
struct Crash {};

/// The time of the world.
struct WorldTime {
  std::chrono::nanoseconds monotonic{};
  std::chrono::nanoseconds jumped{};  ///< the wall clock's
  Instant start;
  Instant wall() const { return start + monotonic + jumped; }
};

class Process;

/// The clock as one process sees it; sleeping lets the others run.
class ProcessClock final : public Clock {
 public:
  ProcessClock(const WorldTime& time, Process& process) : time_(time), process_(process) {}
  Instant now() const override { return time_.wall(); }
  std::chrono::nanoseconds monotonic() const override { return time_.monotonic + ahead_; }
  void sleep_for(std::chrono::nanoseconds span) override;
  /// A broken clock: its monotonic time jumps.
  void jump(std::chrono::nanoseconds span) { ahead_ += span; }

 private:
  const WorldTime& time_;
  Process& process_;
  std::chrono::nanoseconds ahead_{};
};

class Process {
 public:
  using Body = std::function<void(Process&)>;

  Process(const WorldTime& time, int number, std::string name, Body body)
      : clock(time, *this),
        number_(number),
        name_(std::move(name)),
        time_(time),
        body_(std::move(body)) {}

  int number() const { return number_; }
  const std::string& name() const { return name_; }
  bool alive() const { return fiber_ != nullptr; }
  /// True while it unwinds after a crash: it does nothing any more.
  bool dying() const { return dying_; }
  bool idle() const { return idle_; }
  bool stop_requested() const { return stop_requested_; }
  void request_stop() { stop_requested_ = true; }
  std::chrono::nanoseconds wake_at() const { return wake_at_; }
  void set_wake_at(std::chrono::nanoseconds at) { wake_at_ = at; }
  const record::Owner& owner() const { return owner_; }

  // By the scheduler.
  /// Begins the next life; its owner's id is another one.
  void begin(bool one_host);
  /// Lets it go on; false once its life has ended. Throws what the body threw.
  bool resume();
  /// Ends its life where it is.
  void kill();
  /// Ends its wait for something to do.
  void wake(std::chrono::nanoseconds at);

  // By the body.
  /// Lets others run for at least so long.
  void pause(std::chrono::nanoseconds span);
  /// The same until then or wake().
  void idle_until(std::chrono::nanoseconds at);
  [[noreturn]] void crash();

  ProcessClock clock;
  /// Beats the claims it holds; set while a workload runs.
  std::function<void()> heartbeat;

 private:
  void suspend();

  int number_;
  std::string name_;
  const WorldTime& time_;
  Body body_;
  std::unique_ptr<Fiber> fiber_;
  std::chrono::nanoseconds wake_at_{};
  unsigned lives_ = 0;
  bool doomed_ = false;
  bool dying_ = false;
  bool idle_ = false;
  bool stop_requested_ = false;
  record::Owner owner_;
};

}  // namespace cls::sim
