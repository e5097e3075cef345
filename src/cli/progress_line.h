// SPDX-License-Identifier: Apache-2.0
// ProgressLine: what a person at a terminal sees of something that takes long.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/progress.h"
#include "cli/app.h"

namespace cls::cli {

/// What is shorter than this shows no progress.
inline constexpr std::chrono::seconds progress_patience{2};

/// One line below all that is written: count, rate and, where a total is known, a bar and the time
/// that is left. Taken away when it ends. Thread-safe.
class ProgressLine final : public Progress {
 public:
  /// Both outlive it.
  ProgressLine(Console& console, const Clock& clock,
               std::chrono::nanoseconds patience = progress_patience);
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  ~ProgressLine() override { end(); }

  /// What has no total is not shown while something with a total is going on.
  void tell(std::string_view things, std::uint64_t done, std::uint64_t total) override;
  /// Takes the line away, for good.
  void end();

 private:
  std::string text(std::chrono::nanoseconds elapsed, std::size_t columns) const;

  Console& console_;
  const Clock& clock_;
  std::chrono::nanoseconds first_shown_;
  std::atomic<std::chrono::nanoseconds> next_;
  std::mutex mutex_;
  std::string things_;
  std::chrono::nanoseconds begun_{};
  std::uint64_t done_at_begin_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

/// True where progress may be shown: on a terminal that knows how to clear a line, unless `quiet`.
bool may_show_progress(const Console& console, std::string_view terminal, bool quiet);

}  // namespace cls::cli
