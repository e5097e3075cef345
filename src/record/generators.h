// SPDX-License-Identifier: Apache-2.0
// For tests: random names, keys and records, made of what keys find hard.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include "lot/lot_id.h"
#include "record/claim.h"
#include "record/ledger.h"
#include "record/manifest.h"
#include "record/members.h"
#include "record/places.h"

namespace cls::record {

/// A placement with what is given.
inline model::Placement placement_of(std::string provider,
                                     std::optional<std::string> stage = std::nullopt,
                                     std::optional<std::string> account = std::nullopt,
                                     std::optional<std::string> region = std::nullopt) {
  return {std::move(provider), std::move(stage), std::move(account), std::move(region)};
}

}  // namespace cls::record

namespace cls::record::any {

inline std::string joined(const std::vector<std::string>& pieces) {
  std::string text;
  for (const auto& piece : pieces) text += piece;
  return text;
}

/// Without `/` and never empty.
inline std::string name() {
  return joined(*rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", "Z", "0", " ", "+", "=", "%", "{", "}", "%41", "%7B", "é",
                                    "日本", "🙂", "\"", "\\", "?", "#", "&", ":", ".", "..", "-",
                                    "_", "\t", "\n", "|", "name=", "{lot}", "complete", "lot"))));
}

/// A name without braces and `%7B`.
inline std::string plain_name() {
  return joined(*rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", "Z", "0", " ", "+", "=", "%", "%41", "é", "🙂", ".", "-",
                                    "running", "partial", "complete", "missing"))));
}

/// May be empty, may hold `/` anywhere.
inline std::string key() {
  return joined(*rc::gen::container<std::vector<std::string>>(
      rc::gen::element<std::string>("a", "b", " ", "+", "=", "%", "{", "}", "%2F", "é", "日", "/",
                                    "//", "../", "./", "?", "#", "~", "x=1", "\\", "\x01")));
}

inline Uri uri() {
  return {
      .scheme = "s3", .bucket = *rc::gen::element<std::string>("b", "a_b", "a.1b"), .key = key()};
}

inline lot::LotId lot() {
  const auto unit = *rc::gen::element(lot::LotUnit::twelfths(), lot::LotUnit::hours(),
                                      lot::LotUnit::of_minutes(1).value());
  return lot::LotId::from_index(unit, *rc::gen::inRange<std::int64_t>(0, 20'000));
}

template <class Make>
auto maybe(Make make) -> std::optional<decltype(make())> {
  if (*rc::gen::arbitrary<bool>()) return make();
  return std::nullopt;
}

template <class E>
E one_of() {
  const auto& table = json::names_of<E>;
  return table[*rc::gen::inRange<std::size_t>(0, table.size())].first;
}

template <class Make>
auto some(Make make) -> std::vector<decltype(make())> {
  std::vector<decltype(make())> values(*rc::gen::inRange<std::size_t>(0, 5));
  for (auto& value : values) value = make();
  return values;
}

inline std::uint64_t count() {
  return static_cast<std::uint64_t>(*rc::gen::inRange<std::int64_t>(0, 9'000'000'000'000'000'000));
}

inline std::string time() {
  return format_instant(Instant(
      std::chrono::nanoseconds(*rc::gen::inRange<std::int64_t>(0, 4'000'000'000'000'000'000))));
}

inline ObjectVersion object_version() {
  return {.size = count(),
          .mtime = maybe(time),
          .sha256 = maybe(name),
          .etag = maybe(name),
          .versionId = maybe(name)};
}

inline LedgerLine ledger_line() {
  return {.uri = uri().to_string(),
          .object = object_version(),
          .firstSeen = time(),
          .ownLot = lot().to_string(),
          .lot = *rc::gen::arbitrary<bool>() ? lot().to_string() : "",
          .decision = one_of<Decision>(),
          .reason = maybe(name)};
}

inline MemberLine member() {
  return {.role = name(),
          .uri = uri().to_string(),
          .size = count(),
          .etag = maybe(name),
          .sha256 = maybe(name),
          .source = maybe(name),
          .sourceVersion = maybe(name),
          .wanted = maybe(key),
          .vanished = maybe(name),
          .superseded = maybe(name)};
}

}  // namespace cls::record::any
