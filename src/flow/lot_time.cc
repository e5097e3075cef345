// SPDX-License-Identifier: Apache-2.0
#include "flow/lot_time.h"

#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <vector>

#include <re2/re2.h>

#include "base/error.h"
#include "base/format.h"

namespace cls::flow {

struct LotTimes::KeyRegex {
  explicit KeyRegex(const std::string& pattern) : regex(pattern, RE2::Quiet) {
    if (!regex.ok()) throw Error(format("keyRegex '{}': {}", pattern, regex.error()));
    for (const auto& [name, group] : regex.NamedCapturingGroups()) groups[name] = group;
  }

  /// The number a named group matched; `absent` where there is no such group or it took no part.
  static std::optional<std::int64_t> number(const re2::StringPiece& text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
  }

  RE2 regex;
  std::map<std::string, int> groups;
};

LotTimes::LotTimes(const model::BoundaryPlan& boundary)
    : boundary_(boundary), path_key_(boundary.dataset.path().key) {
  if (boundary.lot_source == model::LotSource::keyTimestampRegex) {
    key_regex_ = std::make_unique<const KeyRegex>(boundary.key_regex);
  }
}

LotTimes::~LotTimes() = default;

Result<Instant> LotTimes::key_time(const std::string& key) const {
  const std::string below = key.starts_with(path_key_) ? key.substr(path_key_.size()) : key;
  const RE2& regex = key_regex_->regex;
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(regex.NumberOfCapturingGroups()) +
                                       1);
  if (!regex.Match(below, 0, below.size(), RE2::UNANCHORED, groups.data(),
                   static_cast<int>(groups.size()))) {
    return fail(FailureCode::Invalid, "the key does not match keyRegex");
  }
  const auto value = [&](const char* name, std::int64_t absent) -> std::optional<std::int64_t> {
    const auto group = key_regex_->groups.find(name);
    if (group == key_regex_->groups.end()) return absent;
    const auto& text = groups[static_cast<std::size_t>(group->second)];
    return text.data() == nullptr ? std::optional(absent) : KeyRegex::number(text);
  };
  if (key_regex_->groups.contains("epoch")) {
    const auto seconds = value("epoch", -1);
    // The last second of the year 2261.
    if (!seconds || *seconds < 0 || *seconds > 9214646399) {
      return fail(FailureCode::Invalid, "group epoch of keyRegex holds no time in seconds");
    }
    return Instant(std::chrono::seconds(*seconds));
  }
  static constexpr std::array<std::pair<const char*, std::int64_t>, 6> parts{
      {{"year", -1}, {"month", -1}, {"day", -1}, {"hour", 0}, {"minute", 0}, {"second", 0}}};
  std::array<std::int64_t, 6> numbers{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto number = value(parts[i].first, parts[i].second);
    if (!number || *number < 0 || *number > 9999) {
      return fail(FailureCode::Invalid,
                  format("group {} of keyRegex holds no number", parts[i].first));
    }
    numbers[i] = *number;
  }
  const auto at = instant_of(static_cast<int>(numbers[0]), static_cast<unsigned>(numbers[1]),
                             static_cast<unsigned>(numbers[2]), static_cast<unsigned>(numbers[3]),
                             static_cast<unsigned>(numbers[4]), static_cast<unsigned>(numbers[5]));
  if (!at) return fail(FailureCode::Invalid, "the time in the key does not exist");
  return *at;
}

Result<lot::LotId> LotTimes::own_lot(const Arrival& arrival) const {
  Instant when = arrival.first_seen;
  switch (boundary_.lot_source) {
    case model::LotSource::arrivalTime:
      break;
    case model::LotSource::objectModifiedTime:
      when = arrival.modified;
      break;
    case model::LotSource::eventTime:
      when = arrival.event;
      break;
    case model::LotSource::keyTimestampRegex: {
      auto at = key_time(arrival.uri.key);
      if (!at) return pass(std::move(at));
      when = *at;
      break;
    }
  }
  return lot::LotId::at(boundary_.unit, when);
}

}  // namespace cls::flow
