// SPDX-License-Identifier: Apache-2.0
// What the oracle sees while it happens; oracle_judge.cc has what it says at rest.
#include "sim/oracle.h"

#include <algorithm>

#include "base/format.h"
#include "base/hash.h"
#include "record/manifest.h"
#include "record/members.h"
#include "record/places.h"

namespace cls::sim {

namespace {

constexpr std::size_t most_violations = 20;
/// `e` and an ETag: the revision of a lot of which nobody that is deployed is the producer.
constexpr std::size_t foreign_revision_size = 33;

bool marks_only(record::Claim former, record::Claim next) {
  for (auto* claim : {&former, &next}) {
    claim->beat = 0;
    for (auto& [role, sink] : claim->sinks) sink.published = true;
  }
  return former == next;
}

}  // namespace

void Oracle::violated(unsigned promise, std::string what) {
  if (violations_.size() >= most_violations) return;
  violations_.push_back(format("promise {}: {}", promise, what));
}

void Oracle::taken(unsigned boundary, const flow::Arrival& arrival) {
  if (!judges_) return;
  taken_[boundary].push_back({.uri = arrival.uri.to_string(),
                              .version = arrival.version,
                              .modified = arrival.modified,
                              .seen = arrival.first_seen});
}

void Oracle::forgotten(unsigned boundary) {
  taken_.erase(boundary);
}

/// The event comes last of all.
void Oracle::announced(const record::Places& places, const model::DatasetId& dataset,
                       const lot::LotId& lot) {
  for (const auto state : {record::ManifestState::complete, record::ManifestState::empty}) {
    if (ask_.find(places.manifest(dataset, lot, state)) != nullptr) return;
  }
  violated(4, format("subscribers are told of {} {} before its manifest is there",
                     dataset.to_string(), lot.to_string()));
}

void Oracle::attempt_failed(const std::string& attempt, bool retryable) {
  failed_attempts_[attempt] = retryable;
}

const Result<record::Claim>& Oracle::read(std::string_view bytes) {
  if (read_bytes_ != bytes) {
    read_claim_ = json::read_record<record::Claim>(bytes);
    read_bytes_ = bytes;
  }
  return read_claim_;
}

const record::Claim* Oracle::claim(const Uri& uri) const {
  const auto found = claims_.find(uri);
  return found == claims_.end() ? nullptr : &found->second.claim;
}

/// Notes a claim without judging it.
void Oracle::claim_seen(const Change& change) {
  const bool is_claim = change.uri.key.starts_with("claims/") &&
                        record::parse_store_name(change.uri.bucket).has_value();
  if (!is_claim || !change.after) return;
  if (const auto& next = read(*change.after->bytes)) {
    claims_[change.uri] = {*next, time_.monotonic};
  }
}

void Oracle::changed(const Change& change) {
  if (!judges_) return claim_seen(change);
  ++changes_;
  if (change.uri.bucket == "data") {
    return change.uri.key.starts_with("in") ? source_changed(change) : data_changed(change);
  }
  if (change.writer == 0) return outside_changed(change);
  if (deletes_ && !change.after) return deleted(change);
  // What is written over a spoiled record is judged by what it was.
  const auto spoiled = spoiled_.extract(change.uri);
  if (spoiled.empty()) return record_changed(change);
  Change whole = change;
  whole.before = spoiled.mapped();
  record_changed(whole);
}

void Oracle::record_changed(const Change& change) {
  // The same bytes once more change nothing: an answer that was lost is resolved by that
  // (flow/conditional.cc).
  if (change.before && change.after && *change.before->bytes == *change.after->bytes) return;
  const std::string& key = change.uri.key;
  if (key.starts_with("arrivals/")) return segment_changed(change);
  if (key.starts_with("claims/")) return claim_changed(change);
  if (key.starts_with("datasets/") && key.find("/lot=") != std::string::npos) {
    return manifest_changed(change);
  }
  if (key.starts_with("overwrites/")) return overwrites_changed(change);
  if (key.starts_with("members/") && change.before &&
      (!change.after || change.after->etag != change.before->etag)) {
    violated(2, format("the members file {} was changed", change.uri.to_string()));
  }
}

void Oracle::undone(const Change& change, bool by_power) {
  const std::string& key = change.uri.key;
  if (key.starts_with("arrivals/")) {
    Log& log = logs_[text_after(key, "boundary=")];
    if (log.segments.empty()) return;
    for (const auto& lot : log.segments.back().head.closes) log.closed.erase(lot);
    log.segments.pop_back();
  } else if (key.starts_with("claims/")) {
    const auto seen = claims_.find(change.uri);
    if (seen == claims_.end()) return;
    if (by_power) epochs_[change.uri].erase(seen->second.claim.epoch);
    const record::Claim gone = std::move(seen->second.claim);
    claims_.erase(seen);
    auto former = change.before ? json::read_record<record::Claim>(*change.before->bytes)
                                : Result<record::Claim>(fail(FailureCode::NotFound, ""));
    forget_revisions(gone, former ? &*former : nullptr);
    if (!former) return;
    epochs_[change.uri][former->epoch] = former->nonce;
    claims_[change.uri] = {std::move(*former), time_.monotonic};
  } else if (const auto bodies = bodies_.find(change.uri); bodies != bodies_.end()) {
    if (!bodies->second.empty()) bodies->second.pop_back();
  }
}

void Oracle::source_changed(const Change& change) {
  if (change.writer != 0) {
    violated(5, format("{} was written by the engine", change.uri.to_string()));
  }
  auto& versions = versions_[change.uri.to_string()];
  if (!versions.empty()) versions.back().present = false;
  if (!change.after) return;
  versions.push_back({.size = change.after->bytes->size(),
                      .mtime = format_instant(change.after->modified),
                      .sha256 = sha256_hex(*change.after->bytes),
                      .etag = change.after->etag,
                      .modified = change.after->modified});
}

void Oracle::segment_changed(const Change& change) {
  Log& log = logs_[text_after(change.uri.key, "boundary=")];
  if (change.before) return violated(1, change.uri.to_string() + " was changed or removed");
  auto segment = record::read_segment(*change.after->bytes);
  if (!segment)
    return violated(6, format("{}: {}", change.uri.to_string(), segment.error().message));
  if (segment->head.number != log.segments.size() + 1) {
    violated(1, format("segment {} was written after segment {}", segment->head.number,
                       log.segments.size()));
  }
  for (const auto& line : segment->lines) {
    if (log.closed.contains(line.lot)) {
      violated(1, format("{} joined lot {} after it was closed", line.uri, line.lot));
    }
  }
  for (const auto& lot : segment->head.closes) {
    if (!log.closed.insert(lot).second) violated(1, format("lot {} was closed twice", lot));
  }
  log.segments.push_back(std::move(*segment));
}

void Oracle::claim_changed(const Change& change) {
  const Uri& uri = change.uri;
  if (!change.after) return violated(3, uri.to_string() + " was removed");
  const auto next = read(*change.after->bytes);
  if (!next) return violated(6, format("{}: {}", uri.to_string(), next.error().message));
  const auto seen = claims_.find(uri);
  const record::Claim* former = seen == claims_.end() ? nullptr : &seen->second.claim;
  attempts_.insert(next->attempt);
  auto& epochs = epochs_[uri];
  const auto [epoch, fresh] = epochs.try_emplace(next->epoch, next->nonce);
  if (!fresh && epoch->second != next->nonce) {
    violated(3, format("epoch {} of {} was taken twice", next->epoch, uri.to_string()));
    epoch->second = next->nonce;
  }
  taken_at_.try_emplace(next->attempt, changes_);
  if (former != nullptr) {
    check_next(change, seen->second, *next);
  } else if (next->epoch != 1) {
    violated(3, format("{} begins with epoch {}", uri.to_string(), next->epoch));
  }
  check_sinks(uri, former, *next);
  const bool commits = next->state == record::ClaimState::committed &&
                       (former == nullptr || former->state == record::ClaimState::running);
  if (commits) {
    check_commit(uri, *next);
    check_sources(uri, *next);
  }
  note_revisions(*next);
  claims_[uri] = {*next, time_.monotonic};
}

void Oracle::check_next(const Change& change, const SeenClaim& former, const record::Claim& next) {
  const std::string uri = change.uri.to_string();
  if (next.beat <= former.claim.beat) {
    violated(3, format("the beat of {} went from {} to {}", uri, former.claim.beat, next.beat));
  }
  if (next.epoch == former.claim.epoch) return check_same_epoch(change, former.claim, next);
  if (next.epoch != former.claim.epoch + 1) {
    violated(3, format("the epoch of {} went from {} to {}", uri, former.claim.epoch, next.epoch));
  }
  if (next.nonce == former.claim.nonce || next.attempt == former.claim.attempt) {
    violated(3, format("epoch {} of {} has the nonce or attempt of another", next.epoch, uri));
  }
  check_takeover(change, former, next);
}

/// A running claim is taken from its owner only if he is dead, or let a whole lease pass.
void Oracle::check_takeover(const Change& change, const SeenClaim& former,
                            const record::Claim& next) {
  const std::string writer = ask_.owner_of(change.writer);
  if (!next.owner || next.owner->id != writer) {
    violated(3, format("{} was taken for another than its writer", change.uri.to_string()));
  }
  const auto& owner = former.claim.owner;
  if (former.claim.state != record::ClaimState::running || !owner) return;
  if (owner->id == writer || !ask_.lives(owner->id)) return;
  const auto still = time_.monotonic - former.written;
  if (still >= std::chrono::seconds(former.claim.leaseSec)) return;
  violated(3, format("{} was taken from {}, who lives, {} ms after its last beat",
                     change.uri.to_string(), owner->id,
                     std::chrono::duration_cast<std::chrono::milliseconds>(still).count()));
}

/// Within an epoch only its owner changes what is running; others may say that it is published.
void Oracle::check_same_epoch(const Change& change, const record::Claim& former,
                              const record::Claim& next) {
  const std::string uri = change.uri.to_string();
  if (next.nonce != former.nonce || next.attempt != former.attempt) {
    violated(3, format("epoch {} of {} changed its attempt", next.epoch, uri));
  }
  if (former.state == record::ClaimState::running && former.owner &&
      former.owner->id != ask_.owner_of(change.writer) && !marks_only(former, next)) {
    violated(
        3, format("{} was changed by {}, who does not own it", uri, ask_.owner_of(change.writer)));
  }
  if (former.state == record::ClaimState::committed && next.state == record::ClaimState::running) {
    violated(3, format("{} runs again without a new epoch", uri));
  }
}

/// Revisions count up by one, and only a commit makes one.
void Oracle::check_sinks(const Uri& uri, const record::Claim* former, const record::Claim& next) {
  for (const auto& [role, sink] : next.sinks) {
    const auto* before =
        former != nullptr && former->sinks.contains(role) ? &former->sinks.at(role) : nullptr;
    const std::uint64_t number = before != nullptr ? before->number : 0;
    const bool same = before != nullptr && before->sha256 == sink.sha256 && number == sink.number;
    if (same) continue;
    if (sink.number != number + 1 || next.state != record::ClaimState::committed) {
      violated(2, format("revision {} of {} came after revision {}", sink.number, uri.to_string(),
                         number));
    }
    committed_[sink.manifest].insert(sink.sha256);
  }
  if (former == nullptr) return;
  for (const auto& [role, sink] : former->sinks) {
    if (next.sinks.contains(role)) continue;
    violated(2, format("{} forgot its sink '{}'", uri.to_string(), role));
  }
}

/// Data and the members file are there before the commit is.
void Oracle::check_commit(const Uri& uri, const record::Claim& next) {
  for (const auto& [role, sink] : next.sinks) {
    const Stored* file = whole({uri.scheme, uri.bucket, sink.members});
    if (file == nullptr) {
      violated(4, format("{} was committed before its members file", uri.to_string()));
      continue;
    }
    const auto members = record::read_members(*file->bytes);
    if (!members) {
      violated(6, format("{}: {}", sink.members, members.error().message));
      continue;
    }
    for (const auto& line : members->lines) {
      const auto place = Uri::parse(line.uri);
      if (line.vanished || !place || ask_.find(*place) != nullptr) continue;
      violated(4, format("{} was committed before its member {}", uri.to_string(), line.uri));
    }
  }
}

void Oracle::note_revisions(const record::Claim& next) {
  for (const auto& [role, sink] : next.sinks) {
    auto& revisions = revisions_[lot_of_manifest(sink.manifest)];
    std::string what = sink.manifest + " " + sink.revision;
    if (!revisions.empty() && revisions.back().what == what) continue;
    revisions.push_back({.change = changes_, .what = std::move(what)});
  }
}

void Oracle::forget_revisions(const record::Claim& undone, const record::Claim* former) {
  for (const auto& [role, sink] : undone.sinks) {
    const bool same = former != nullptr && former->sinks.contains(role) &&
                      former->sinks.at(role).revision == sink.revision &&
                      former->sinks.at(role).manifest == sink.manifest;
    auto& revisions = revisions_[lot_of_manifest(sink.manifest)];
    if (!same && !revisions.empty()) revisions.pop_back();
  }
}

/// What was committed was made of revisions that were current when the claim was taken, or came
/// after that: none that had been replaced before.
void Oracle::check_sources(const Uri& uri, const record::Claim& next) {
  const std::uint64_t taken = taken_at_[next.attempt];
  for (const auto& [role, source] : next.sources) {
    if (source.revision.size() == foreign_revision_size) continue;  // by nobody's decision
    const auto found = revisions_.find(lot_of_manifest(source.manifest));
    if (found == revisions_.end()) continue;  // of a boundary, which has one
    const auto& revisions = found->second;
    const std::string what = source.manifest + " " + source.revision;
    bool current = false;
    for (std::size_t i = 0; i < revisions.size(); ++i) {
      const bool until_taken = i + 1 == revisions.size() || revisions[i + 1].change > taken;
      current = current || (until_taken && revisions[i].what == what);
    }
    if (current) continue;
    violated(4, format("{} was made of a revision of its source '{}' that had been replaced before "
                       "the lot was taken",
                       uri.to_string(), role));
  }
}

}  // namespace cls::sim
