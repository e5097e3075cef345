// SPDX-License-Identifier: Apache-2.0
#include "lot/lot_set.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/format.h"

namespace cls::lot {

namespace {

constexpr std::int64_t chunk_size = LotChunk::positions;

/// Number of the chunk that holds `index`, rounding down.
std::int64_t chunk_of(std::int64_t index) {
  return index >= 0 ? index / chunk_size : -((-(index + 1)) / chunk_size) - 1;
}

unsigned position_of(std::int64_t index) {
  return static_cast<unsigned>(index - chunk_of(index) * chunk_size);
}

Result<> same_unit(const LotSet& a, const LotSet& b) {
  if (!a.unit() || !b.unit() || a.unit() == b.unit()) return {};
  return fail(FailureCode::Invalid,
              format("sets of lots of different units, {} and {}, do not combine", a.unit()->name(),
                     b.unit()->name()));
}

}  // namespace

LotSet LotSet::of(std::initializer_list<LotId> lots) {
  LotSet set;
  for (const auto& lot : lots) set.insert(lot);
  return set;
}

LotSet LotSet::of(const std::vector<LotId>& lots) {
  LotSet set;
  for (const auto& lot : lots) set.insert(lot);
  return set;
}

LotSet LotSet::of(const LotRange& range) {
  LotSet set;
  set.insert(range);
  return set;
}

Result<LotSet> LotSet::parse(std::string_view text) {
  LotSet set;
  if (text.empty()) return set;
  while (true) {
    const auto comma = text.find(',');
    auto range = LotRange::parse(text.substr(0, comma));
    if (!range) return pass(std::move(range));
    if (set.unit_ && *set.unit_ != range->unit()) {
      return fail(FailureCode::Invalid,
                  format("{} is of another unit than the lots before it, which are {}; a set has "
                         "lots of one unit",
                         range->to_string(), set.unit_->name()));
    }
    set.insert(*range);
    if (comma == std::string_view::npos) return set;
    text.remove_prefix(comma + 1);
  }
}

std::string LotSet::to_string() const {
  std::string text;
  for (const auto& run : runs()) {
    if (!text.empty()) text += ',';
    text += run.to_string();
  }
  return text;
}

void LotSet::use_unit_of(LotId lot) {
  if (!unit_) unit_ = lot.unit();
  if (*unit_ == lot.unit()) return;
  throw Error(format("a set of lots of {} cannot take {}", unit_->name(), lot.to_string()));
}

void LotSet::insert(LotId lot) {
  use_unit_of(lot);
  insert_span({lot.index(), lot.index()});
}

void LotSet::insert(const LotRange& range) {
  if (range.first.unit() != range.last.unit()) {
    throw Error(format("the range {} has two units", range.to_string()));
  }
  if (range.empty()) return;
  use_unit_of(range.first);
  insert_span({range.first.index(), range.last.index()});
}

void LotSet::erase(LotId lot) {
  if (unit_ == lot.unit()) erase_span({lot.index(), lot.index()});
}

void LotSet::erase(const LotRange& range) {
  if (!range.empty() && unit_ == range.unit()) {
    erase_span({range.first.index(), range.last.index()});
  }
}

void LotSet::insert_span(Span span) {
  const std::int64_t last_chunk = chunk_of(span.last);
  for (std::int64_t number = chunk_of(span.first); number <= last_chunk; ++number) {
    LotChunk& chunk = chunks_[number];
    const unsigned before = chunk.count();
    chunk.insert(number == chunk_of(span.first) ? position_of(span.first) : 0,
                 number == last_chunk ? position_of(span.last) : LotChunk::positions - 1);
    count_ += chunk.count() - before;
  }
}

void LotSet::erase_span(Span span) {
  const std::int64_t last_chunk = chunk_of(span.last);
  auto at = chunks_.lower_bound(chunk_of(span.first));
  while (at != chunks_.end() && at->first <= last_chunk) {
    LotChunk& chunk = at->second;
    const unsigned before = chunk.count();
    chunk.erase(at->first == chunk_of(span.first) ? position_of(span.first) : 0,
                at->first == last_chunk ? position_of(span.last) : LotChunk::positions - 1);
    count_ -= before - chunk.count();
    at = chunk.count() == 0 ? chunks_.erase(at) : std::next(at);
  }
  if (count_ == 0) unit_.reset();
}

bool LotSet::contains(LotId lot) const {
  if (unit_ != lot.unit()) return false;
  const auto at = chunks_.find(chunk_of(lot.index()));
  return at != chunks_.end() && at->second.contains(position_of(lot.index()));
}

std::optional<LotSet::Span> LotSet::span_from(std::int64_t index) const {
  const std::int64_t number = index == before_all ? before_all : chunk_of(index);
  auto at = chunks_.lower_bound(number);
  if (at == chunks_.end()) return std::nullopt;
  auto run = at->second.run_from(at->first == number ? position_of(index) : 0);
  if (!run) {
    if (++at == chunks_.end()) return std::nullopt;
    run = at->second.run_from(0);
  }
  std::int64_t base = at->first * chunk_size;
  Span span{base + run->first, base + run->last};
  // A run that ends with its chunk may go on in the next one.
  while (run->last == LotChunk::positions - 1) {
    const auto before = at++;
    if (at == chunks_.end() || at->first != before->first + 1) break;
    run = at->second.run_from(0);
    if (run->first != 0) break;
    base = at->first * chunk_size;
    span.last = base + run->last;
  }
  return span;
}

std::optional<LotId> LotSet::first() const {
  const auto span = span_from(before_all);
  return span ? std::optional(LotId::from_index(*unit_, span->first)) : std::nullopt;
}

std::optional<LotId> LotSet::last() const {
  if (chunks_.empty()) return std::nullopt;
  const auto& [number, chunk] = *chunks_.rbegin();
  return LotId::from_index(*unit_, number * chunk_size + chunk.last());
}

std::size_t LotSet::memory_bytes() const {
  // A tree node has four words beside its value; each allocation costs the allocator about one.
  constexpr std::size_t word = sizeof(void*);
  std::size_t bytes = sizeof(LotSet);
  for (const auto& entry : chunks_) {
    bytes += sizeof(entry) + entry.second.heap_bytes() + 6 * word;
  }
  return bytes;
}

template <class Combine>
LotSet LotSet::combined(const LotSet& a, const LotSet& b, Combine combine) {
  LotSet result;
  auto left = a.chunks_.begin();
  auto right = b.chunks_.begin();
  while (left != a.chunks_.end() || right != b.chunks_.end()) {
    const bool use_left =
        right == b.chunks_.end() || (left != a.chunks_.end() && left->first <= right->first);
    const bool use_right =
        left == a.chunks_.end() || (right != b.chunks_.end() && right->first <= left->first);
    const std::int64_t number = use_left ? left->first : right->first;
    LotChunk::Bits bits = use_left ? (left++)->second.bits() : LotChunk::Bits{};
    const LotChunk::Bits other = use_right ? (right++)->second.bits() : LotChunk::Bits{};
    std::ranges::transform(bits, other, bits.begin(), combine);
    LotChunk chunk = LotChunk::from_bits(bits);
    if (chunk.count() == 0) continue;
    result.count_ += chunk.count();
    result.chunks_.emplace_hint(result.chunks_.end(), number, std::move(chunk));
  }
  if (result.count_ > 0) result.unit_ = a.unit_ ? a.unit_ : b.unit_;
  return result;
}

Result<LotSet> set_union(const LotSet& a, const LotSet& b) {
  if (auto same = same_unit(a, b); !same) return pass(std::move(same));
  return LotSet::combined(a, b, [](std::uint64_t x, std::uint64_t y) { return x | y; });
}

Result<LotSet> set_intersection(const LotSet& a, const LotSet& b) {
  if (auto same = same_unit(a, b); !same) return pass(std::move(same));
  return LotSet::combined(a, b, [](std::uint64_t x, std::uint64_t y) { return x & y; });
}

Result<LotSet> set_difference(const LotSet& a, const LotSet& b) {
  if (auto same = same_unit(a, b); !same) return pass(std::move(same));
  return LotSet::combined(a, b, [](std::uint64_t x, std::uint64_t y) { return x & ~y; });
}

LotSet operator|(const LotSet& a, const LotSet& b) {
  return need(set_union(a, b));
}
LotSet operator&(const LotSet& a, const LotSet& b) {
  return need(set_intersection(a, b));
}
LotSet operator-(const LotSet& a, const LotSet& b) {
  return need(set_difference(a, b));
}

LotSet::RunIterator::RunIterator(const LotSet& set) : set_(&set) {
  move_to(set.span_from(before_all));
}

void LotSet::RunIterator::move_to(std::optional<Span> span) {
  first_ = span ? span->first : at_end;
  last_ = span ? span->last : at_end;
}

LotRange LotSet::RunIterator::operator*() const {
  return {LotId::from_index(*set_->unit_, first_), LotId::from_index(*set_->unit_, last_)};
}

LotSet::RunIterator& LotSet::RunIterator::operator++() {
  move_to(set_->span_from(last_ + 1));
  return *this;
}

LotSet::RunIterator LotSet::RunIterator::operator++(int) {
  RunIterator before = *this;
  ++*this;
  return before;
}

LotSet::Iterator::Iterator(const LotSet& set) : run_(set), index_(run_.first_) {}

LotId LotSet::Iterator::operator*() const {
  return LotId::from_index(*run_.set_->unit_, index_);
}

LotSet::Iterator& LotSet::Iterator::operator++() {
  if (index_ < run_.last_) {
    ++index_;
  } else {
    ++run_;
    index_ = run_.first_;
  }
  return *this;
}

LotSet::Iterator LotSet::Iterator::operator++(int) {
  Iterator before = *this;
  ++*this;
  return before;
}

}  // namespace cls::lot
