// SPDX-License-Identifier: Apache-2.0
#include "lot/lot_id.h"

#include <algorithm>
#include <chrono>

#include "base/error.h"
#include "base/format.h"

namespace cls::lot {

namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr int first_year = 1678;
constexpr int last_year = 2261;
constexpr std::size_t date_width = 8;

std::int64_t first_index(LotUnit unit) {
  constexpr sys_days first_day(year(first_year) / 1 / 1);
  return std::int64_t{first_day.time_since_epoch().count()} * unit.per_day();
}

std::int64_t last_index(LotUnit unit) {
  constexpr sys_days day_after(year(last_year + 1) / 1 / 1);
  return std::int64_t{day_after.time_since_epoch().count()} * unit.per_day() - 1;
}

bool exists(LotUnit unit, std::int64_t index) {
  return index >= first_index(unit) && index <= last_index(unit);
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// The value of a few digits.
unsigned number(std::string_view digits) {
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value;
}

Result<sys_days> parse_date(std::string_view digits) {
  const year_month_day date(year(static_cast<int>(number(digits.substr(0, 4)))),
                            std::chrono::month(number(digits.substr(4, 2))),
                            std::chrono::day(number(digits.substr(6, 2))));
  if (!date.ok()) {
    return fail(FailureCode::Invalid, format("there is no day {}-{}-{}", digits.substr(0, 4),
                                             digits.substr(4, 2), digits.substr(6, 2)));
  }
  if (int(date.year()) < first_year || int(date.year()) > last_year) {
    return fail(FailureCode::Invalid, format("lots exist in the years {} to {}, not in {}",
                                             first_year, last_year, int(date.year())));
  }
  return sys_days(date);
}

Result<unsigned> parse_ordinal(LotUnit unit, std::string_view digits) {
  if (digits.size() != unit.ordinal_width() || !all_digits(digits)) {
    return fail(FailureCode::Invalid, format("{} is followed by exactly {} digits, not by '{}'",
                                             unit.token(), unit.ordinal_width(), digits));
  }
  const unsigned ordinal = number(digits);
  if (ordinal >= unit.per_day()) {
    return fail(FailureCode::Invalid,
                format("the last lot of a day of {} is {:0{}}, not {}", unit.token(),
                       unit.per_day() - 1, unit.ordinal_width(), digits));
  }
  return ordinal;
}

Result<std::int64_t> parse_index(std::string_view text, LotUnit& unit) {
  if (text.size() < date_width || !all_digits(text.substr(0, date_width))) {
    return fail(FailureCode::Invalid, "it does not begin with a date YYYYMMDD");
  }
  const std::string_view rest = text.substr(date_width);
  const auto token_end = rest.find_first_of("MH");
  if (!rest.starts_with("PT") || token_end == std::string_view::npos) {
    return fail(FailureCode::Invalid, "no unit such as PT5M, in upper case, follows the date");
  }
  const auto token_unit = LotUnit::of_token(rest.substr(0, token_end + 1));
  if (!token_unit) return tl::unexpected(token_unit.error());
  const auto ordinal = parse_ordinal(*token_unit, rest.substr(token_end + 1));
  if (!ordinal) return tl::unexpected(ordinal.error());
  const auto date = parse_date(text.substr(0, date_width));
  if (!date) return tl::unexpected(date.error());
  unit = *token_unit;
  return std::int64_t{date->time_since_epoch().count()} * unit.per_day() + *ordinal;
}

}  // namespace

Result<LotId> LotId::parse(std::string_view text) {
  LotUnit unit;
  const auto index = parse_index(text, unit);
  if (index) return LotId(unit, *index);
  return fail(FailureCode::Invalid,
              format("'{}' is no lot id: {} (right is, for example, 20230206PT5M286)", text,
                     index.error().message));
}

Result<LotId> LotId::at(LotUnit unit, Instant when) {
  // In whole minutes from here on: near its ends an Instant has no start of the day.
  const auto minute = std::chrono::floor<std::chrono::minutes>(when);
  const std::int64_t since = minute.time_since_epoch().count();
  const std::int64_t length = unit.minutes();
  std::int64_t index = since / length;
  if (since % length < 0) --index;
  if (exists(unit, index)) return LotId(unit, index);
  const year_month_day date(std::chrono::floor<days>(minute));
  return fail(FailureCode::Invalid, format("lots exist in the years {} to {}, not in {}",
                                           first_year, last_year, int(date.year())));
}

LotId LotId::from_index(LotUnit unit, std::int64_t index) {
  if (exists(unit, index)) return {unit, index};
  throw Error(format("lots exist in the years {} to {}; there is none of {} with index {}",
                     first_year, last_year, unit.token(), index));
}

std::string LotId::to_string() const {
  const std::int64_t per_day = unit_.per_day();
  std::int64_t day = index_ / per_day;
  if (index_ % per_day < 0) --day;
  const year_month_day date{sys_days(days(day))};
  return format("{:04}{:02}{:02}{}{:0{}}", int(date.year()), unsigned(date.month()),
                unsigned(date.day()), unit_.token(), index_ - day * per_day, unit_.ordinal_width());
}

Instant LotId::start() const {
  return Instant(std::chrono::minutes(index_ * unit_.minutes()));
}

LotId LotId::plus(std::int64_t n) const {
  // Both bounds are far from overflow, index_ being within them.
  if (n >= first_index(unit_) - index_ && n <= last_index(unit_) - index_) {
    return {unit_, index_ + n};
  }
  throw Error(format("there is no lot {} lots after {}; lots exist in the years {} to {}", n,
                     to_string(), first_year, last_year));
}

}  // namespace cls::lot
