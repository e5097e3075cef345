// SPDX-License-Identifier: Apache-2.0
#include "flow/ledger_log.h"

#include <algorithm>

#include "base/format.h"
#include "base/hash.h"
#include "flow/conditional.h"

namespace cls::flow {

namespace {

constexpr std::size_t cached_lots = 64;
/// Lines of segments that are kept parsed: two of the largest, what is being published and what the
/// workers of the arcs are at; some hundred bytes each.
constexpr std::size_t cached_lines = 200'000;

std::array<std::uint8_t, 16> first_bytes(const std::string& hex) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size() && 2 * i + 1 < hex.size(); ++i) {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    bytes[i] = static_cast<std::uint8_t>((digit(hex[2 * i]) << 4) | digit(hex[2 * i + 1]));
  }
  return bytes;
}

Instant instant_or_start(const std::string& text) {
  const auto at = parse_instant(text);
  return at ? *at : Instant{};
}

}  // namespace

CompactVersion CompactVersion::of(const record::ObjectVersion& version) {
  CompactVersion compact;
  compact.size = version.size;
  if (version.mtime) compact.mtime = instant_or_start(*version.mtime).time_since_epoch().count();
  if (version.versionId) {
    compact.hash_kind = Hash::VersionId;
    compact.hash = first_bytes(sha256_hex(*version.versionId));
  } else if (version.sha256) {
    compact.hash_kind = Hash::Sha256;
    compact.hash = first_bytes(*version.sha256);
  } else if (version.etag) {
    compact.hash_kind = Hash::ETag;
    compact.hash = first_bytes(sha256_hex(*version.etag));
  }
  return compact;
}

bool CompactVersion::same_as(const CompactVersion& other) const {
  if (hash_kind == Hash::VersionId && other.hash_kind == Hash::VersionId) return hash == other.hash;
  if (size != other.size) return false;
  if (hash_kind != Hash::None && hash_kind == other.hash_kind) return hash == other.hash;
  return mtime != 0 && mtime == other.mtime;
}

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
    known_[line.uri] = CompactVersion::of(line.object);
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
      entry.has_member = true;
      if (line.lot != line.ownLot) {
        entry.collecting = true;
        ++counts_.late;
      }
    }
  }
  for (const auto& id : segment.head.closes) {
    const auto lot = lot::LotId::parse(id);
    if (!lot) continue;
    closed_.insert(*lot);
    lots_[*lot].closed_at = instant_or_start(segment.head.at);
  }
}

Result<std::size_t> LedgerLog::refresh() {
  const std::lock_guard lock(mutex_);
  std::size_t added = 0;
  while (true) {
    auto segment = read(last_ + 1);
    if (!segment) return pass(std::move(segment));
    if (!*segment) return added;
    apply(**segment);
    ++added;
  }
}

Result<bool> LedgerLog::append(record::Segment segment, std::uint64_t decided) {
  const std::lock_guard lock(mutex_);
  if (last_ != decided) return false;  // another thread, which reads a source, was here
  segment.head.number = last_ + 1;
  segment.head.dataset = boundary_.boundary->dataset;
  const auto& project = *boundary_.project;
  const Uri uri =
      project.places.segment(project.plan.project, boundary_.boundary->name, segment.head.number);
  auto written = put_or_read(store_, uri, record::write_segment(segment));
  if (!written) return pass(std::move(written));
  if (written->ours) {
    apply(segment);
    return true;
  }
  while (true) {
    auto theirs = read(last_ + 1);
    if (!theirs) return pass(std::move(theirs));
    if (!*theirs) return false;
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

std::vector<lot::LotId> LedgerLog::open_lots() const {
  const std::lock_guard lock(mutex_);
  std::vector<lot::LotId> open;
  for (const auto& [lot, entry] : lots_) {
    if (!entry.closed_at && entry.has_member) open.push_back(lot);
  }
  return open;
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
  const CompactVersion compact = CompactVersion::of(version);
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(uri);
  return found != known_.end() && found->second.same_as(compact);
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
  const std::size_t count = (*segment)->lines.size();
  LinesOfLots lines;
  for (auto& line : (*segment)->lines) {
    if (!line.lot.empty()) lines[line.lot].push_back(std::move(line));
  }
  auto shared = std::make_shared<const LinesOfLots>(std::move(lines));
  const std::lock_guard lock(mutex_);
  segment_cache_.push_front({number, count, shared});
  cached_line_count_ += count;
  while (cached_line_count_ > cached_lines && segment_cache_.size() > 1) {
    cached_line_count_ -= segment_cache_.back().count;
    segment_cache_.pop_back();
  }
  return shared;
}

Result<std::vector<record::LedgerLine>> LedgerLog::members_of(const lot::LotId& lot) {
  std::vector<std::uint64_t> numbers;
  {
    const std::lock_guard lock(mutex_);
    const auto cached = std::ranges::find(cache_, lot, &CachedLot::lot);
    if (cached != cache_.end()) {
      cache_.splice(cache_.begin(), cache_, cached);
      return *cache_.front().members;
    }
    const auto found = lots_.find(lot);
    if (found != lots_.end()) numbers = found->second.segments;
  }
  const std::string id = lot.to_string();
  std::map<std::string, record::LedgerLine> last;
  for (const std::uint64_t number : numbers) {
    auto lines = lines_of_segment(number);
    if (!lines) return pass(std::move(lines));
    const auto found = (*lines)->find(id);
    if (found == (*lines)->end()) continue;
    for (const auto& line : found->second) last.insert_or_assign(line.uri, line);
  }

  std::vector<record::LedgerLine> members;
  for (auto& [uri, line] : last) {
    if (line.decision == record::Decision::member) members.push_back(std::move(line));
  }
  const std::lock_guard lock(mutex_);
  if (closed_.contains(lot)) {
    cache_.push_front({lot, std::make_shared<const std::vector<record::LedgerLine>>(members)});
    if (cache_.size() > cached_lots) cache_.pop_back();
  }
  return members;
}

Result<> LedgerLog::for_each_segment(const std::function<void(const record::Segment&)>& take) {
  for (std::uint64_t number = 1;; ++number) {
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
