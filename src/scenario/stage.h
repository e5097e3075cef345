// SPDX-License-Identifier: Apache-2.0
// Stage: the world that the commands of a scenario run in: its clock, its files, what they printed.
#pragma once

#include <cstddef>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/posix_process_runner.h"
#include "base/ulid.h"
#include "cli/app.h"
#include "scenario/resident.h"
#include "scenario/sandbox.h"
#include "scenario/served.h"
#include "scenario/virtual_files.h"

namespace cls::scenario {

/// cli::run, or what stands for it in tests.
using Command = std::function<int(const std::vector<std::string>& arguments, cli::World& world)>;

/// What one command did.
struct Outcome {
  std::string command;
  int exit_code = 0;
  std::string out;
  std::string err;  ///< standard error and the log
};

/// Where the stores of a home are.
enum class Where : std::uint8_t { Files, S3 };

/// Counts the processes that are started through it. Thread-safe.
class CountedProcesses final : public ProcessRunner {
 public:
  Result<ProcessResult> run(const ProcessSpec& spec, const std::stop_token& stop,
                            const Started& started) override;
  std::size_t count() const;

 private:
  PosixProcessRunner processes_;
  mutable std::mutex mutex_;
  std::size_t count_ = 0;
};

/// Not thread-safe; the commands run in it may have threads of their own. Throws Error where the
/// sandbox cannot be made.
class Stage {
 public:
  /// `program` is the executable `cls`, for `up`.
  Stage(const std::string& directory, Instant start, Command command, std::string program,
        Where where);

  Sandbox& sandbox() { return sandbox_; }
  VirtualFiles& files() { return files_; }
  const ManualClock& clock() const { return clock_; }
  const CountedProcesses& processes() const { return processes_; }
  const Outcome& last() const { return last_; }

  void set(const std::string& name, const std::string& value) { variables_[name] = value; }
  /// Forward the monotonic clock goes along; backward the wall clock moves alone.
  void move_clock(Instant to);
  /// Runs a command of cls to its end. Throws Error where files cannot be served.
  const Outcome& run(const std::vector<std::string>& arguments);

  Result<> act(const Hold& hold);
  Result<> act(const Close& close);
  Result<> act(const Link& link);
  Result<> act(const Symlink& symlink);
  Result<> act(const Up& up);
  Result<> act(const Stop& stop);
  /// While `cls up` runs the clock is the machine's, and what it has said so far was printed last.
  void keep_up();

 private:
  Result<std::vector<std::string>> placed(const std::vector<std::string>& arguments);

  Sandbox sandbox_;
  ManualClock clock_;
  PosixFileSystem disk_;
  VirtualFiles files_;
  UlidSource ids_;
  CountedProcesses processes_;
  Command command_;
  std::map<std::string, std::string> variables_;
  Outcome last_;
  std::string program_;
  std::map<std::string, std::ofstream> held_;
  SystemClock network_clock_;
  std::unique_ptr<Served> served_;
  std::unique_ptr<Resident> resident_;
};

}  // namespace cls::scenario
