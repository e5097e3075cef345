// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/progress.h"

#include <algorithm>

#include "base/format.h"

namespace cls::user_scenario {

namespace {

constexpr std::string_view clear_line = "\r\x1b[K";
constexpr std::size_t step_width = 9;
constexpr std::size_t widest_bar = 40;

}  // namespace

std::string Progress::bar() const {
  const std::string counts = format(" {} of {}", std::min(done_, total_), total_);
  const std::size_t columns = console_.width();
  if (total_ == 0 || columns < counts.size() + 12) return {};
  const std::size_t width = std::min(widest_bar, columns - counts.size() - 3);
  const auto filled = static_cast<std::size_t>(width * std::min(done_, total_) / total_);
  return "[" + std::string(filled, '#') + std::string(width - filled, '-') + "]" + counts;
}

/// With the mutex held.
void Progress::print(const std::string& text) {
  const bool is_terminal = console_.width() > 0;
  console_.out(is_terminal ? std::string(clear_line) + text + bar() : text);
}

void Progress::done(std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  done_ += count;
  if (console_.width() > 0) print("");
}

void Progress::line(const std::string& scenario, std::string_view step, const std::string& text) {
  const std::lock_guard lock(mutex_);
  const std::size_t width = std::max(name_width_, scenario.size());
  print(format("{:<{}}  {:<{}}  {}\n", scenario, width, step, step_width, text));
}

void Progress::end() {
  const std::lock_guard lock(mutex_);
  if (console_.width() > 0) console_.out(clear_line);
  total_ = 0;
}

}  // namespace cls::user_scenario
