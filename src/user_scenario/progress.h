// SPDX-License-Identifier: Apache-2.0
// Progress: a line for each thing done, and on a terminal a bar below them.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cli/progress_line.h"

namespace cls::user_scenario {

/// Thread-safe: scenarios run beside each other.
class Progress {
 public:
  /// `name_width` is that of the longest name of a scenario; `total` what done() is called for.
  /// `shown`: on a terminal there is a bar below the lines.
  Progress(cli::Console& console, const Clock& clock, bool shown, std::size_t name_width,
           std::uint64_t total);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() = default;

  /// One thing is done.
  void done(std::uint64_t count = 1);
  /// `scenario  step  text`.
  void line(const std::string& scenario, std::string_view step, const std::string& text);

 private:
  cli::Console& console_;
  std::size_t name_width_;
  std::uint64_t total_;
  std::atomic<std::uint64_t> done_ = 0;
  std::optional<cli::ProgressLine> bar_;
};

}  // namespace cls::user_scenario
