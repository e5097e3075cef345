// SPDX-License-Identifier: Apache-2.0
#include "flow/ledger_log.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <unordered_map>

#include "base/format.h"
#include "flow/closed_lots.h"
#include "flow/conditional.h"

namespace cls::flow {

namespace {

Instant instant_or_start(const std::string& text) {
  const auto at = parse_instant(text);
  return at ? *at : Instant{};
}

/// Of a lot's lines, sorted by URI, those that are members: of each URI the last one counts.
LedgerLog::Members last_members(const record::LedgerLines& lines, std::vector<std::uint32_t> rows) {
  std::size_t kept = 0;
  record::LedgerLine last;
  record::LedgerLine next;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::uint32_t row = rows[i];
    lines.get(row, next);
    const bool same = kept > 0 && next.uri == last.uri;
    if (same && !takes_place_of(next, last)) continue;
    if (!same) ++kept;
    rows[kept - 1] = row;
    std::swap(last, next);
  }
  rows.resize(kept);
  std::erase_if(rows, [&](std::uint32_t row) {
    lines.get(row, next);
    return next.decision != record::Decision::member;
  });
  return {.lines = &lines, .rows = std::move(rows)};
}

}  // namespace

LedgerLog::LedgerLog(store::ObjectStore& store, BoundaryRef boundary)
    : store_(store), boundary_(boundary) {}

Result<std::optional<record::Segment>> LedgerLog::read(std::uint64_t number) const {
  const auto& project = *boundary_.project;
  const Uri uri = project.places.segment(project.plan.project, boundary_.boundary->name, number);
  auto object = get_if_present(store_, uri);
  if (!object) return pass(std::move(object));
  if (!*object) return std::optional<record::Segment>();
  auto segment = record::read_segment((*object)->bytes);
  if (!segment) {
    return fail(FailureCode::Invalid,
                format("ledger segment {}: {}", uri.to_string(), segment.error().message));
  }
  if (segment->head.number != number) {
    return fail(FailureCode::Invalid, format("ledger segment {} says it is number {}",
                                             uri.to_string(), segment->head.number));
  }
  return std::optional(std::move(*segment));
}

void LedgerLog::apply(const record::Segment& segment) {
  last_ = segment.head.number;
  for (const auto& line : segment.lines) {
    // What has vanished is there no more. Its line may even come after that of its successor, which
    // another process took in.
    if (line.decision == record::Decision::vanished) {
      known_.pass_over(line.uri);
    } else {
      known_.set(line.uri, line.object);
    }
    ++counts_.lines;
    counts_.rejected += line.decision == record::Decision::rejected ? 1 : 0;
    counts_.filtered += line.decision == record::Decision::filtered ? 1 : 0;
    if (line.lot.empty()) continue;
    const auto lot = lot::LotId::parse(line.lot);
    if (!lot) continue;
    LotEntry& entry = lots_[*lot];
    if (entry.segments.empty() || entry.segments.back() != last_) entry.segments.push_back(last_);
    entry.last_seen = std::max(entry.last_seen, instant_or_start(line.firstSeen));
    if (line.decision == record::Decision::member) {
      if (!entry.closed_at) open_.insert(*lot);
      if (line.lot != line.ownLot) {
        entry.collecting = true;
        ++counts_.late;
      }
    }
  }
  closed_last_.clear();
  for (const auto& id : segment.head.closes) {
    const auto lot = lot::LotId::parse(id);
    if (!lot) continue;
    closed_.insert(*lot);
    closed_last_.push_back(*lot);
    open_.erase(*lot);
    lots_[*lot].closed_at = instant_or_start(segment.head.at);
  }
}

Result<std::size_t> LedgerLog::refresh() {
  const std::lock_guard lock(mutex_);
  std::size_t added = 0;
  for (;;) {
    auto segment = read(last_ + 1);
    if (!segment) return pass(std::move(segment));
    if (!*segment) return added;
    apply(**segment);
    ++added;
  }
}

/// What is to be stored after a segment that is not yet in the log, with mutex_ held.
store::WriteStep LedgerLog::following(const record::Segment& segment, const Follow& follow) const {
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> rows;
  for (const auto& id : segment.head.closes) rows[id];
  std::uint32_t row = 0;
  for (const auto& line : segment.lines) {
    const auto found = rows.find(line.lot);
    if (found != rows.end()) found->second.push_back(row);
    ++row;
  }
  store::WriteStep step;
  for (const auto& id : segment.head.closes) {
    const auto lot = lot::LotId::parse(id).value();
    if (lots_.contains(lot)) continue;
    follow(lot, last_members(segment.lines, std::move(rows[id])), step);
  }
  return step;
}

Result<LedgerLog::Appended> LedgerLog::append(record::Segment segment, std::uint64_t decided,
                                              const Follow& follow) {
  const std::lock_guard lock(mutex_);
  if (last_ != decided) return Appended{};  // another thread, which reads a source, was here
  segment.head.number = last_ + 1;
  segment.head.dataset = boundary_.boundary->dataset;
  const auto& project = *boundary_.project;
  const Uri uri =
      project.places.segment(project.plan.project, boundary_.boundary->name, segment.head.number);
  record::sort_lines(segment.lines);
  std::vector<store::WriteStep> steps(1);
  steps[0].push_back({.uri = uri, .bytes = record::write_segment(segment)});
  if (follow) steps.push_back(following(segment, follow));
  auto written = write_or_read(store_, std::move(steps));
  if (written.ours(0)) {
    apply(segment);
    if (!segment.head.closes.empty()) cache(std::move(segment));  // about to be published
    return Appended{.ours = true, .followed = written.ours(1)};
  }
  if (written.failure) return tl::unexpected<Failure>(std::move(*written.failure));
  for (;;) {
    auto theirs = read(last_ + 1);
    if (!theirs) return pass(std::move(theirs));
    if (!*theirs) return Appended{};
    apply(**theirs);
  }
}

std::uint64_t LedgerLog::last_number() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

bool LedgerLog::is_closed(const lot::LotId& lot) const {
  const std::lock_guard lock(mutex_);
  return closed_.contains(lot);
}

lot::LotSet LedgerLog::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

std::vector<lot::LotId> LedgerLog::closed_last() const {
  const std::lock_guard lock(mutex_);
  std::vector<lot::LotId> lots = closed_last_;
  std::ranges::sort(lots);
  return lots;
}

std::vector<lot::LotId> LedgerLog::open_lots() const {
  const std::lock_guard lock(mutex_);
  return {open_.begin(), open_.end()};
}

bool LedgerLog::is_collecting(const lot::LotId& lot) const {
  const std::lock_guard lock(mutex_);
  const auto found = lots_.find(lot);
  return found != lots_.end() && found->second.collecting && !found->second.closed_at;
}

std::optional<Instant> LedgerLog::closed_at(const lot::LotId& lot) const {
  const std::lock_guard lock(mutex_);
  const auto found = lots_.find(lot);
  return found == lots_.end() ? std::nullopt : found->second.closed_at;
}

std::optional<Instant> LedgerLog::last_seen(const lot::LotId& lot) const {
  const std::lock_guard lock(mutex_);
  const auto found = lots_.find(lot);
  if (found == lots_.end() || found->second.segments.empty()) return std::nullopt;
  return found->second.last_seen;
}

bool LedgerLog::knows(const std::string& uri, const record::ObjectVersion& version) const {
  const std::lock_guard lock(mutex_);
  return known_.knows(uri, version);
}

LedgerLog::Counts LedgerLog::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

Result<std::shared_ptr<const LedgerLog::LinesOfLots>> LedgerLog::lines_of_segment(
    std::uint64_t number) {
  {
    const std::lock_guard lock(mutex_);
    const auto cached = std::ranges::find(segment_cache_, number, &CachedSegment::number);
    if (cached != segment_cache_.end()) {
      segment_cache_.splice(segment_cache_.begin(), segment_cache_, cached);
      return cached->lines;
    }
  }
  auto segment = read(number);
  if (!segment) return pass(std::move(segment));
  if (!*segment) {
    return fail(FailureCode::NotFound,
                format("ledger segment {} of {} is gone", number, boundary_.to_string()));
  }
  const std::lock_guard lock(mutex_);
  const auto cached = std::ranges::find(segment_cache_, number, &CachedSegment::number);
  return cached != segment_cache_.end() ? cached->lines : cache(std::move(**segment));
}

std::shared_ptr<const LedgerLog::LinesOfLots> LedgerLog::cache(record::Segment segment) {
  const std::size_t count = segment.lines.size();
  LinesOfLots lines{.lines = std::move(segment.lines), .rows = {}};
  std::uint32_t row = 0;
  for (const auto& line : lines.lines) {
    if (!line.lot.empty()) lines.rows[line.lot].push_back(row);
    ++row;
  }
  auto shared = std::make_shared<const LinesOfLots>(std::move(lines));
  const Limits& limits = boundary_.project->limits;
  segment_cache_.push_front({segment.head.number, count, shared});
  cached_line_count_ += count;
  while (cached_line_count_ > limits.cached_lines && segment_cache_.size() > 1) {
    cached_line_count_ -= segment_cache_.back().count;
    segment_cache_.pop_back();
  }
  return shared;
}

/// What is still there of a lot that was read before.
std::shared_ptr<const LotMembers> LedgerLog::cached_members(const lot::LotId& lot) {
  const std::lock_guard lock(mutex_);
  const auto cached = std::ranges::find(cache_, lot, &CachedLot::lot);
  if (cached == cache_.end()) return nullptr;
  cache_.splice(cache_.begin(), cache_, cached);
  return cached->members.lock();
}

void LedgerLog::cache_members(const lot::LotId& lot,
                              const std::shared_ptr<const LotMembers>& members) {
  const Limits& limits = boundary_.project->limits;
  const std::lock_guard lock(mutex_);
  if (!closed_.contains(lot)) return;
  const auto drop = [this](std::list<CachedLot>::iterator cached) {
    kept_bytes_ -= cached->kept ? cached->kept->bytes() : 0;
    cached->kept.reset();
  };
  const auto before = std::ranges::find(cache_, lot, &CachedLot::lot);
  if (before != cache_.end()) {
    drop(before);
    cache_.erase(before);
  }
  cache_.push_front({lot, members, members, std::nullopt});
  kept_bytes_ += members->bytes();
  for (auto oldest = cache_.end(); kept_bytes_ > limits.cached_bytes && oldest != cache_.begin();) {
    drop(--oldest);
  }
  if (cache_.size() > limits.cached_lots) {
    drop(std::prev(cache_.end()));
    cache_.pop_back();
  }
}

Result<std::shared_ptr<const LotMembers>> LedgerLog::members_of(const lot::LotId& lot) {
  if (auto cached = cached_members(lot)) return cached;
  std::vector<std::uint64_t> numbers;
  {
    const std::lock_guard lock(mutex_);
    const auto found = lots_.find(lot);
    if (found != lots_.end()) numbers = found->second.segments;
  }
  const Limits& limits = boundary_.project->limits;
  const std::string id = lot.to_string();
  LotMembers members;
  for (const std::uint64_t number : numbers) {
    auto lines = lines_of_segment(number);
    if (!lines) return pass(std::move(lines));
    const auto found = (*lines)->rows.find(id);
    if (found == (*lines)->rows.end()) continue;
    record::LedgerLine line;
    for (const std::uint32_t row : found->second) {
      (*lines)->lines.get(row, line);
      members.add(line);
    }
    // The lines of a large lot need not be kept twice.
    if ((*lines)->rows.size() > 1 || (*lines)->lines.size() <= limits.cached_lines) continue;
    const std::lock_guard lock(mutex_);
    const auto cached = std::ranges::find(segment_cache_, number, &CachedSegment::number);
    if (cached == segment_cache_.end()) continue;
    cached_line_count_ -= cached->count;
    segment_cache_.erase(cached);
  }
  members.settle();
  auto shared = std::make_shared<const LotMembers>(std::move(members));
  cache_members(lot, shared);
  return shared;
}

std::optional<LedgerLog::LotSummary> LedgerLog::cached_summary(const lot::LotId& lot) {
  const std::lock_guard lock(mutex_);
  const auto cached = std::ranges::find(cache_, lot, &CachedLot::lot);
  if (cached == cache_.end() || !cached->summary) return std::nullopt;
  cache_.splice(cache_.begin(), cache_, cached);
  LotSummary summary = *cached->summary;
  summary.members = cached->members.lock();
  return summary;
}

Result<LedgerLog::LotSummary> LedgerLog::summary_of(const lot::LotId& lot) {
  if (auto cached = cached_summary(lot)) return std::move(*cached);
  auto members = members_of(lot);
  if (!members) return pass(std::move(members));
  LotSummary summary{
      .revision = (*members)->revision(), .size = (*members)->size(), .members = nullptr};
  {
    const std::lock_guard lock(mutex_);
    const auto cached = std::ranges::find(cache_, lot, &CachedLot::lot);
    if (cached != cache_.end()) cached->summary = summary;
  }
  summary.members = std::move(*members);
  return summary;
}

Result<> LedgerLog::for_each_line(
    std::uint64_t after, std::uint64_t last,
    const std::function<void(const record::LedgerLine&)>& take) const {
  for (std::uint64_t number = after + 1; number <= last; ++number) {
    auto segment = read(number);
    if (!segment) return pass(std::move(segment));
    if (!*segment) {
      return fail(FailureCode::NotFound,
                  format("ledger segment {} of {} is gone", number, boundary_.to_string()));
    }
    for (const auto& line : (*segment)->lines) take(line);
  }
  return {};
}

Result<> LedgerLog::for_each_segment(const std::function<void(const record::Segment&)>& take,
                                     std::uint64_t first) {
  for (std::uint64_t number = first;; ++number) {
    auto segment = read(number);
    if (!segment) return pass(std::move(segment));
    if (!*segment) return {};
    take(**segment);
  }
}

LedgerLog& LedgerLogs::of(const BoundaryRef& boundary) {
  const std::lock_guard lock(mutex_);
  auto& log = logs_[boundary.boundary];
  if (!log) log = std::make_unique<LedgerLog>(store_, boundary);
  return *log;
}

}  // namespace cls::flow
