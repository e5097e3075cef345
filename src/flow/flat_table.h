// SPDX-License-Identifier: Apache-2.0
// FlatTable: a hash table of plain slots without a node or a pointer per entry.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

namespace cls::flow {

/// A slot is empty when it is made, and says the hash that it was inserted with.
template <class Slot>
concept FlatSlot = std::is_trivially_copyable_v<Slot> && requires(const Slot& slot) {
  { slot.is_empty() } -> std::same_as<bool>;
  { slot.hash() } -> std::same_as<std::uint64_t>;
};

/// Linear probing in 64 parts, each of which grows by a quarter when four fifths of it are taken:
/// 1.25 to 1.6 slots per entry, and no moment at which the whole table is there twice. Slots move
/// with every insert() and erase().
template <FlatSlot Slot>
class FlatTable {
 public:
  std::size_t size() const { return size_; }

  /// The slot of that hash which is `same`; null where there is none.
  template <class Same>
  Slot* find(std::uint64_t hash, Same&& same) {
    auto& slots = part_of(hash).slots;
    if (slots.empty()) return nullptr;
    for (std::size_t at = home(hash, slots.size());; at = at + 1 == slots.size() ? 0 : at + 1) {
      if (slots[at].is_empty()) return nullptr;
      if (slots[at].hash() == hash && same(std::as_const(slots[at]))) return &slots[at];
    }
  }
  template <class Same>
  const Slot* find(std::uint64_t hash, Same&& same) const {
    return const_cast<FlatTable*>(this)->find(hash, std::forward<Same>(same));
  }

  /// Adds a slot; two that are the same must never be in the table.
  void insert(const Slot& slot) {
    Part& part = part_of(slot.hash());
    if ((part.used + 1) * 5 > part.slots.size() * 4) grow(part);
    place(part.slots, slot);
    ++part.used;
    ++size_;
  }

  /// Takes a slot that find() gave out of the table.
  void erase(const Slot* slot) {
    Part& part = part_of(slot->hash());
    auto& slots = part.slots;
    auto hole = static_cast<std::size_t>(slot - slots.data());
    // What stands behind it moves up, unless it would come to stand before its home.
    for (std::size_t at = next(slots, hole); !slots[at].is_empty(); at = next(slots, at)) {
      const std::size_t start = home(slots[at].hash(), slots.size());
      const bool stays = hole <= at ? hole < start && start <= at : hole < start || start <= at;
      if (stays) continue;
      slots[hole] = slots[at];
      hole = at;
    }
    slots[hole] = Slot{};
    --size_;
    if (--part.used == 0) slots = std::vector<Slot>();
  }

  void clear() {
    parts_ = {};
    size_ = 0;
  }

  /// Calls `take` with every slot; it may change what neither hash() nor is_empty() depend on.
  template <class Take>
  void for_each(Take&& take) {
    for (auto& part : parts_) {
      for (auto& slot : part.slots) {
        if (!slot.is_empty()) take(slot);
      }
    }
  }

  std::size_t memory_bytes() const {
    std::size_t bytes = sizeof *this;
    for (const auto& part : parts_) bytes += part.slots.capacity() * sizeof(Slot);
    return bytes;
  }

 private:
  struct Part {
    std::vector<Slot> slots;
    std::size_t used = 0;
  };
  static constexpr unsigned part_bits = 6;
  static constexpr std::size_t first_slots = 8;

  Part& part_of(std::uint64_t hash) { return parts_[hash >> (64U - part_bits)]; }
  /// From the 32 bits below those that chose the part; a part has fewer slots than that.
  static std::size_t home(std::uint64_t hash, std::size_t slots) {
    return (((hash << part_bits) >> 32U) * slots) >> 32U;
  }
  static std::size_t next(const std::vector<Slot>& slots, std::size_t at) {
    return at + 1 == slots.size() ? 0 : at + 1;
  }
  static void place(std::vector<Slot>& slots, const Slot& slot) {
    std::size_t at = home(slot.hash(), slots.size());
    while (!slots[at].is_empty()) at = next(slots, at);
    slots[at] = slot;
  }
  static void grow(Part& part) {
    std::vector<Slot> larger(part.slots.size() + part.slots.size() / 4 + first_slots);
    for (const auto& slot : part.slots) {
      if (!slot.is_empty()) place(larger, slot);
    }
    part.slots.swap(larger);
  }

  std::array<Part, std::size_t{1} << part_bits> parts_;
  std::size_t size_ = 0;
};

}  // namespace cls::flow
