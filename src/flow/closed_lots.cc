// SPDX-License-Identifier: Apache-2.0
#include "flow/closed_lots.h"

#include <utility>

namespace cls::flow {

bool takes_place_of(const record::LedgerLine& next, const record::LedgerLine& last) {
  return next.decision != record::Decision::vanished ||
         record::same_version(next.object, last.object);
}

void ClosedLots::add(const record::Segment& segment, const Take& take) {
  for (const auto& line : segment.lines) {
    if (line.lot.empty()) continue;
    const auto [place, fresh] = open_[line.lot].try_emplace(line.uri, line);
    if (!fresh && takes_place_of(line, place->second)) place->second = line;
  }
  for (const auto& lot : segment.head.closes) {
    ClosedLot closed{.lot = lot, .segment = segment.head.number, .members = {}};
    auto lines = open_.extract(lot);
    if (!lines.empty()) {
      for (auto& [uri, line] : lines.mapped()) {
        if (line.decision == record::Decision::member) closed.members.push_back(std::move(line));
      }
    }
    take(std::move(closed));
  }
}

record::Manifest manifest_of(const ClosedLot& closed) {
  record::Manifest manifest{.state = closed.members.empty() ? record::ManifestState::empty
                                                            : record::ManifestState::complete,
                            .comment = std::nullopt,
                            .lotId = closed.lot,
                            .uriType = record::UriType::identifier,
                            .uris = {}};
  for (const auto& line : closed.members) manifest.uris.push_back(line.uri);
  return manifest;
}

}  // namespace cls::flow
