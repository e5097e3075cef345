// SPDX-License-Identifier: Apache-2.0
#include "lot/lot_range.h"

#include <algorithm>

#include "base/format.h"

namespace cls::lot {

namespace {

constexpr std::string_view dots = "..";

/// True for what can only be meant as a lot id: a date without hyphens and something after it.
bool looks_like_lot(std::string_view text) {
  return text.size() > 8 &&
         std::all_of(text.begin(), text.begin() + 8, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<LotRange> LotRange::of(LotId first, LotId last) {
  if (first.unit() != last.unit()) {
    return fail(
        FailureCode::Invalid,
        format("the range {}..{} has two units; both ends must be lots of {} or of {}",
               first.to_string(), last.to_string(), first.unit().name(), last.unit().name()));
  }
  if (last < first) {
    return fail(FailureCode::Invalid,
                format("the range {}..{} ends before it begins; the earlier lot comes first",
                       first.to_string(), last.to_string()));
  }
  return LotRange{first, last};
}

Result<LotRange> LotRange::parse(std::string_view text) {
  const auto at = text.find(dots);
  auto first = LotId::parse(text.substr(0, at));
  if (!first) return pass(std::move(first));
  if (at == std::string_view::npos) return LotRange{*first, *first};
  auto last = LotId::parse(text.substr(at + dots.size()));
  if (!last) return pass(std::move(last));
  return of(*first, *last);
}

std::string LotRange::to_string() const {
  if (first == last) return first.to_string();
  return format("{}{}{}", first.to_string(), dots, last.to_string());
}

std::uint64_t LotRange::count() const {
  if (first.unit() != last.unit() || last < first) return 0;
  return static_cast<std::uint64_t>(last.index() - first.index()) + 1;
}

bool LotRange::contains(LotId lot) const {
  return lot.unit() == first.unit() && lot.unit() == last.unit() && first <= lot && lot <= last;
}

Result<Moment> Moment::parse(std::string_view text, Instant now) {
  if (const auto span = parse_duration(text)) {
    const auto reach = std::chrono::floor<std::chrono::seconds>(now) -
                       std::chrono::ceil<std::chrono::seconds>(Instant::min());
    if (*span > reach) {
      return fail(FailureCode::Invalid,
                  format("'{}' before {} is out of reach", text, format_instant_seconds(now)));
    }
    return Moment{now - *span, std::nullopt};
  }
  if (looks_like_lot(text)) {
    auto lot = LotId::parse(text);
    if (!lot) return pass(std::move(lot));
    return Moment{lot->start(), *lot};
  }
  if (const auto at = parse_instant(text)) return Moment{*at, std::nullopt};
  return fail(FailureCode::Invalid,
              format("'{}' is no moment; write a lot id (20230206PT5M286), a date or time "
                     "(2023-02-06T23:52:06Z), or how long ago (12h)",
                     text));
}

Result<Instant> parse_moment(std::string_view text, Instant now) {
  auto moment = Moment::parse(text, now);
  if (!moment) return pass(std::move(moment));
  return moment->at;
}

Result<ScanWindow> ScanWindow::of(LotUnit unit, Instant earliest, Instant latest) {
  if (latest < earliest) {
    return fail(FailureCode::Invalid,
                format("the latest moment {} is before the earliest, {}",
                       format_instant_seconds(latest), format_instant_seconds(earliest)));
  }
  auto start = LotId::at(unit, earliest);
  if (!start) return pass(std::move(start));
  auto end = LotId::at(unit, latest);
  if (!end) return pass(std::move(end));
  if (*start == *end) {
    latest += unit.duration();
    end = LotId::at(unit, latest);
    if (!end) return pass(std::move(end));
  }
  return ScanWindow{*start, *end, end->previous(),
                    static_cast<std::uint64_t>((latest - earliest) / unit.duration())};
}

}  // namespace cls::lot
