// SPDX-License-Identifier: Apache-2.0
#include "lot/lot_chunk.h"

#include <algorithm>
#include <bit>
#include <span>

namespace cls::lot {

namespace {

using Words = std::span<const std::uint64_t>;

bool bit(Words bits, unsigned position) {
  return ((bits[position / 64] >> (position % 64)) & 1U) != 0;
}

/// The first position at or after `position` whose bit is `value`; 4096 where there is none.
unsigned find(Words bits, unsigned position, bool value) {
  if (position >= LotChunk::positions) return LotChunk::positions;
  const std::uint64_t flip = value ? 0 : ~std::uint64_t{0};
  std::size_t word = position / 64;
  std::uint64_t rest = (bits[word] ^ flip) & (~std::uint64_t{0} << (position % 64));
  while (rest == 0) {
    if (++word == LotChunk::words) return LotChunk::positions;
    rest = bits[word] ^ flip;
  }
  return static_cast<unsigned>(word * 64) + static_cast<unsigned>(std::countr_zero(rest));
}

LotChunk::Run run(unsigned first, unsigned last) {
  return {static_cast<std::uint16_t>(first), static_cast<std::uint16_t>(last)};
}

std::optional<LotChunk::Run> run_in(Words bits, unsigned position) {
  const unsigned first = find(bits, position, true);
  if (first == LotChunk::positions) return std::nullopt;
  return run(first, find(bits, first, false) - 1);
}

/// Sets or clears the positions from first to last.
void fill(LotChunk::Bits& bits, unsigned first, unsigned last, bool value) {
  for (std::size_t word = first / 64; word <= last / 64; ++word) {
    const auto base = static_cast<unsigned>(word * 64);
    const unsigned from = first > base ? first - base : 0;
    const unsigned to = std::min(last - base, 63U);
    const std::uint64_t mask = (~std::uint64_t{0} << from) & (~std::uint64_t{0} >> (63 - to));
    bits[word] = value ? bits[word] | mask : bits[word] & ~mask;
  }
}

unsigned count_members(const LotChunk::Bits& bits) {
  unsigned count = 0;
  for (const auto word : bits) count += static_cast<unsigned>(std::popcount(word));
  return count;
}

unsigned count_runs(const LotChunk::Bits& bits) {
  unsigned count = 0;
  std::uint64_t before = 0;
  for (const auto word : bits) {
    count += static_cast<unsigned>(std::popcount(word & ~((word << 1U) | before)));
    before = word >> 63U;
  }
  return count;
}

}  // namespace

LotChunk LotChunk::from_bits(const Bits& bits) {
  LotChunk chunk;
  chunk.count_ = static_cast<std::uint16_t>(count_members(bits));
  chunk.run_count_ = static_cast<std::uint16_t>(count_runs(bits));
  if (chunk.run_count_ > most_runs) {
    chunk.bitmap_.assign(bits.begin(), bits.end());
    return chunk;
  }
  chunk.runs_.reserve(chunk.run_count_);
  for (auto next = run_in(bits, 0); next; next = run_in(bits, next->last + 1U)) {
    chunk.runs_.push_back(*next);
  }
  return chunk;
}

LotChunk::Bits LotChunk::bits() const {
  Bits bits{};
  if (!bitmap_.empty()) {
    std::ranges::copy(bitmap_, bits.begin());
  } else {
    for (const auto& each : runs_) fill(bits, each.first, each.last, true);
  }
  return bits;
}

bool LotChunk::contains(unsigned position) const {
  if (!bitmap_.empty()) return bit(bitmap_, position);
  const auto at = std::ranges::lower_bound(runs_, position, {}, &Run::last);
  return at != runs_.end() && at->first <= position;
}

void LotChunk::insert(unsigned first, unsigned last) {
  if (first != last) {
    Bits all = bits();
    fill(all, first, last, true);
    *this = from_bits(all);
  } else if (bitmap_.empty()) {
    insert_into_runs(first);
  } else {
    insert_into_bitmap(first);
  }
}

void LotChunk::insert_into_runs(unsigned position) {
  const auto after = std::ranges::lower_bound(runs_, position, {}, &Run::last);
  if (after != runs_.end() && after->first <= position) return;
  const bool joins_after = after != runs_.end() && after->first == position + 1;
  const bool joins_before = after != runs_.begin() && std::prev(after)->last + 1U == position;
  if (joins_before && joins_after) {
    std::prev(after)->last = after->last;
    runs_.erase(after);
  } else if (joins_before) {
    std::prev(after)->last = static_cast<std::uint16_t>(position);
  } else if (joins_after) {
    after->first = static_cast<std::uint16_t>(position);
  } else {
    runs_.insert(after, run(position, position));
  }
  ++count_;
  run_count_ = static_cast<std::uint16_t>(runs_.size());
  // Runs that grew together leave room behind.
  if (runs_.size() < runs_.capacity() / 4) runs_.shrink_to_fit();
  if (runs_.size() > most_runs) *this = from_bits(bits());
}

void LotChunk::insert_into_bitmap(unsigned position) {
  if (bit(bitmap_, position)) return;
  const bool joins_before = position > 0 && bit(bitmap_, position - 1);
  const bool joins_after = position + 1 < positions && bit(bitmap_, position + 1);
  bitmap_[position / 64] |= std::uint64_t{1} << (position % 64);
  ++count_;
  run_count_ = static_cast<std::uint16_t>(run_count_ + 1 - int{joins_before} - int{joins_after});
  if (run_count_ <= most_runs) *this = from_bits(bits());
}

void LotChunk::erase(unsigned first, unsigned last) {
  if (first == last && !contains(first)) return;
  Bits all = bits();
  fill(all, first, last, false);
  *this = from_bits(all);
}

std::optional<LotChunk::Run> LotChunk::run_from(unsigned position) const {
  if (!bitmap_.empty()) return run_in(bitmap_, position);
  const auto at = std::ranges::lower_bound(runs_, position, {}, &Run::last);
  if (at == runs_.end()) return std::nullopt;
  return run(std::max<unsigned>(at->first, position), at->last);
}

unsigned LotChunk::last() const {
  if (bitmap_.empty()) return runs_.back().last;
  std::size_t word = words - 1;
  while (bitmap_[word] == 0) --word;
  return static_cast<unsigned>(word * 64) + 63U -
         static_cast<unsigned>(std::countl_zero(bitmap_[word]));
}

std::size_t LotChunk::heap_bytes() const {
  return runs_.capacity() * sizeof(Run) + bitmap_.capacity() * sizeof(std::uint64_t);
}

}  // namespace cls::lot
