// SPDX-License-Identifier: Apache-2.0
#include "sim/call_tally.h"

#include <string_view>

#include "record/places.h"

namespace cls::sim {

namespace {

/// The text after `label`, which begins a segment of the key, up to the segment's end.
std::string_view segment_of(std::string_view key, std::string_view label) {
  for (std::size_t at = key.find(label); at != std::string_view::npos;
       at = key.find(label, at + 1)) {
    if (at != 0 && key[at - 1] != '/') continue;
    const auto begin = at + label.size();
    return key.substr(begin, key.find('/', begin) - begin);
  }
  return {};
}

std::string_view before(std::string_view text, char end) {
  return text.substr(0, text.find(end));
}

}  // namespace

void CallCounts::add(const CallCounts& more) {
  conditional += more.conditional;
  plain += more.plain;
  reads += more.reads;
  listings += more.listings;
}

KeyedLot keyed_lot(const std::string& key) {
  const std::string_view text = key;
  KeyedLot found;
  if (text.starts_with("datasets/")) {
    found.lot = segment_of(text, "lot=");
    found.owner =
        std::string(segment_of(text, "name=")) + "/" + std::string(segment_of(text, "version="));
  } else {
    const auto arc = segment_of(text, "arc=");
    if (arc.empty()) return {};
    found.owner = std::string(segment_of(text, "project=")) + "/" +
                  std::string(segment_of(text, "version=")) + " " + std::string(arc);
    found.lot = text.starts_with("members/") || text.starts_with("overwrites/")
                    ? before(text.substr(text.rfind('/') + 1), '.')
                    : before(segment_of(text, "lot="), '.');
  }
  if (found.lot.empty()) return {};
  return found;
}

void CallTally::count(Effect effect, bool conditional, const Uri& uri) {
  CallCounts one;
  if (effect == Effect::Read) {
    one.reads = 1;
  } else if (effect == Effect::List) {
    one.listings = 1;
  } else {
    (conditional ? one.conditional : one.plain) = 1;
  }
  total_.add(one);
  ++effects_.at(static_cast<std::size_t>(effect));
  if (!record::parse_store_name(uri.bucket)) return;
  const auto keyed = keyed_lot(uri.key);
  if (!keyed.lot.empty()) lots_[keyed.owner + "|" + keyed.lot].add(one);
}

CallCounts CallTally::of(const std::string& owner, const std::string& lot) const {
  const auto found = lots_.find(owner + "|" + lot);
  return found == lots_.end() ? CallCounts{} : found->second;
}

}  // namespace cls::sim
