// SPDX-License-Identifier: Apache-2.0
// Progress: a line for each thing done, and on a terminal a bar below them.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/app.h"

namespace cls::user_scenario {

/// Thread-safe: scenarios run beside each other.
class Progress {
 public:
  /// `name_width` is that of the longest name of a scenario; `total` what done() is called for.
  Progress(cli::Console& console, std::size_t name_width, std::uint64_t total)
      : console_(console), name_width_(name_width), total_(total) {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { end(); }

  /// One thing is done.
  void done(std::uint64_t count = 1);
  /// `scenario  step  text`.
  void line(const std::string& scenario, std::string_view step, const std::string& text);
  /// Takes the bar away.
  void end();

 private:
  std::string bar() const;
  void print(const std::string& text);

  cli::Console& console_;
  std::size_t name_width_;
  std::mutex mutex_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
};

}  // namespace cls::user_scenario
