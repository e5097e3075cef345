// SPDX-License-Identifier: Apache-2.0
#include "flow/boundary.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/format.h"
#include "base/memory.h"
#include "flow/boundary_lines.h"
#include "flow/left_out.h"
#include "flow/lot_publication.h"
#include "flow/published_manifests.h"

namespace cls::flow {

Boundary::Boundary(store::ObjectStore& store, const Clock& clock, LedgerLog& log, LotEvents& events,
                   std::string by, Log& out)
    : store_(store),
      clock_(clock),
      log_(log),
      events_(events),
      by_(std::move(by)),
      out_(out),
      plan_(*log.boundary().boundary),
      limits_(log.boundary().project->limits),
      times_(plan_),
      path_key_(plan_.dataset.path().key),
      held_(plan_.dataset.path(), plan_.unit, limits_) {}

lot::LotId Boundary::present() const {
  return lot::LotId::at(plan_.unit, clock_.now()).value();
}

Result<> Boundary::start() {
  if (auto read = log_.refresh(); !read) return pass(std::move(read));
  decided_ = log_.last_number();
  watch_from_ = present();
  std::set<lot::LotId> manifested;
  auto listed = for_each_published(store_, ref().project->places, plan_.dataset.id(),
                                   [&](const store::ObjectInfo&, const record::ManifestKey& key) {
                                     if (const auto lot = lot::LotId::parse(key.lot))
                                       manifested.insert(*lot);
                                   });
  if (!listed) return listed;
  // Whoever appends a segment has published what the former ones close: see commit(). So only of
  // the last one's lots a manifest may be another's, whose writer took the lot for not closed.
  const auto latest = log_.closed_last();
  std::vector<lot::LotId> missing;
  for (const auto lot : log_.closed()) {
    Result<bool> is_there = manifested.contains(lot);
    if (*is_there && std::ranges::binary_search(latest, lot)) {
      is_there = is_published(store_, log_, lot);
      if (!is_there) return pass(std::move(is_there));
    }
    if (*is_there) {
      published_.insert(lot);
    } else {
      missing.push_back(lot);
    }
  }
  return publish(missing);
}

bool Boundary::knows(const Uri& uri, const record::ObjectVersion& version) const {
  const std::string text = uri.to_string();
  if (const auto held = held_.find(text)) {
    return record::same_version(held_.at(held->id).version, version);
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

bool Boundary::filtered(const Uri& uri) const {
  return left_out(plan_, path_key_, uri);
}

void Boundary::forget_superseded(const Arrival& arrival, const std::optional<lot::LotId>& lot) {
  const auto held = held_.find(arrival.uri.to_string());
  if (!held) return;
  // In the same lot the later version simply takes the place of the earlier one, unless the log
  // could not be told from one in which a known version came twice.
  if (!lot || *lot != held->lot || log_.knows(arrival.uri.to_string(), arrival.version)) {
    const std::string old_lot = held->lot.to_string();
    store_next(line_of(held_.at(held->id), old_lot, old_lot, record::Decision::vanished,
                       std::string(overwritten_early)));
  }
  held_.let_go(held->id);
}

/// When what is held of this URI was seen; the beginning of time where nothing is. Lines of one URI
/// stand in a segment by that time, which therefore must not go back when the clock does.
Instant Boundary::last_held(const std::string& uri) const {
  Instant last{};
  if (const auto held = held_.find(uri)) last = held_.at(held->id).first_seen;
  if (!immediate_versions_.contains(uri)) return last;
  for (const auto& line : immediate_) {
    if (line.uri == uri) last = std::max(last, parse_instant(line.firstSeen).value());
  }
  return last;
}

void Boundary::place(Id id, const Arrival& arrival, const lot::LotId& own,
                     std::vector<Deferred>& deferred) {
  const Instant last = last_held(arrival.uri.to_string());
  if (last > arrival.first_seen) held_.set_first_seen(id, last);
  const bool too_far_ahead =
      own.index() > present().index() + static_cast<std::int64_t>(plan_.max_ahead_lots);
  if (too_far_ahead || log_.is_closed(own)) {
    forget_superseded(arrival, std::nullopt);
    deferred.push_back({.why = Deferred::Why::Late, .id = id, .own_lot = own});
    return;
  }
  forget_superseded(arrival, own);
  held_.hold(id, own);
}

void Boundary::accept(Id id, const Arrival& arrival, std::vector<Deferred>& deferred) {
  if (filtered(arrival.uri)) {
    deferred.push_back({.why = Deferred::Why::Filtered, .id = id, .own_lot = {}});
  } else if (came_back(arrival)) {
    forget_superseded(arrival, std::nullopt);
    held_.let_go(id);
  } else if (const auto own = times_.own_lot(arrival)) {
    place(id, arrival, *own, deferred);
  } else {
    deferred.push_back({.why = Deferred::Why::Rejected, .id = id, .own_lot = {}});
  }
}

void Boundary::place_late(Arrival arrival, const lot::LotId& own,
                          const std::vector<lot::LotId>& closing) {
  const lot::LotId now = present();
  const bool too_far_ahead =
      own.index() > now.index() + static_cast<std::int64_t>(plan_.max_ahead_lots);
  const std::string reason = too_far_ahead ? "its time is too far ahead" : "its lot is closed";
  if (plan_.lateness == model::Lateness::reject) {
    store_next(
        line_of(std::move(arrival), own.to_string(), "", record::Decision::rejected, reason));
    return;
  }
  lot::LotId collecting = too_far_ahead ? now : std::max(own, now);
  while (log_.is_closed(collecting) || std::ranges::binary_search(closing, collecting)) {
    collecting = collecting.next();
  }
  store_next(line_of(std::move(arrival), own.to_string(), collecting.to_string(),
                     record::Decision::member, reason));
}

/// Makes the line of what is stored at once. `closing` is sorted.
void Boundary::decide(const Deferred& deferred, const std::vector<lot::LotId>& closing) {
  Arrival arrival = held_.at(deferred.id);
  held_.let_go(deferred.id);
  // It may have come twice, or another process may have been here since it was looked at.
  if (knows(arrival.uri, arrival.version)) return;
  switch (deferred.why) {
    case Deferred::Why::Filtered:
      store_next(line_of(std::move(arrival), "", "", record::Decision::filtered));
      break;
    case Deferred::Why::Rejected: {
      std::string reason = times_.own_lot(arrival).error().message;
      store_next(
          line_of(std::move(arrival), "", "", record::Decision::rejected, std::move(reason)));
      break;
    }
    case Deferred::Why::Late:
      place_late(std::move(arrival), deferred.own_lot, closing);
      break;
  }
}

std::vector<lot::LotId> Boundary::first_groups() const {
  std::set<lot::LotId> lots;
  if (plan_.arrival != model::EventArrival::infrequent) return {};
  for (const auto& [lot, group] : held_.lots()) lots.insert(lot);
  for (const auto& lot : log_.open_lots()) lots.insert(lot);
  std::erase_if(lots, [this](const auto& lot) { return log_.is_collecting(lot); });
  return {lots.begin(), lots.end()};
}

Result<> Boundary::take(const std::vector<Arrival>& arrivals) {
  ArrivalBatch batch(plan_.dataset.path());
  for (const auto& arrival : arrivals) batch.add(arrival);
  return take(std::move(batch));
}

Result<> Boundary::take(ArrivalBatch arrivals) {
  held_.tidy();
  const std::size_t count = arrivals.size();
  const Id first = held_.keep(std::move(arrivals));
  std::vector<Deferred> deferred;
  for (std::size_t i = 0; i < count; ++i) {
    const Id id = first + static_cast<Id>(i);
    const Arrival arrival = held_.at(id);
    if (knows(arrival.uri, arrival.version)) {
      held_.let_go(id);
    } else {
      accept(id, arrival, deferred);
    }
  }
  auto closing = first_groups();
  Result<> stored;
  bool stored_early = false;
  for (const auto& one : deferred) {
    decide(one, closing);
    // The lines of a scan that is late as a whole do not all wait in memory.
    if (!stored || immediate_.size() < limits_.segment_lines) continue;
    stored = commit({});
    stored_early = true;
  }
  if (!stored) return stored;
  if (stored_early) closing = first_groups();  // others may have been at work
  if (immediate_.empty() && closing.empty()) return {};
  return commit(std::move(closing));
}

Instant Boundary::due_at(const lot::LotId& lot) const {
  Instant due = lot.end() + plan_.settle;
  if (log_.is_collecting(lot)) return due;
  Instant last{};
  const auto group = held_.lots().find(lot);
  if (group != held_.lots().end()) last = group->second.last_seen;
  if (const auto stored = log_.last_seen(lot)) last = std::max(last, *stored);
  return std::max(due, last + plan_.settle);
}

std::vector<lot::LotId> Boundary::open_lots() const {
  std::set<lot::LotId> lots;
  for (const auto& [lot, group] : held_.lots()) lots.insert(lot);
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
  if (plan_.empty_lots != model::EmptyLots::publish ||
      plan_.lot_source != model::LotSource::arrivalTime) {
    return lots;
  }
  const Instant now = clock_.now();
  const auto open = open_lots();
  const std::chrono::seconds settle =
      quiet == Quiet::Assumed ? std::chrono::seconds(0) : plan_.settle;
  for (lot::LotId lot = watch_from_; lot.end() + settle <= now; lot = lot.next()) {
    if (lots.size() >= limits_.empty_lots_at_once) break;
    if (!log_.is_closed(lot) && !std::ranges::binary_search(open, lot)) lots.push_back(lot);
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
  while (log_.is_closed(watch_from_)) watch_from_ = watch_from_.next();
  return {};
}

Result<> Boundary::seal() {
  const auto closing = open_lots();
  return closing.empty() && immediate_.empty() ? Result<>{} : commit(closing);
}

Result<> Boundary::store_arrivals() {
  if (plan_.lot_source != model::LotSource::arrivalTime) return {};
  while (!held_.empty()) {
    const auto& [lot, group] = *held_.lots().begin();
    const lot::LotId of_lot = lot;
    std::vector<Id> ids;
    for (const Id id : group.ids) {
      if (ids.size() < limits_.segment_lines && held_.is_live(id)) ids.push_back(id);
    }
    for (const Id id : ids) {
      const std::string name = of_lot.to_string();
      store_next(line_of(held_.at(id), name, name, record::Decision::member));
      held_.let_go(id);
    }
    if (immediate_.size() < limits_.segment_lines) continue;
    if (auto stored = commit({}); !stored) return stored;
  }
  return immediate_.empty() ? Result<>{} : commit({});
}

std::optional<Instant> Boundary::next_due() const {
  std::optional<Instant> next;
  for (const auto& lot : open_lots()) {
    const Instant at = due_at(lot);
    if (!next || at < *next) next = at;
  }
  if (plan_.empty_lots == model::EmptyLots::publish &&
      plan_.lot_source == model::LotSource::arrivalTime) {
    const Instant at = watch_from_.end() + plan_.settle;
    if (!next || at < *next) next = at;
  }
  return next;
}

/// Adds what is held for a lot; false where the segment is full before the end of the lot.
bool Boundary::add_members(const lot::LotId& lot, Batch& batch) const {
  const auto group = held_.lots().find(lot);
  if (group == held_.lots().end()) return true;
  auto& lines = batch.segment.lines;
  // A lot begins a segment of its own rather than to stand in two.
  if (!lines.empty() && lines.size() + group->second.live > limits_.segment_lines) return false;
  const std::string name = lot.to_string();
  for (const Id id : group->second.ids) {
    if (!held_.is_live(id)) continue;
    if (lines.size() >= limits_.segment_line_limit) return false;
    lines.push_back(line_of(held_.at(id), name, name, record::Decision::member));
    batch.members.push_back(id);
  }
  return true;
}

/// The next segment: lines first; what does not fit goes into the one after it, and a lot is closed
/// by the segment that holds its last line.
Boundary::Batch Boundary::next_batch(std::span<const lot::LotId> closing) const {
  Batch batch;
  auto& lines = batch.segment.lines;
  batch.segment.head.at = format_instant(clock_.now());
  batch.segment.head.by = by_;
  batch.immediate = std::min(immediate_.size(), limits_.segment_lines);
  for (std::size_t i = 0; i < batch.immediate; ++i) lines.push_back(immediate_[i]);
  if (batch.immediate < immediate_.size()) return batch;
  for (const auto& lot : closing) {
    if (!add_members(lot, batch)) break;
    batch.closes.push_back(lot);
    batch.segment.head.closes.push_back(lot.to_string());
  }
  return batch;
}

/// What stands in the log now is held no longer.
void Boundary::forget_stored(const Batch& batch) {
  const auto stored = immediate_.begin() + static_cast<std::ptrdiff_t>(batch.immediate);
  for (auto at = immediate_.begin(); at != stored; ++at) {
    const auto waiting = immediate_versions_.find(at->uri);
    // A later line of the same URI may be left for the next segment.
    if (waiting != immediate_versions_.end() && waiting->second == at->object)
      immediate_versions_.erase(waiting);
  }
  immediate_.erase(immediate_.begin(), stored);
  for (const Id id : batch.members) held_.let_go(id);
  if (batch.members.size() > limits_.segment_lines) give_back_memory();
}

/// A lot whose objects went elsewhere is not closed; if it is due as an empty one, later.
void Boundary::keep_closable(std::vector<lot::LotId>& closing) const {
  const auto open = open_lots();
  std::erase_if(closing, [&](const auto& lot) {
    return log_.is_closed(lot) || !std::ranges::binary_search(open, lot);
  });
}

/// Stores one segment after another until all immediate lines and all of `closing` are in the log.
/// When somebody else's segment comes first, everything held is decided anew against it.
///
/// What is closed and not published yet comes first: start() relies on that.
Result<> Boundary::commit(std::vector<lot::LotId> closing) {
  if (behind_) {
    if (auto done = publish_unpublished(); !done) return done;
  }
  std::size_t closed = 0;  // of closing
  for (int lost = 0; lost < limits_.append_tries;) {
    Batch batch = next_batch(std::span(closing).subspan(closed));
    if (batch.segment.lines.empty() && batch.closes.empty()) return {};
    std::vector<lot::LotId> following;
    auto appended =
        log_.append(std::move(batch.segment), decided_, follow_with_manifests(ref(), following));
    if (!appended) return pass(std::move(appended));
    if (!appended->ours) {
      ++lost;
      if (auto placed = replace_pending(); !placed) return placed;
      closing.erase(closing.begin(), closing.begin() + static_cast<std::ptrdiff_t>(closed));
      closed = 0;
      keep_closable(closing);
      continue;
    }
    ++decided_;
    forget_stored(batch);
    closed += batch.closes.size();
    if (appended->followed) {
      for (const auto& lot : following) note_published(lot, true);
      std::erase_if(batch.closes, [this](const auto& lot) { return published_.contains(lot); });
    }
    if (auto done = publish(batch.closes); !done) return done;
    if (immediate_.empty() && closed == closing.size()) return {};
  }
  return fail(
      FailureCode::Unavailable,
      format("the ledger of {} is being written by others all the time", ref().to_string()));
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
  auto done = publish(lots);
  behind_ = !done;
  return done;
}

Result<> Boundary::publish(const std::vector<lot::LotId>& lots) {
  auto done = publish_boundary_lots(
      store_, log_, lots,
      [this](const lot::LotId& lot, bool is_there) { note_published(lot, is_there); });
  behind_ = behind_ || !done;
  return done;
}

void Boundary::note_published(const lot::LotId& lot, bool is_there) {
  published_.insert(lot);
  if (!is_there) return;  // a lot that is skipped is announced to nobody
  out_.debug(format("{}: published lot {}", ref().to_string(), lot.to_string()),
             ref().log_fields(lot.to_string()));
  events_.available(ref().project->plan.placement, plan_.dataset.id(), lot);
}

}  // namespace cls::flow
