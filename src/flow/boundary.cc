// SPDX-License-Identifier: Apache-2.0
#include "flow/boundary.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "flow/conditional.h"
#include "flow/left_out.h"
#include "record/manifest.h"

namespace cls::flow {

namespace {

/// Rounds of reading somebody else's segments before giving up; each means another process wrote.
constexpr int append_tries = 1000;
/// Empty lots closed by one tick at most: a clock that jumped must not fill the store.
constexpr std::size_t empty_lots_at_once = 1000;

/// Puts `bytes` at a public key; what stood there is kept at `kept` first.
Result<> publish_bytes(store::ObjectStore& store, const Uri& uri, const std::string& bytes,
                       const Uri& kept) {
  auto written = put_or_read(store, uri, bytes);
  if (!written) return pass(std::move(written));
  if (written->ours) return {};
  auto keep = put_or_read(store, kept, written->bytes);
  if (!keep) return pass(std::move(keep));
  if (!keep->ours) return cannot_keep(uri, kept);
  auto replaced = replace_or_read(store, uri, written->etag, bytes);
  if (!replaced) return pass(std::move(replaced));
  if (replaced->ours) return {};
  return fail(FailureCode::Conflict,
              format("{} is being changed by somebody else", uri.to_string()));
}

}  // namespace

Result<> publish_boundary_lot(store::ObjectStore& store, LedgerLog& log, const lot::LotId& lot) {
  auto members = log.members_of(lot);
  if (!members) return pass(std::move(members));
  // Closed, but all that came for it has vanished: as if nothing had come.
  const bool skipped = log.boundary().boundary->empty_lots == model::EmptyLots::skip;
  if (members->empty() && skipped) return {};
  const auto state =
      members->empty() ? record::ManifestState::empty : record::ManifestState::complete;
  record::Manifest manifest{.state = state,
                            .comment = std::nullopt,
                            .lotId = lot.to_string(),
                            .uriType = record::UriType::identifier,
                            .uris = {}};
  for (const auto& line : *members) manifest.uris.push_back(line.uri);
  const auto& ref = log.boundary();
  const auto& places = ref.project->places;
  const auto dataset = ref.boundary->dataset.id();
  const Uri uri = places.manifest(dataset, lot, state);
  for (const auto& stored : record::manifest_objects(uri, std::move(manifest))) {
    // What stands there and is not the ledger's was made by no boundary of ours: number 0.
    const Uri kept = places.manifest(dataset, lot, record::ManifestState::removed, "0");
    if (auto done = publish_bytes(store, stored.uri, stored.bytes, kept); !done) return done;
  }
  return {};
}

Boundary::Boundary(store::ObjectStore& store, const Clock& clock, LedgerLog& log, LotEvents& events,
                   std::string by, Log& out)
    : store_(store),
      clock_(clock),
      log_(log),
      events_(events),
      by_(std::move(by)),
      out_(out),
      plan_(*log.boundary().boundary),
      times_(plan_),
      path_key_(plan_.dataset.path().key) {}

lot::LotId Boundary::present() const {
  return lot::LotId::at(plan_.unit, clock_.now()).value();
}

Result<> Boundary::start() {
  if (auto read = log_.refresh(); !read) return pass(std::move(read));
  decided_ = log_.last_number();
  watch_from_ = present();
  std::set<lot::LotId> manifested;
  const auto& places = ref().project->places;
  auto listed = store::for_each_object(
      store_, places.manifests_prefix(plan_.dataset.id()), [&](const store::ObjectInfo& info) {
        if (!info.uri.key.ends_with("/manifest.json")) return;
        const auto key = record::parse_manifest_key(info.uri.key);
        if (!key || (key->state != record::ManifestState::complete &&
                     key->state != record::ManifestState::empty)) {
          return;
        }
        if (const auto lot = lot::LotId::parse(key->lot)) manifested.insert(*lot);
      });
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  std::vector<lot::LotId> missing;
  for (const auto lot : log_.closed()) {
    if (manifested.contains(lot)) {
      published_.insert(lot);
    } else {
      missing.push_back(lot);
    }
  }
  return publish(missing);
}

bool Boundary::knows(const Uri& uri, const record::ObjectVersion& version) const {
  const std::string text = uri.to_string();
  const auto held = pending_lot_of_.find(text);
  if (held != pending_lot_of_.end()) {
    const auto& pending = pending_.at(held->second).objects.at(text);
    return record::same_version(pending.arrival.version, version);
  }
  const auto waiting = immediate_versions_.find(text);
  if (waiting != immediate_versions_.end()) return record::same_version(waiting->second, version);
  return log_.knows(text, version);
}

/// A line waits here when the store could not take it; its object must not be decided twice.
void Boundary::store_next(record::LedgerLine line) {
  if (line.decision != record::Decision::vanished) immediate_versions_[line.uri] = line.object;
  immediate_.push_back(std::move(line));
}

record::LedgerLine Boundary::line(const Arrival& arrival, const std::string& own_lot,
                                  const std::string& lot, record::Decision decision,
                                  std::optional<std::string> reason) const {
  return {.uri = arrival.uri.to_string(),
          .object = arrival.version,
          .firstSeen = format_instant(arrival.first_seen),
          .ownLot = own_lot,
          .lot = lot,
          .decision = decision,
          .reason = std::move(reason)};
}

bool Boundary::filtered(const Uri& uri) const {
  return left_out(plan_, path_key_, uri);
}

void Boundary::forget_superseded(const Arrival& arrival, const std::optional<lot::LotId>& lot) {
  const std::string uri = arrival.uri.to_string();
  const auto held = pending_lot_of_.find(uri);
  if (held == pending_lot_of_.end()) return;
  const lot::LotId old_lot = held->second;
  auto& group = pending_.at(old_lot).objects;
  // In the same lot the later version simply takes the place of the earlier one.
  if (!lot || *lot != old_lot) {
    const Pending& old = group.at(uri);
    store_next(line(old.arrival, old.own_lot, old_lot.to_string(), record::Decision::vanished,
                    "overwritten before its lot was closed"));
  }
  group.erase(uri);
  if (group.empty()) pending_.erase(old_lot);
  pending_lot_of_.erase(held);
}

/// When what is held of this URI was seen; the beginning of time where nothing is. Lines of one URI
/// stand in a segment by that time, which therefore must not go back when the clock does.
Instant Boundary::last_held(const std::string& uri) const {
  Instant last{};
  const auto held = pending_lot_of_.find(uri);
  if (held != pending_lot_of_.end())
    last = pending_.at(held->second).objects.at(uri).arrival.first_seen;
  if (!immediate_versions_.contains(uri)) return last;
  for (const auto& line : immediate_) {
    const auto seen = parse_instant(line.firstSeen);
    if (line.uri == uri && seen) last = std::max(last, *seen);
  }
  return last;
}

void Boundary::place(Arrival arrival, const lot::LotId& own, std::vector<Pending>& late) {
  arrival.first_seen = std::max(arrival.first_seen, last_held(arrival.uri.to_string()));
  const bool too_far_ahead =
      own.index() > present().index() + static_cast<std::int64_t>(plan_.max_ahead_lots);
  if (too_far_ahead || log_.is_closed(own)) {
    forget_superseded(arrival, std::nullopt);
    late.push_back({std::move(arrival), own.to_string()});
    return;
  }
  forget_superseded(arrival, own);
  const std::string uri = arrival.uri.to_string();
  pending_lot_of_.insert_or_assign(uri, own);
  PendingLot& group = pending_[own];
  group.last_seen = std::max(group.last_seen, arrival.first_seen);
  group.objects.insert_or_assign(uri, Pending{std::move(arrival), own.to_string()});
}

void Boundary::accept(Arrival arrival, std::vector<Pending>& late) {
  if (filtered(arrival.uri)) {
    store_next(line(arrival, "", "", record::Decision::filtered));
    return;
  }
  const auto own = times_.own_lot(arrival);
  if (!own) {
    store_next(line(arrival, "", "", record::Decision::rejected, own.error().message));
    return;
  }
  place(std::move(arrival), *own, late);
}

void Boundary::place_late(const Pending& pending, const std::vector<lot::LotId>& closing) {
  const auto own = lot::LotId::parse(pending.own_lot).value();
  const lot::LotId now = present();
  const bool too_far_ahead =
      own.index() > now.index() + static_cast<std::int64_t>(plan_.max_ahead_lots);
  const std::string reason = too_far_ahead ? "its time is too far ahead" : "its lot is closed";
  if (plan_.lateness == model::Lateness::reject) {
    store_next(line(pending.arrival, pending.own_lot, "", record::Decision::rejected, reason));
    return;
  }
  lot::LotId collecting = too_far_ahead ? now : std::max(own, now);
  while (log_.is_closed(collecting) || std::ranges::find(closing, collecting) != closing.end()) {
    collecting = collecting.next();
  }
  store_next(line(pending.arrival, pending.own_lot, collecting.to_string(),
                  record::Decision::member, reason));
}

std::vector<lot::LotId> Boundary::first_groups() const {
  std::set<lot::LotId> lots;
  if (plan_.arrival != model::EventArrival::infrequent) return {};
  for (const auto& [lot, group] : pending_) lots.insert(lot);
  for (const auto& lot : log_.open_lots()) lots.insert(lot);
  std::erase_if(lots, [this](const auto& lot) { return log_.is_collecting(lot); });
  return {lots.begin(), lots.end()};
}

Result<> Boundary::take(std::vector<Arrival> arrivals) {
  std::vector<Pending> late;
  for (auto& arrival : arrivals) {
    if (!knows(arrival.uri, arrival.version)) accept(std::move(arrival), late);
  }
  const auto closing = first_groups();
  for (const auto& pending : late) place_late(pending, closing);
  if (immediate_.empty() && closing.empty()) return {};
  return commit(closing);
}

Instant Boundary::due_at(const lot::LotId& lot) const {
  Instant due = lot.end() + plan_.settle;
  if (log_.is_collecting(lot)) return due;
  Instant last{};
  const auto group = pending_.find(lot);
  if (group != pending_.end()) last = group->second.last_seen;
  if (const auto stored = log_.last_seen(lot)) last = std::max(last, *stored);
  return std::max(due, last + plan_.settle);
}

std::vector<lot::LotId> Boundary::open_lots() const {
  std::set<lot::LotId> lots;
  for (const auto& [lot, group] : pending_) lots.insert(lot);
  for (const auto& lot : log_.open_lots()) lots.insert(lot);
  return {lots.begin(), lots.end()};
}

std::vector<lot::LotId> Boundary::due(Quiet quiet) const {
  const Instant now = clock_.now();
  std::vector<lot::LotId> lots;
  for (const auto& lot : open_lots()) {
    const bool is_due = quiet == Quiet::Assumed ? lot.end() <= now : due_at(lot) <= now;
    if (is_due) lots.push_back(lot);
  }
  return lots;
}

std::vector<lot::LotId> Boundary::empty_due(Quiet quiet) const {
  std::vector<lot::LotId> lots;
  if (plan_.empty_lots != model::EmptyLots::publish || !watch_from_ ||
      plan_.lot_source != model::LotSource::arrivalTime) {
    return lots;
  }
  const Instant now = clock_.now();
  const auto open = open_lots();
  const std::chrono::seconds settle =
      quiet == Quiet::Assumed ? std::chrono::seconds(0) : plan_.settle;
  for (lot::LotId lot = *watch_from_; lot.end() + settle <= now; lot = lot.next()) {
    if (lots.size() >= empty_lots_at_once) break;
    if (!log_.is_closed(lot) && std::ranges::find(open, lot) == open.end()) lots.push_back(lot);
  }
  return lots;
}

Result<> Boundary::tick(Quiet quiet) {
  if (auto done = catch_up(); !done) return done;
  auto closing = due(quiet);
  const auto empty = empty_due(quiet);
  closing.insert(closing.end(), empty.begin(), empty.end());
  std::ranges::sort(closing);
  if (!closing.empty() || !immediate_.empty()) {
    if (auto done = commit(closing); !done) return done;
  }
  while (watch_from_ && log_.is_closed(*watch_from_)) watch_from_ = watch_from_->next();
  return {};
}

Result<> Boundary::seal() {
  const auto closing = open_lots();
  return closing.empty() && immediate_.empty() ? Result<>{} : commit(closing);
}

Result<> Boundary::store_arrivals() {
  if (plan_.lot_source != model::LotSource::arrivalTime) return {};
  for (const auto& [lot, group] : pending_) {
    for (const auto& [uri, pending] : group.objects) {
      store_next(line(pending.arrival, pending.own_lot, lot.to_string(), record::Decision::member));
    }
  }
  pending_.clear();
  pending_lot_of_.clear();
  return immediate_.empty() ? Result<>{} : commit({});
}

std::optional<Instant> Boundary::next_due() const {
  std::optional<Instant> next;
  for (const auto& lot : open_lots()) {
    const Instant at = due_at(lot);
    if (!next || at < *next) next = at;
  }
  if (plan_.empty_lots == model::EmptyLots::publish && watch_from_ &&
      plan_.lot_source == model::LotSource::arrivalTime) {
    const Instant at = watch_from_->end() + plan_.settle;
    if (!next || at < *next) next = at;
  }
  return next;
}

/// The next segment: lines first; what does not fit goes into the one after it, and a lot is closed
/// by the segment that holds its last line.
Boundary::Batch Boundary::next_batch(const std::vector<lot::LotId>& closing) const {
  Batch batch;
  auto& lines = batch.segment.lines;
  batch.segment.head.at = format_instant(clock_.now());
  batch.segment.head.by = by_;
  batch.immediate = std::min(immediate_.size(), record::segment_line_limit);
  lines.assign(immediate_.begin(),
               immediate_.begin() + static_cast<std::ptrdiff_t>(batch.immediate));
  if (batch.immediate < immediate_.size()) return batch;
  for (const auto& lot : closing) {
    const auto group = pending_.find(lot);
    if (group != pending_.end()) {
      for (const auto& [uri, pending] : group->second.objects) {
        if (lines.size() >= record::segment_line_limit) return batch;
        lines.push_back(
            line(pending.arrival, pending.own_lot, lot.to_string(), record::Decision::member));
        batch.members.push_back(uri);
      }
    }
    batch.closes.push_back(lot);
    batch.segment.head.closes.push_back(lot.to_string());
  }
  return batch;
}

/// What stands in the log now is held no longer.
void Boundary::forget_stored(const Batch& batch) {
  const auto stored = immediate_.begin() + static_cast<std::ptrdiff_t>(batch.immediate);
  for (auto at = immediate_.begin(); at != stored; ++at) immediate_versions_.erase(at->uri);
  immediate_.erase(immediate_.begin(), stored);
  for (const auto& uri : batch.members) {
    const auto held = pending_lot_of_.find(uri);
    auto& group = pending_.at(held->second).objects;
    group.erase(uri);
    if (group.empty()) pending_.erase(held->second);
    pending_lot_of_.erase(held);
  }
}

/// Stores one segment after another until all immediate lines and all of `closing` are in the log.
/// When somebody else's segment comes first, everything held is decided anew against it.
Result<> Boundary::commit(std::vector<lot::LotId> closing) {
  for (int attempt = 0; attempt < append_tries; ++attempt) {
    const Batch batch = next_batch(closing);
    if (batch.segment.lines.empty() && batch.closes.empty()) return {};
    auto appended = log_.append(batch.segment, decided_);
    if (!appended) return pass(std::move(appended));
    if (!*appended) {
      if (auto placed = replace_pending(); !placed) return placed;
      // A lot whose objects went elsewhere is not closed; if it is due as an empty one, later.
      std::erase_if(closing,
                    [this](const auto& lot) { return log_.is_closed(lot) || !has_member(lot); });
      continue;
    }
    ++decided_;
    forget_stored(batch);
    std::erase_if(closing, [&](const auto& lot) {
      return std::ranges::find(batch.closes, lot) != batch.closes.end();
    });
    if (auto done = publish(batch.closes); !done) return done;
    if (immediate_.empty() && closing.empty()) return {};
  }
  return fail(
      FailureCode::Unavailable,
      format("the ledger of {} is being written by others all the time", ref().to_string()));
}

/// After somebody else's segments: publishes what they closed, and decides all that is held anew.
Result<> Boundary::replace_pending() {
  // Before anything is decided: what is read while deciding makes the next append fail.
  decided_ = log_.last_number();
  std::vector<Arrival> held;
  for (auto& [lot, group] : pending_) {
    for (auto& [uri, pending] : group.objects) held.push_back(std::move(pending.arrival));
  }
  pending_.clear();
  pending_lot_of_.clear();
  std::vector<Pending> late;
  std::vector<record::LedgerLine> lines = std::move(immediate_);
  immediate_.clear();
  immediate_versions_.clear();
  for (auto& kept : lines) {
    if (log_.knows(kept.uri, kept.object)) continue;
    const auto lot = lot::LotId::parse(kept.lot);
    if (kept.decision == record::Decision::member && lot && log_.is_closed(*lot)) {
      // Its collecting lot was closed meanwhile: late again.
      Arrival arrival{.uri = Uri::parse(kept.uri).value(),
                      .version = kept.object,
                      .modified = {},
                      .event = {},
                      .first_seen = parse_instant(kept.firstSeen).value()};
      late.push_back({std::move(arrival), kept.ownLot});
    } else {
      store_next(std::move(kept));
    }
  }
  for (auto& arrival : held) {
    if (!log_.knows(arrival.uri.to_string(), arrival.version)) accept(std::move(arrival), late);
  }
  for (const auto& pending : late) place_late(pending, {});
  return publish_unpublished();
}

bool Boundary::has_member(const lot::LotId& lot) const {
  const auto open = open_lots();
  return std::ranges::find(open, lot) != open.end();
}

/// Reads what others appended, and publishes closed lots that have no manifest, whoever closed
/// them: somebody who died before he published, or this process when its store failed.
Result<> Boundary::catch_up() {
  if (auto read = log_.refresh(); !read) return pass(std::move(read));
  return log_.last_number() == decided_ ? publish_unpublished() : replace_pending();
}

Result<> Boundary::publish_unpublished() {
  std::vector<lot::LotId> lots;
  for (const auto& lot : log_.closed() - published_) lots.push_back(lot);
  return publish(lots);
}

Result<> Boundary::publish(const std::vector<lot::LotId>& lots) {
  for (const auto& lot : lots) {
    auto done = publish_boundary_lot(store_, log_, lot);
    if (!done) return done;
    published_.insert(lot);
    out_.debug(format("{}: published lot {}", ref().to_string(), lot.to_string()),
               ref().log_fields(lot.to_string()));
    events_.available(ref().project->plan.placement, plan_.dataset.id(), lot);
  }
  return {};
}

}  // namespace cls::flow
