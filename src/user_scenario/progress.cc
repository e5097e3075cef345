// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/progress.h"

#include <algorithm>

#include "base/format.h"

namespace cls::user_scenario {

namespace {

constexpr std::size_t step_width = 9;

}  // namespace

Progress::Progress(cli::Console& console, const Clock& clock, bool shown, std::size_t name_width,
                   std::uint64_t total)
    : console_(console), name_width_(name_width), total_(total) {
  if (shown) bar_.emplace(console, clock, std::chrono::nanoseconds(0)).tell("steps", 0, total_);
}

void Progress::done(std::uint64_t count) {
  const auto now = done_ += count;
  if (bar_) bar_->tell("steps", now, total_);
}

void Progress::line(const std::string& scenario, std::string_view step, const std::string& text) {
  const std::size_t width = std::max(name_width_, scenario.size());
  console_.out(format("{:<{}}  {:<{}}  {}\n", scenario, width, step, step_width, text));
}

}  // namespace cls::user_scenario
