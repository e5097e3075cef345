// SPDX-License-Identifier: Apache-2.0
// ProcessRunner: the door to child processes, injected so that tests can script it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"

namespace cls {

/// What to run and within which limits.
struct ProcessSpec {
  std::vector<std::string>
      command;  ///< looked up in the environment's PATH; never given to a shell
  std::map<std::string, std::string> environment;  ///< the whole environment of the child
  std::string working_directory;
  std::string stdout_path;  ///< appended to; parent directory exists
  std::string stderr_path;
  std::uint64_t output_limit = std::uint64_t{64}
                               << 20U;  ///< bytes kept of each; the rest is dropped and said
  std::chrono::seconds timeout{900};
  /// Bytes of private writable memory (RLIMIT_DATA): what is reserved but never used, as by the
  /// runtimes of Java and Node, does not count; 0: none.
  std::uint64_t memory_limit = 0;
  std::chrono::milliseconds grace{2000};  ///< between SIGTERM and SIGKILL of the group
};

enum class ProcessEnd : std::uint8_t { Exited, Signalled, TimedOut, Stopped };

/// How it ended, and what it used.
struct ProcessResult {
  ProcessEnd end = ProcessEnd::Exited;
  int code = 0;  ///< exit status, or the signal
  std::chrono::milliseconds wall{0};
  std::chrono::milliseconds user{0};
  std::chrono::milliseconds system{0};
  std::uint64_t max_rss = 0;  ///< bytes
  std::uint64_t dropped = 0;  ///< bytes of output above the limit
};

/// Runs one process to its end. Thread-safe: several threads may run one each.
class ProcessRunner {
 public:
  /// Called once with the process group's id, before the command is executed.
  using Started = std::function<void(int group)>;

  virtual ~ProcessRunner() = default;
  /// Starts the command in a process group of its own (which dies with this process), waits for
  /// it, and ends the whole group on time-out, on `stop`, and after the leader's exit. A command
  /// that cannot be started is NotFound or Denied.
  virtual Result<ProcessResult> run(const ProcessSpec& spec, const std::stop_token& stop,
                                    const Started& started) = 0;
};

}  // namespace cls
