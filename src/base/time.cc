// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <charconv>
#include <cstdlib>
#include <ctime>

#include "base/format.h"
#include "base/text.h"

namespace cls {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

// Whole years within what nanoseconds in 64 bits hold: 1677-09-21 to 2262-04-11.
constexpr int first_year = 1678;
constexpr int last_year = 2261;
// More than any single count and unit, and far from what 64 bits hold.
constexpr seconds longest_duration(std::int64_t{1} << 56U);

struct Civil {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<nanoseconds> time;
};

Civil civil(Instant at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss<nanoseconds>(at - day)};
}

/// Takes digits off the front of a text.
class Digits {
 public:
  explicit Digits(std::string_view text) : rest_(text) {}

  std::optional<unsigned> take(std::size_t width) {
    if (rest_.size() < width) return std::nullopt;
    unsigned value = 0;
    for (std::size_t i = 0; i < width; ++i) {
      const char c = rest_[i];
      if (c < '0' || c > '9') return std::nullopt;
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    rest_.remove_prefix(width);
    return value;
  }
  bool accept(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// The digits after a decimal point as nanoseconds; nullopt where there are none.
  std::optional<nanoseconds> take_fraction() {
    std::int64_t value = 0;
    int digits = 0;
    while (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      if (digits < 9) value = value * 10 + (rest_.front() - '0');
      ++digits;
      rest_.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (int i = digits; i < 9; ++i) value *= 10;
    return nanoseconds(value);
  }
  bool empty() const { return rest_.empty(); }
  char front() const { return rest_.empty() ? '\0' : rest_.front(); }

 private:
  std::string_view rest_;
};

/// `[T ]hh:mm[:ss[.fraction]]` as the time since midnight.
std::optional<nanoseconds> take_time(Digits& in) {
  if (!in.accept('T') && !in.accept('t') && !in.accept(' ')) return std::nullopt;
  const auto hour = in.take(2);
  if (!hour || *hour > 23 || !in.accept(':')) return std::nullopt;
  const auto minute = in.take(2);
  if (!minute || *minute > 59) return std::nullopt;
  const nanoseconds whole_minutes = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  if (!in.accept(':')) return whole_minutes;
  const auto second = in.take(2);
  if (!second || *second > 59) return std::nullopt;
  const auto fraction = in.accept('.') ? in.take_fraction() : nanoseconds(0);
  if (!fraction) return std::nullopt;
  return whole_minutes + seconds(*second) + *fraction;
}

/// `Z` or `±hh:mm` as what is ahead of UTC.
std::optional<seconds> take_offset(Digits& in) {
  if (in.accept('Z') || in.accept('z')) return seconds(0);
  const bool east = in.accept('+');
  if (!east && !in.accept('-')) return std::nullopt;
  const auto hour = in.take(2);
  if (!hour || *hour > 23 || !in.accept(':')) return std::nullopt;
  const auto minute = in.take(2);
  if (!minute || *minute > 59) return std::nullopt;
  const seconds span = std::chrono::hours(*hour) + std::chrono::minutes(*minute);
  return east ? span : -span;
}

std::optional<Instant> read_instant(std::string_view text) {
  Digits in(text);
  const auto year = in.take(4);
  if (!year || !in.accept('-')) return std::nullopt;
  const auto month = in.take(2);
  if (!month || !in.accept('-')) return std::nullopt;
  const auto day = in.take(2);
  if (!day) return std::nullopt;
  const auto midnight = instant_of(static_cast<int>(*year), *month, *day);
  if (!midnight || in.empty()) return midnight;
  const auto time = take_time(in);
  if (!time) return std::nullopt;
  const auto offset = take_offset(in);
  if (!offset || !in.empty()) return std::nullopt;
  return *midnight + *time - *offset;
}

/// The length of a unit's letter; in ISO 8601, `T` stands between days and the units of time.
std::optional<seconds> unit_seconds(char letter, bool dates, bool times) {
  if (times && letter == 's') return seconds(1);
  if (times && letter == 'm') return seconds(60);
  if (times && letter == 'h') return seconds(3600);
  if (dates && letter == 'd') return seconds(86400);
  if (dates && letter == 'w') return seconds(604800);
  return std::nullopt;
}

std::optional<seconds> read_duration(std::string_view raw) {
  const std::string lowered = lower(raw);
  std::string_view text = lowered;
  const bool iso = text.starts_with('p');
  if (iso) text.remove_prefix(1);
  bool after_t = false;
  bool any = false;
  seconds total(0);
  while (!text.empty()) {
    if (iso && !after_t && text.front() == 't') {
      after_t = true;
      any = false;
      text.remove_prefix(1);
      continue;
    }
    std::uint32_t count = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, count);
    if (error != std::errc() || end == last) return std::nullopt;
    const auto unit = unit_seconds(*end, !after_t, !iso || after_t);
    if (!unit) return std::nullopt;
    total += *unit * count;
    if (total > longest_duration) return std::nullopt;
    any = true;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  }
  return any ? std::optional(total) : std::nullopt;
}

}  // namespace

std::string format_instant(Instant at) {
  const auto [date, time] = civil(at);
  std::string text = "0000-00-00T00:00:00.000000000Z";
  const auto put = [&text](std::size_t last, std::uint64_t number) {
    for (; number > 0; number /= 10) text[last--] = static_cast<char>('0' + number % 10);
  };
  put(3, static_cast<std::uint64_t>(int(date.year())));
  put(6, unsigned(date.month()));
  put(9, unsigned(date.day()));
  put(12, static_cast<std::uint64_t>(time.hours().count()));
  put(15, static_cast<std::uint64_t>(time.minutes().count()));
  put(18, static_cast<std::uint64_t>(time.seconds().count()));
  put(28, static_cast<std::uint64_t>(time.subseconds().count()));
  return text;
}

std::string format_instant_seconds(Instant at) {
  return format_instant(at).substr(0, 19) + "Z";
}

std::string format_local_seconds(Instant at) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  std::tm local{};
  if (localtime_r(&seconds, &local) == nullptr) return format_instant_seconds(at);
  const long offset = local.tm_gmtoff / 60;
  const long minutes = std::abs(offset);
  return format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}{:02}:{:02}", local.tm_year + 1900,
                local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec,
                offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string readable_duration(std::chrono::seconds span) {
  const auto seconds = span.count();
  if (seconds < 60) return format("{}s", seconds);
  if (seconds < 3600) return format("{}m {}s", seconds / 60, seconds % 60);
  if (seconds < 86400) return format("{}h {}m", seconds / 3600, seconds / 60 % 60);
  return format("{}d {}h", seconds / 86400, seconds / 3600 % 24);
}

Result<Instant> parse_instant(std::string_view text) {
  if (const auto at = read_instant(text)) return *at;
  return fail(FailureCode::Invalid,
              format("'{}' is no time in the years {} to {}; write it as 2023-02-06T23:52:06Z",
                     text, first_year, last_year));
}

std::optional<Instant> instant_of(int year, unsigned month, unsigned day, unsigned hour,
                                  unsigned minute, unsigned second) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (year < first_year || year > last_year || !date.ok() || hour > 23 || minute > 59 ||
      second > 59) {
    return std::nullopt;
  }
  return Instant(std::chrono::sys_days(date)) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + seconds(second);
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  if (const auto span = read_duration(text)) return *span;
  return fail(FailureCode::Invalid,
              format("'{}' is no duration; write it as 90s, 5m, 12h, 1d or PT5M", text));
}

}  // namespace cls
