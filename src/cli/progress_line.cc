// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_line.h"

#include <algorithm>

#include "base/format.h"
#include "base/time.h"

namespace cls::cli {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::chrono::milliseconds redraw{100};
constexpr seconds least_for_rate{1};
constexpr std::size_t narrowest_bar = 8;
constexpr std::size_t widest_bar = 30;

/// 1234567 → `1,234,567`.
std::string grouped(std::uint64_t number) {
  const std::string digits = format("{}", number);
  constexpr std::size_t group = 3;
  std::string result;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % group == 0) result += ',';
    result += digits[i];
  }
  return result;
}

std::string rate_text(double per_second) {
  if (per_second >= 10) return grouped(static_cast<std::uint64_t>(per_second)) + "/s";
  if (per_second >= 1) return format("{:.1f}/s", per_second);
  return format("{:.1f}/min", per_second * 60);
}

}  // namespace

ProgressLine::ProgressLine(Console& console, const Clock& clock, nanoseconds patience)
    : console_(console),
      clock_(clock),
      first_shown_(clock.monotonic() + patience),
      next_(nanoseconds::min()) {}

void ProgressLine::tell(std::string_view things, std::uint64_t done, std::uint64_t total) {
  const auto now = clock_.monotonic();
  // The end of what has a total is never passed over: what comes next waits for it.
  const bool complete = total > 0 && done >= total;
  if (!complete && now < next_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  if (next_.load() == nanoseconds::max()) return;  // it has ended
  if (total == 0 && done_ < total_) return;
  if (things != things_ || done < done_) {
    things_ = things;
    begun_ = now;
    done_at_begin_ = done;
  }
  done_ = done;
  total_ = total;
  next_ = now + redraw;
  const std::size_t columns = console_.progress_width();
  if (now >= first_shown_ && columns > 0) console_.show_progress(text(now - begun_, columns));
}

std::string ProgressLine::text(nanoseconds elapsed, std::size_t columns) const {
  const auto done = total_ > 0 ? std::min(done_, total_) : done_;
  std::string line = total_ > 0 ? format("{} of {} {}", grouped(done), grouped(total_), things_)
                                : format("{} {}", grouped(done), things_);
  if (elapsed >= least_for_rate && done_ > done_at_begin_) {
    const double rate = static_cast<double>(done_ - done_at_begin_) /
                        std::chrono::duration<double>(elapsed).count();
    line += ", " + rate_text(rate);
    if (total_ > done) {
      const auto left = std::min(static_cast<double>(total_ - done) / rate, 1e9);
      line += format(", {} left", readable_duration(seconds(static_cast<std::int64_t>(left))));
    }
  }
  // The last column stays free: some terminals begin a new line there.
  const std::size_t room = columns - 1;
  if (total_ > 0 && room >= line.size() + narrowest_bar + 3) {
    const std::size_t width = std::min(widest_bar, room - line.size() - 3);
    const auto filled = static_cast<std::size_t>(
        static_cast<double>(width) * static_cast<double>(done) / static_cast<double>(total_));
    line = "[" + std::string(filled, '#') + std::string(width - filled, '-') + "] " + line;
  }
  return line.substr(0, room);
}

void ProgressLine::end() {
  const std::lock_guard lock(mutex_);
  next_ = nanoseconds::max();
  console_.show_progress("");
}

bool may_show_progress(const Console& console, std::string_view terminal, bool quiet) {
  return !quiet && !terminal.empty() && terminal != "dumb" && console.progress_width() > 0;
}

}  // namespace cls::cli
