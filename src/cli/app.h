// SPDX-License-Identifier: Apache-2.0
// The command line as a function: everything it touches comes in as a port, so that tests and
// scenarios run whole commands in process with a manual clock.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/process_runner.h"
#include "base/progress.h"
#include "base/ulid.h"

namespace cls::cli {

inline constexpr const char* version = "0.3.0";

/// Where commands write. Thread-safe: the log of `run` and `up` writes from any thread.
class Console {
 public:
  virtual ~Console() = default;
  virtual void out(std::string_view text) = 0;
  virtual void err(std::string_view text) = 0;
  /// Something given to out() could not be written: nobody reads on.
  virtual bool out_lost() const { return false; }
  /// Columns of the terminal that out() writes to; 0 where it is none.
  virtual std::size_t width() const { return 0; }
  /// Columns of the terminal that err() writes to; 0 where it is none.
  virtual std::size_t progress_width() const { return 0; }
  /// Shows a line on that terminal, below all that is written, instead of the one before; an empty
  /// one takes it away.
  virtual void show_progress(std::string_view line) { static_cast<void>(line); }
};

/// What a command may use of the world; all of it outlives the command.
struct World {
  Console& console;
  Clock& clock;
  FileSystem& files;
  UlidSource& ids;
  ProcessRunner& processes;
  std::string working_directory;  ///< absolute
  std::function<std::optional<std::string>(const std::string&)> getenv;
  std::function<std::string()> read_standard_input;
  /// Sets what is called once, with the signal, when the process is asked to end; an empty function
  /// takes that back. When it returns the former one is not running.
  std::function<void(std::function<void(int signal)>)> on_stop;
  /// Ends the process at once, with no destructor called; may be empty.
  std::function<void(int exit_code)> end_now;
  /// What other machines go by, for signatures and time-outs; null: `clock`.
  Clock* network_clock = nullptr;
  /// Is told by what takes long how far it is; set by run().
  Progress* progress = nullptr;
};

/// Runs one command line (without the program's name); the exit code.
int run(const std::vector<std::string>& arguments, World& world);

}  // namespace cls::cli
