// SPDX-License-Identifier: Apache-2.0
// Commands: runs commands of cls for one scenario, as processes of their own.
#pragma once

#include <chrono>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/captured_output.h"
#include "base/file_system.h"
#include "base/process_runner.h"

namespace cls::user_scenario {

/// What is said where something was ended by a stop, and not by anything wrong.
inline constexpr std::string_view stopped_words = "stopped";

/// Appends blocks of text to files, each in one piece: scenarios share the logs of a placement.
class SharedLogs {
 public:
  explicit SharedLogs(FileSystem& files) : files_(files) {}
  /// What cannot be written is lost: logs decide nothing.
  void append(const std::string& path, std::string_view text);

 private:
  FileSystem& files_;
  std::mutex mutex_;
};

/// Where commands run and what becomes of their output.
struct CommandSetup {
  ProcessRunner& processes;
  FileSystem& files;
  SharedLogs& logs;
  std::vector<std::string> program;  ///< the executable, and what comes before every command
  ProcessEnvironment environment;
  std::string scenario;  ///< the name that stands over each block of the logs
  std::string folder;    ///< of the scenario, for its own files; exists
};

/// How a command ended.
struct Ended {
  int code = 0;
  std::string out;
  std::string err;
};

/// The end of a text: its last lines, each after two blanks.
std::string last_lines(const std::string& text, std::size_t count = 8);

/// Used by one thread at a time, but for what background() gives.
class Commands {
 public:
  explicit Commands(CommandSetup setup) : setup_(std::move(setup)) {}

  /// Runs a command to its end; its output is appended to out.log and err.log in `log_folder`.
  /// Unavailable where it was stopped, took longer than `limit` or was killed.
  Result<Ended> run(const std::vector<std::string>& arguments, const std::string& log_folder,
                    const std::stop_token& stop, std::chrono::seconds limit);

  /// The process that would run this command in the background, with its output in files of the
  /// scenario's folder: `<name>.out` and `<name>.err`.
  ProcessSpec background(const std::string& name, const std::vector<std::string>& arguments) const;

  const CommandSetup& setup() const { return setup_; }

 private:
  CommandSetup setup_;
};

}  // namespace cls::user_scenario
