// SPDX-License-Identifier: Apache-2.0
// LedgerLog: the members of closed lots, read again, and what is kept of them in memory.
#include <algorithm>
#include <iterator>

#include "base/format.h"
#include "flow/ledger_log.h"

namespace cls::flow {

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
  auto segment = read_named(number);
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
  for (auto oldest = cache_.end(); kept_bytes_ > limits.cached_bytes;) drop(--oldest);
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
    if (found == (*lines)->rows.end()) {
      return fail(FailureCode::Invalid,
                  format("ledger segment {} of {} has no line of lot {}, which it had; restore it "
                         "from a copy",
                         number, boundary_.to_string(), id));
    }
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

}  // namespace cls::flow
