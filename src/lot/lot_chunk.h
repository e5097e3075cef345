// SPDX-License-Identifier: Apache-2.0
// LotChunk: the members of a LotSet among 4096 neighbouring lots, as runs where these are few and
// as a bitmap where they are not, so that neither a dense nor a scattered set costs much.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace cls::lot {

/// A set of positions 0…4095. Its representation follows from its members alone, so that equal sets
/// compare equal member by member.
class LotChunk {
 public:
  static constexpr unsigned positions = 4096;
  static constexpr std::size_t words = positions / 64;
  using Bits = std::array<std::uint64_t, words>;

  /// Neighbouring positions, both ends included.
  struct Run {
    std::uint16_t first = 0;
    std::uint16_t last = 0;
    bool operator==(const Run&) const = default;
  };

  LotChunk() = default;
  static LotChunk from_bits(const Bits& bits);
  Bits bits() const;

  unsigned count() const { return count_; }
  bool contains(unsigned position) const;
  void insert(unsigned first, unsigned last);
  void erase(unsigned first, unsigned last);
  /// What is at or after `position` of the first run that reaches it.
  std::optional<Run> run_from(unsigned position) const;
  /// The greatest member of a chunk that is not empty.
  unsigned last() const;
  /// Bytes on the heap.
  std::size_t heap_bytes() const;

  bool operator==(const LotChunk&) const = default;

 private:
  /// More runs than this take as many bytes as the bitmap.
  static constexpr std::size_t most_runs = words * sizeof(std::uint64_t) / sizeof(Run);

  void insert_into_runs(unsigned position);
  void insert_into_bitmap(unsigned position);

  std::vector<Run> runs_;              ///< sorted, not touching; empty where there is a bitmap
  std::vector<std::uint64_t> bitmap_;  ///< empty, or one bit per position
  std::uint16_t count_ = 0;
  std::uint16_t run_count_ = 0;
};

}  // namespace cls::lot
