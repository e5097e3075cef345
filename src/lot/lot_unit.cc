// SPDX-License-Identifier: Apache-2.0
#include "lot/lot_unit.h"

#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "base/format.h"
#include "base/text.h"

namespace cls::lot {

namespace {

constexpr unsigned day = 1440;

struct NamedUnit {
  unsigned minutes = 0;
  std::string_view name;
  std::string_view token;
};

constexpr std::array named_units{
    NamedUnit{15, "Fourths", "PT15M"}, NamedUnit{10, "Sixths", "PT10M"},
    NamedUnit{5, "Twelfths", "PT5M"},  NamedUnit{60, "Hours", "PT1H"},
    NamedUnit{day, "Days", "PT24H"},
};

const NamedUnit* named(unsigned minutes) {
  for (const auto& unit : named_units) {
    if (unit.minutes == minutes) return &unit;
  }
  return nullptr;
}

bool divides_day(unsigned minutes) {
  return minutes > 0 && day % minutes == 0;
}

/// n of a `PREFIXnSUFFIX` without leading zeros, up to 9 digits.
std::optional<unsigned> number_between(std::string_view text, std::string_view prefix,
                                       std::string_view suffix) {
  if (!text.starts_with(prefix) || !text.ends_with(suffix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  if (text.size() <= suffix.size()) return std::nullopt;
  text.remove_suffix(suffix.size());
  if (text.size() > 9 || text.front() == '0') return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string not_a_divisor(unsigned minutes) {
  if (minutes == 0 || minutes > day) {
    return format("lots last 1 to {} minutes, not {}", day, minutes);
  }
  unsigned below = minutes;
  while (!divides_day(below)) --below;
  unsigned above = minutes;
  while (!divides_day(above)) ++above;
  return format("{} minutes do not divide a day into equal lots; near are PT{}M and PT{}M", minutes,
                below, above);
}

/// The right spelling of what was probably meant; empty if there is no telling.
std::string probably_meant(std::string_view wanted) {
  if (wanted.starts_with("MINUTE")) return "PT<n>M, such as PT1M";
  for (const std::string_view prefix : {"PT", ""}) {
    for (const std::string_view suffix : {"", "M", "MIN", "MINUTES"}) {
      const auto minutes = number_between(wanted, prefix, suffix);
      if (minutes && divides_day(*minutes)) return format("PT{}M", *minutes);
    }
    const auto hours = number_between(wanted, prefix, "H");
    if (hours && *hours <= 24 && divides_day(*hours * 60)) return format("PT{}M", *hours * 60);
  }
  if (wanted == "P1D" || wanted == "1D") return "Days";
  std::vector<std::string> names;
  names.reserve(named_units.size());
  for (const auto& unit : named_units) names.emplace_back(unit.name);
  return closest(wanted, names).value_or("");
}

}  // namespace

Result<LotUnit> LotUnit::parse(std::string_view text) {
  const std::string wanted = upper(text);
  for (const auto& unit : named_units) {
    if (wanted == upper(unit.name) || wanted == unit.token) return LotUnit(unit.minutes);
  }
  if (const auto minutes = number_between(wanted, "PT", "M")) {
    if (divides_day(*minutes)) return LotUnit(*minutes);
    return fail(FailureCode::Invalid,
                format("'{}' is no lot unit: {}", text, not_a_divisor(*minutes)));
  }
  const std::string meant = probably_meant(wanted);
  return fail(
      FailureCode::Invalid,
      format("'{}' is no lot unit{}{}; right are Fourths, Sixths, Twelfths, Hours, Days, or "
             "PT<n>M where n divides {}",
             text, meant.empty() ? "" : ", did you mean ", meant, day));
}

Result<LotUnit> LotUnit::of_minutes(unsigned minutes) {
  if (divides_day(minutes)) return LotUnit(minutes);
  return fail(FailureCode::Invalid, not_a_divisor(minutes));
}

Result<LotUnit> LotUnit::of_token(std::string_view token) {
  for (const auto& unit : named_units) {
    if (token == unit.token) return LotUnit(unit.minutes);
  }
  const auto minutes = number_between(token, "PT", "M");
  if (!minutes) {
    return fail(
        FailureCode::Invalid,
        format("'{}' is no unit of a lot id; right are PT1H, PT24H, or PT<n>M where n divides "
               "{}, in upper case",
               token, day));
  }
  if (!divides_day(*minutes)) return fail(FailureCode::Invalid, not_a_divisor(*minutes));
  const LotUnit unit(*minutes);
  if (unit.token() == token) return unit;
  return fail(FailureCode::Invalid, format("the unit '{}' is written {}", token, unit.token()));
}

std::string LotUnit::name() const {
  const auto* unit = named(minutes_);
  return unit != nullptr ? std::string(unit->name) : token();
}

std::string LotUnit::report_name() const {
  return upper(name());
}

std::string LotUnit::token() const {
  const auto* unit = named(minutes_);
  return unit != nullptr ? std::string(unit->token) : format("PT{}M", minutes_);
}

Instant LotUnit::truncate(Instant when) const {
  using std::chrono::minutes;
  const auto floored = std::chrono::floor<minutes>(when.time_since_epoch());
  const auto past = ((floored % duration()) + duration()) % duration();
  const auto least = std::chrono::duration_cast<minutes>(Instant::min().time_since_epoch());
  if (floored - past < least) return Instant::min();
  return Instant(floored - past);
}

}  // namespace cls::lot
