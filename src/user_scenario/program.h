// SPDX-License-Identifier: Apache-2.0
// cls-scenario as a function: everything it touches comes in as a port.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/captured_output.h"
#include "base/process_runner.h"
#include "base/ulid.h"
#include "cli/app.h"
#include "user_scenario/options.h"

namespace cls::user_scenario {

struct World {
  cli::Console& console;
  Clock& clock;
  FileSystem& files;
  UlidSource& ids;
  ProcessRunner& processes;
  ProcessEnvironment environment;
  std::string working_directory;  ///< absolute
  std::string self;               ///< this executable
  /// Sets what is called once, with the signal, when the process is asked to end; an empty function
  /// takes that back.
  std::function<void(std::function<void(int signal)>)> on_stop;
};

/// Runs what the options say; the exit code. An Error where nothing can be run at all.
int run_program(const Options& options, World& world);

/// The first argument of a process of this program that is `cls` in virtual time; the second is the
/// file of its clock, then come the arguments of `cls`.
inline constexpr const char* as_cls = "--as-cls";

}  // namespace cls::user_scenario
