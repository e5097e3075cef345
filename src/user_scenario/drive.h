// SPDX-License-Identifier: Apache-2.0
// Drive: what makes time pass for a scenario, and the engine work: `cls up` beside it, or, in
// virtual time, `cls run` each time something has happened.
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "user_scenario/commands.h"

namespace cls::user_scenario {

/// Used by one thread.
class Drive {
 public:
  virtual ~Drive() = default;

  /// From now on what is deployed in the home is served.
  virtual Result<> start() = 0;
  virtual Instant now() const = 0;
  /// Lets time pass up to `until`; Unavailable where the scenario was stopped meanwhile, or the
  /// engine has ended.
  virtual Result<> wait_until(Instant until) = 0;
  /// Objects have arrived.
  virtual Result<> arrived() = 0;
  /// The pause between two looks at what is to come until `limit` has passed.
  virtual std::chrono::seconds pause(std::chrono::seconds asked,
                                     std::chrono::seconds limit) const = 0;
  /// Ends what start() began. Failures: it ended before, or not as it should.
  virtual Result<> finish() = 0;
  /// What is worth saying of how it went; may be empty.
  virtual std::string note() const { return {}; }
};

struct DriveSetup {
  Commands& commands;
  std::string home;
  std::string log_folder;
  std::stop_token stop;
};

/// In real time, with `cls up` as a child that dies with this process. `clock` outlives it.
std::unique_ptr<Drive> live_drive(const DriveSetup& setup, Clock& clock);

/// In virtual time: every command of the setup reads the time from `clock_file` and leaves there
/// what it became; `clock` follows it. `clock` outlives the drive.
std::unique_ptr<Drive> virtual_drive(const DriveSetup& setup, ManualClock& clock,
                                     std::string clock_file);

}  // namespace cls::user_scenario
