// SPDX-License-Identifier: Apache-2.0
// The command line as a function: everything it touches comes in as a port, so that tests and
// scenarios run whole commands in process with a manual clock.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/process_runner.h"
#include "base/ulid.h"
#include "cli/options.h"

namespace cls::cli {

inline constexpr const char* version = "0.3.0";

/// Where commands write. Thread-safe is not needed: commands print from one thread; the log has its
/// own door.
class Console {
 public:
  virtual ~Console() = default;
  virtual void out(std::string_view text) = 0;
  virtual void err(std::string_view text) = 0;
};

/// What a command may use of the world.
struct World {
  Console& console;
  Clock& clock;
  FileSystem& files;
  UlidSource& ids;
  ProcessRunner& processes;
  std::string working_directory;
  std::function<std::optional<std::string>(const std::string&)> getenv;
  std::function<std::string()> read_standard_input;
  /// Calls the function once when the process is asked to end (SIGTERM, SIGINT).
  std::function<void(std::function<void()>)> on_stop;
  int log_fd = 2;  ///< where the log of `up` and `run` goes
};

/// Runs one command line (without the program's name); the exit code.
int run(const std::vector<std::string>& arguments, World& world);

}  // namespace cls::cli
