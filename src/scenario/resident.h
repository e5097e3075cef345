// SPDX-License-Identifier: Apache-2.0
// Resident: a `cls up` of a scenario, the real program as a process of its own.
#pragma once

#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/posix_process_runner.h"
#include "base/result.h"

namespace cls::scenario {

/// Not thread-safe. The process ends with this at the latest.
class Resident {
 public:
  /// `program` is the executable `cls`; `root` is where it works, and its log lies.
  Resident(std::string program, const std::string& root,
           std::map<std::string, std::string> environment);

  /// Starts it and waits until it serves.
  Result<> start(const std::vector<std::string>& arguments);
  /// Asks it to end; a failure where it does not end with 0 in ten seconds.
  Result<> stop();
  /// What it has said on standard error.
  std::string log() const;

 private:
  PosixProcessRunner processes_;
  ProcessSpec spec_;
  std::atomic<bool> over_ = false;
  std::optional<Result<ProcessResult>> result_;
  std::jthread thread_;
};

}  // namespace cls::scenario
