// SPDX-License-Identifier: Apache-2.0
#include "flow/ledger_check.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/format.h"
#include "base/hash.h"
#include "flow/published_manifests.h"

namespace cls::flow {

namespace {

/// Manifests that are looked at again together; so many in memory.
constexpr std::size_t suspects_limit = 10'000;

/// The number in `…/segment=<12 digits>.jsonl`; 0 for other keys.
std::uint64_t segment_number(std::string_view key) {
  constexpr std::string_view label = "segment=";
  const auto at = key.rfind(label);
  if (at == std::string_view::npos || !key.ends_with(".jsonl")) return 0;
  std::uint64_t number = 0;
  std::from_chars(key.data() + at + label.size(), key.data() + key.size(), number);
  return number;
}

Instant first_seen(const record::LedgerLine& line) {
  return parse_instant(line.firstSeen).value_or(Instant{});
}

}  // namespace

void VanishedSources::add(const record::MemberLine& line) {
  if (!line.vanished) return;
  auto& versions = versions_[line.source.value_or(line.uri)];
  if (!line.sourceVersion) {
    versions.any = true;
  } else if (const auto version = record::version_of_text(*line.sourceVersion)) {
    versions.known.push_back(CompactVersion::of(*version).shortened());
  }
}

bool VanishedSources::contains(const std::string& uri, const CompactVersion& version) const {
  const auto found = versions_.find(uri);
  if (found == versions_.end()) return false;
  return found->second.any || std::ranges::any_of(found->second.known, [&](const auto& known) {
           return known.same_as(version);
         });
}

void LedgerCheck::Slot::set(const Last& last) {
  size = last.version.size;
  mtime = last.version.mtime;
  std::memcpy(&content, last.version.hash.data(), sizeof content);
  lot = packed(last.lot) * 256 + static_cast<std::int64_t>(last.version.hash_kind) * 64 +
        (last.followed ? followed : 0) + static_cast<std::int64_t>(last.decision) * 4 +
        (last.in_lot ? in_lot : 0) + (last.seen ? seen : 0);
}

LedgerCheck::Last LedgerCheck::Slot::get() const {
  Last last;
  last.version.size = size;
  last.version.mtime = mtime;
  std::memcpy(last.version.hash.data(), &content, sizeof content);
  last.version.hash_kind = static_cast<CompactVersion::Hash>((lot >> 6) & 3);
  last.lot = unpacked(lot >> 8);
  last.decision = static_cast<record::Decision>((lot >> 2) & 7);
  last.in_lot = (lot & in_lot) != 0;
  last.followed = (lot & followed) != 0;
  last.seen = is_seen();
  return last;
}

LedgerCheck::LedgerCheck(store::ObjectStore& store, BoundaryRef boundary,
                         const AuditOptions& options, const VanishedSources& vanished,
                         AuditFindings& findings)
    : store_(store),
      boundary_(boundary),
      options_(options),
      vanished_(vanished),
      findings_(findings),
      log_(store, boundary),
      times_(*boundary.boundary),
      dataset_(boundary.boundary->dataset.id().to_string()),
      path_key_(boundary.boundary->dataset.path().key) {}

void LedgerCheck::violation(std::optional<std::string> lot, std::optional<std::string> uri,
                            std::string message) {
  findings_.add({.promise = 1,
                 .dataset = dataset_,
                 .arc = std::nullopt,
                 .lot = std::move(lot),
                 .uri = std::move(uri),
                 .message = std::move(message)});
}

Result<> LedgerCheck::run() {
  if (auto read = read_log(); !read) return read;
  if (auto looked = check_manifests_of_no_lot(); !looked) return looked;
  if (auto looked = look_at_objects(); !looked) return looked;
  look_for_unlisted();
  check_suspects();
  if (waiting_ > 0) {
    findings_.note(
        format("{}: {} objects are not taken in yet, the first is {}; cls run or cls up "
               "takes them in",
               boundary_.to_string(), waiting_, first_waiting_));
  }
  return {};
}

/// Takes the segments that are there since the last look.
Result<> LedgerCheck::read_on() {
  return log_.for_each_segment([this](const record::Segment& segment) { take(segment); },
                               last_number_ + 1);
}

Result<> LedgerCheck::read_log() {
  auto read = read_on();
  if (!read) {
    const auto& places = boundary_.project->places;
    const Uri uri =
        places.segment(boundary_.project->plan.project, boundary_.boundary->name, last_number_ + 1);
    violation(
        std::nullopt, uri.to_string(),
        format("the ledger cannot be read past segment {}: {}; restore the segment from a copy",
               last_number_, read.error().message));
    return {};
  }
  return find_gap();
}

/// The log ends at the first number that is absent; a later one says that this one was lost.
Result<> LedgerCheck::find_gap() {
  const auto& places = boundary_.project->places;
  const auto& project = boundary_.project->plan.project;
  std::uint64_t greatest = 0;
  auto listed = store::for_each_object(
      store_, places.segments_prefix(project, boundary_.boundary->name),
      [&](const auto& info) { greatest = std::max(greatest, segment_number(info.uri.key)); });
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  if (greatest <= last_number_ + 1) return {};  // one more may have come since
  const Uri missing = places.segment(project, boundary_.boundary->name, last_number_ + 1);
  const auto head = store_.head(missing);
  if (head) return {};
  violation(std::nullopt, missing.to_string(),
            format("ledger segment {} is missing, though there is a segment {}; restore it from a "
                   "copy: nothing after it is read",
                   last_number_ + 1, greatest));
  return {};
}

void LedgerCheck::take(const record::Segment& segment) {
  if (!options_.since) findings_.promise(1).checked = true;
  last_number_ = segment.head.number;
  if (const auto at = parse_instant(segment.head.at)) {
    if (!oldest_) oldest_ = *at;
    newest_ = *at;
  }
  for (const auto& line : segment.lines) take_line(line, segment.head.number);
  open_.add(segment, [this](const ClosedLot& closed) { take_closed(closed); });
}

Hash128 LedgerCheck::key(const std::string& uri) const {
  const Hash128 hash = hash_.of128(uri);
  return hash == Hash128{} ? Hash128{.low = 1, .high = 0} : hash;
}

LedgerCheck::Slot* LedgerCheck::find(const Hash128& uri) {
  return last_.find(uri.high, [&](const Slot& slot) { return slot.uri == uri; });
}

void LedgerCheck::take_line(const record::LedgerLine& line, std::uint64_t segment) {
  const Hash128 uri = key(line.uri);
  Slot* slot = find(uri);
  const std::optional<Last> before = slot == nullptr ? std::nullopt : std::optional(slot->get());
  Last next{.version = CompactVersion::of(line.object).shortened(),
            .lot = {},
            .decision = line.decision,
            .in_lot = false,
            .followed = false,
            .seen = false};
  if (const auto lot = lot::LotId::parse(line.lot)) {
    next.lot = *lot;
    next.in_lot = true;
    if (closed_.contains(*lot) && options_.covers(*lot)) {
      violation(line.lot, line.uri,
                format("segment {} has a line of the lot after the lot was closed; no object may "
                       "join a closed lot",
                       segment));
    }
    if (line.decision == record::Decision::member) check_one_lot(line, *lot, uri, before);
  } else if (!line.lot.empty() || line.decision == record::Decision::member) {
    violation(line.lot, line.uri,
              format("segment {} places it in '{}', which is no lot", segment, line.lot));
  }
  if (before && line.decision == record::Decision::vanished) {
    // As LedgerLog has it: the same bytes with another time are another object from here on.
    Last passed = *before;
    passed.followed = true;
    if (passed.version.mtime != 0) passed.version.hash_kind = CompactVersion::Hash::None;
    slot->set(passed);
    return;
  }
  if (before) remember_earlier(uri, *before, next.version, first_seen(line));
  if (slot == nullptr) {
    Slot fresh;
    fresh.uri = uri;
    fresh.set(next);
    last_.insert(fresh);
  } else {
    slot->set(next);
  }
}

/// A membership that a line of another version takes the place of.
void LedgerCheck::remember_earlier(const Hash128& uri, const Last& before,
                                   const CompactVersion& next, Instant first_seen) {
  const bool was_member = before.in_lot && before.decision == record::Decision::member;
  if (was_member && !before.version.same_as(next)) {
    earlier_[uri.low].push_back({before.version, before.lot, first_seen});
  }
}

/// An object version is a member of one lot only. The same bytes after another version stood there
/// are a new object (docs/adr/0004): written anew they have another time; put back with their old
/// time, they were seen after the other version was. Seen before it, they were listed twice.
void LedgerCheck::check_one_lot(const record::LedgerLine& line, const lot::LotId& lot,
                                const Hash128& uri, const std::optional<Last>& last) {
  const CompactVersion version = CompactVersion::of(line.object).shortened();
  std::optional<lot::LotId> other;
  if (last && last->in_lot && last->decision == record::Decision::member && last->lot != lot &&
      last->version.same_as(version)) {
    other = last->lot;
  }
  const auto earlier = earlier_.find(uri.low);
  if (!other && earlier != earlier_.end()) {
    for (const auto& membership : earlier->second) {
      const bool same_time = version.mtime != 0 && membership.version.mtime == version.mtime;
      const bool came_back = first_seen(line) >= membership.replaced;
      if (membership.lot != lot && same_time && !came_back && membership.version.same_as(version)) {
        other = membership.lot;
      }
    }
  }
  if (!other || !(options_.covers(lot) || options_.covers(*other))) return;
  violation(line.lot, line.uri,
            format("one version of the object is a member of two lots: of {} too; count it once",
                   other->to_string()));
}

void LedgerCheck::take_closed(const ClosedLot& closed) {
  const auto lot = lot::LotId::parse(closed.lot);
  if (!lot) {
    violation(closed.lot, std::nullopt,
              format("segment {} closes '{}', which is no lot", closed.segment, closed.lot));
    return;
  }
  closed_.insert(*lot);
  if (!options_.covers(*lot)) {
    findings_.leave_out(1);
    return;
  }
  auto& counts = findings_.promise(1);
  counts.checked = true;
  ++counts.lots;
  counts.members += closed.members.size();
  for (const auto& line : closed.members) counts.bytes += line.object.size;
  const auto& places = boundary_.project->places;
  const auto dataset = boundary_.boundary->dataset.id();
  const record::Manifest manifest = manifest_of(closed);
  const Uri uri = places.manifest(dataset, *lot, manifest.state);
  for (const auto& stored :
       record::manifest_objects(uri, manifest, boundary_.project->limits.manifest_part)) {
    auto object = store_.get(stored.uri);
    if (object && object->bytes == stored.bytes) continue;
    const bool none_needed =
        closed.members.empty() && boundary_.boundary->empty_lots == model::EmptyLots::skip;
    if (!object && object.error().code == FailureCode::NotFound && none_needed) continue;
    if (suspects_.size() == suspects_limit) check_suspects();
    suspects_.push_back({closed.lot, stored.uri, sha256_hex(stored.bytes), closed.segment});
  }
  if (!closed.members.empty()) return;
  const Uri other = places.manifest(dataset, *lot, record::ManifestState::complete);
  if (store_.head(other)) {
    violation(
        closed.lot, other.to_string(),
        format("there is a complete manifest, but the lot has no member in the ledger (closed "
               "in segment {})",
               closed.segment));
  }
}

void LedgerCheck::check_suspects() {
  for (const auto& suspect : suspects_) {
    auto object = store_.get(suspect.uri);
    if (object && sha256_hex(object->bytes) == suspect.sha256) continue;
    std::string message;
    if (object) {
      message = format(
          "the manifest is not what the ledger says (closed in segment {}): its bytes "
          "were changed; cls audit --repair keeps them aside and publishes it again",
          suspect.segment);
    } else if (object.error().code == FailureCode::NotFound) {
      message = format(
          "the manifest is missing, though the ledger closed the lot in segment {}; cls "
          "run publishes it again",
          suspect.segment);
    } else {
      message = format("the manifest cannot be read: {}", object.error().message);
    }
    const bool mendable = object || object.error().code == FailureCode::NotFound;
    if (mendable) {
      findings_.can_mend({.action = RepairAction::publishLot,
                          .boundary = boundary_.to_string(),
                          .arc = std::nullopt,
                          .lot = suspect.lot,
                          .uri = suspect.uri.to_string(),
                          .why = object ? "its bytes are not what the ledger says" : "is missing"});
    }
    violation(suspect.lot, suspect.uri.to_string(), std::move(message));
  }
  suspects_.clear();
}

/// A manifest of a lot that the log never closed: an older tool's, if it is older than the log.
Result<> LedgerCheck::check_manifests_of_no_lot() {
  std::uint64_t foreign = 0;
  auto listed =
      for_each_published(store_, boundary_.project->places, boundary_.boundary->dataset.id(),
                         [&](const store::ObjectInfo& info, const record::ManifestKey& key) {
                           const auto lot = lot::LotId::parse(key.lot);
                           if (lot && (closed_.contains(*lot) || !options_.covers(*lot))) return;
                           if (!oldest_ || info.modified < *oldest_) {
                             ++foreign;
                             return;
                           }
                           // It may have been closed since the log was read.
                           if (!read_on() || (lot && closed_.contains(*lot))) return;
                           violation(key.lot, info.uri.to_string(),
                                     "there is a manifest, but the ledger never closed the lot");
                         });
  if (!listed) return listed;
  if (foreign > 0) {
    findings_.note(
        format("{}: {} lots were published before the ledger began, by an older tool; "
               "they are taken as they are",
               boundary_.to_string(), foreign));
  }
  return {};
}

}  // namespace cls::flow
