// SPDX-License-Identifier: Apache-2.0
// Boundary: what waits is decided anew after segments of other processes.
#include <algorithm>
#include <set>
#include <utility>

#include "flow/boundary.h"
#include "flow/boundary_lines.h"

namespace cls::flow {

/// True where what is held of a key is followed by the version that the log has of it, and nothing
/// tells that one from the sighting, as in S3 without version ids: no time, and the same ETag. What
/// is held was there in between and is listed nowhere, so the log could never be told from one in
/// which a known version came twice. A file has another time.
bool Boundary::came_back(const Arrival& arrival) const {
  const std::string uri = arrival.uri.to_string();
  return !arrival.version.mtime && held_.find(uri) && !immediate_versions_.contains(uri) &&
         log_.knows(uri, arrival.version);
}

/// What the segments after decided_ up to `last` say of the keys that wait here, and what is there.
Result<Boundary::Listed> Boundary::listed_by_others(std::uint64_t last) const {
  Listed listed;
  std::set<std::string, std::less<>> waiting;
  for (const auto& line : immediate_) waiting.insert(line.uri);
  if (waiting.empty() && held_.empty()) return listed;
  auto read = log_.for_each_line(decided_, last, [&](const record::LedgerLine& line) {
    if (!waiting.contains(line.uri) && !held_.find(line.uri)) return;
    listed[line.uri].versions.push_back(line.object);
  });
  if (!read) return pass(std::move(read));
  // Only where another version is listed than the one that waits.
  std::set<std::string, std::less<>> doubtful;
  for (const auto& line : immediate_) {
    if (listed.contains(line.uri) && !is_listed(line.uri, line.object, listed)) {
      doubtful.insert(line.uri);
    }
  }
  for (const auto& [uri, of_key] : listed) {
    const auto held = held_.find(uri);
    if (held && !is_listed(uri, held_.at(held->id).version, listed)) doubtful.insert(uri);
  }
  for (const auto& text : doubtful) {
    auto info = store_.head(Uri::parse(text).value());
    if (!info && info.error().code != FailureCode::NotFound) return pass(std::move(info));
    if (info) listed[text].present = std::move(*info);
  }
  return listed;
}

/// True for an object that stands in the log. Others may have listed it and, after it, a later
/// version of its key: so their lines are looked at too, and not the last one alone. There the time
/// counts beside the bytes: bytes that came back are another object.
bool Boundary::is_listed(const std::string& uri, const record::ObjectVersion& version,
                         const Listed& by_others) const {
  if (log_.knows(uri, version)) return true;
  const auto listed = by_others.find(uri);
  if (listed == by_others.end()) return false;
  return std::ranges::any_of(listed->second.versions, [&](const auto& one) {
    const bool same_time = !version.mtime || !one.mtime || *version.mtime == *one.mtime;
    return same_time && record::same_version(one, version);
  });
}

/// True where others listed another version of the key, and it is not this one that is there.
/// Listed after its successor, it would take that one's place.
bool Boundary::is_overtaken(const std::string& uri, const record::ObjectVersion& version,
                            const Listed& by_others) {
  const auto listed = by_others.find(uri);
  if (listed == by_others.end()) return false;
  const auto& present = listed->second.present;
  if (!present || present->size != version.size) return true;
  if (version.versionId && !present->version_id.empty()) {
    return *version.versionId != present->version_id;
  }
  if (version.mtime) return *version.mtime != format_instant(present->modified);
  return version.etag && *version.etag != present->etag;
}

/// The line of what was overwritten before it was listed: in a lot that is closed by now it has no
/// line, for such a lot's members are those that it was closed with.
record::LedgerLine Boundary::vanished_line(record::LedgerLine line) const {
  line.decision = record::Decision::vanished;
  line.reason = std::string(overwritten_early);
  line.lot = line.ownLot;
  if (log_.is_closed(lot::LotId::parse(line.lot).value())) line.lot.clear();
  return line;
}

/// After somebody else's segments: publishes what they closed, and decides all that is held anew.
Result<> Boundary::replace_pending() {
  const std::uint64_t last = log_.last_number();
  const auto by_others = listed_by_others(last);
  if (!by_others) return tl::unexpected<Failure>(by_others.error());
  // Before anything is decided: what is read while deciding makes the next append fail.
  decided_ = last;
  const std::vector<Id> held = held_.loosen();
  std::vector<std::pair<Arrival, lot::LotId>> late_again;
  std::deque<record::LedgerLine> lines = std::move(immediate_);
  immediate_.clear();
  immediate_versions_.clear();
  for (auto& kept : lines) {
    if (is_listed(kept.uri, kept.object, *by_others)) continue;
    const bool member = kept.decision == record::Decision::member;
    const bool gone = kept.decision == record::Decision::vanished ||
                      (member && is_overtaken(kept.uri, kept.object, *by_others));
    if (gone) {
      store_next(vanished_line(std::move(kept)));
    } else if (member && log_.is_closed(lot::LotId::parse(kept.lot).value())) {
      // Its collecting lot was closed meanwhile: late again.
      Arrival arrival{.uri = Uri::parse(kept.uri).value(),
                      .version = kept.object,
                      .modified = {},
                      .event = {},
                      .first_seen = parse_instant(kept.firstSeen).value()};
      late_again.emplace_back(std::move(arrival), lot::LotId::parse(kept.ownLot).value());
    } else {
      store_next(std::move(kept));
    }
  }
  std::vector<Deferred> deferred;
  for (const Id id : held) {
    Arrival arrival = held_.at(id);
    const std::string uri = arrival.uri.to_string();
    if (is_listed(uri, arrival.version, *by_others)) {
      held_.let_go(id);
    } else if (is_overtaken(uri, arrival.version, *by_others)) {
      held_.let_go(id);
      const std::string own = times_.own_lot(arrival).value().to_string();  // it was held for it
      store_next(vanished_line(line_of(std::move(arrival), own, "", record::Decision::vanished)));
    } else {
      accept(id, arrival, deferred);
    }
  }
  for (auto& [arrival, own] : late_again) place_late(std::move(arrival), own, {});
  for (const auto& one : deferred) decide(one, {});
  return publish_unpublished();
}

}  // namespace cls::flow
