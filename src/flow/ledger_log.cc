// SPDX-License-Identifier: Apache-2.0
#include "flow/ledger_log.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "base/format.h"
#include "flow/closed_lots.h"
#include "flow/conditional.h"

namespace cls::flow {

namespace {

Instant instant_or_start(const std::string& text) {
  return parse_instant(text).value_or(Instant{});
}

/// What is wrong with the name of a lot in the segment; nullopt where all can be read, so that
/// nobody who has a segment need ask.
std::optional<std::string> wrong_name(const record::Segment& segment) {
  std::string last;  // lines of one lot follow each other
  for (const auto& line : segment.lines) {
    for (const auto& name : {line.lot, line.ownLot}) {
      if (name.empty() || name == last) continue;  // of no lot: filtered, say
      if (const auto lot = lot::LotId::parse(name); !lot) return lot.error().message;
      last = name;
    }
  }
  for (const auto& name : segment.head.closes) {
    if (const auto lot = lot::LotId::parse(name); !lot) return lot.error().message;
  }
  return std::nullopt;
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
    : store_(store), boundary_(boundary), known_(boundary.project->limits.hash_mask) {}

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
    const auto lot = lot::LotId::parse(line.lot).value();
    LotEntry& entry = lots_[lot];
    if (entry.segments.empty() || entry.segments.back() != last_) entry.segments.push_back(last_);
    entry.last_seen = std::max(entry.last_seen, instant_or_start(line.firstSeen));
    if (line.decision == record::Decision::member) {
      if (!entry.closed_at) open_.insert(lot);
      if (line.lot != line.ownLot) {
        entry.collecting = true;
        ++counts_.late;
      }
    }
  }
  closed_last_.clear();
  for (const auto& id : segment.head.closes) {
    const auto lot = lot::LotId::parse(id).value();
    closed_.insert(lot);
    closed_last_.push_back(lot);
    open_.erase(lot);
    lots_[lot].closed_at = instant_or_start(segment.head.at);
  }
}

/// The same, of which all that it names can be taken in.
Result<std::optional<record::Segment>> LedgerLog::read_named(std::uint64_t number) const {
  auto segment = read(number);
  if (!segment || !*segment) return segment;
  if (const auto wrong = wrong_name(**segment)) {
    return fail(FailureCode::Invalid,
                format("ledger segment {} of {}: {}", number, boundary_.to_string(), *wrong));
  }
  return segment;
}

/// Takes in one more segment; false where there is none. With mutex_ held.
Result<bool> LedgerLog::apply_next() {
  auto segment = read_named(last_ + 1);
  if (!segment) return pass(std::move(segment));
  if (!*segment) return false;
  apply(**segment);
  return true;
}

Result<std::size_t> LedgerLog::refresh() {
  const std::lock_guard lock(mutex_);
  std::size_t added = 0;
  for (;; ++added) {
    auto more = apply_next();
    if (!more) return pass(std::move(more));
    if (!*more) return added;
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
  steps.push_back(following(segment, follow));
  auto written = write_or_read(store_, std::move(steps));
  if (written.ours(0)) {
    apply(segment);
    if (!segment.head.closes.empty()) cache(std::move(segment));  // about to be published
    return Appended{.ours = true, .followed = written.ours(1)};
  }
  if (written.failure) return tl::unexpected<Failure>(std::move(*written.failure));
  for (;;) {
    auto theirs = apply_next();
    if (!theirs) return pass(std::move(theirs));
    if (!*theirs) return Appended{};
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
  return found == lots_.end() ? std::nullopt : std::optional(found->second.last_seen);
}

bool LedgerLog::knows(const std::string& uri, const record::ObjectVersion& version) const {
  const std::lock_guard lock(mutex_);
  return known_.knows(uri, version);
}

LedgerLog::Counts LedgerLog::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
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
