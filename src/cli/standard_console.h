// SPDX-License-Identifier: Apache-2.0
// StandardConsole: the process's own streams, for the `main` of each program.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/app.h"

namespace cls::cli {

/// Writes each text in one piece. A line of progress is taken away before and comes again after it.
/// Thread-safe.
class StandardConsole final : public Console {
 public:
  /// `program` begins what it says itself. Who reads may go away: SIGPIPE is ignored from here on;
  /// and streams that are closed are occupied, so that no file is taken for them.
  explicit StandardConsole(std::string program);

  void out(std::string_view text) override;
  void err(std::string_view text) override;
  bool out_lost() const override { return out_error_ != 0; }
  std::size_t width() const override;
  std::size_t progress_width() const override;
  void show_progress(std::string_view line) override;

  /// The exit code of a program that would end with `code`: what it printed may be lost, which is
  /// said. A reader that went away had enough.
  int ended_with(int code);

 private:
  int write(int stream, std::string_view text);

  std::string program_;
  std::mutex mutex_;
  std::string shown_;  ///< below what was written
  std::atomic<int> out_error_ = 0;
};

}  // namespace cls::cli
