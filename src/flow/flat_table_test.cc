// SPDX-License-Identifier: Apache-2.0
#include "flow/flat_table.h"

#include <map>

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cls::flow {
namespace {

struct Slot {
  std::uint32_t name = 0;  // 0 where there is none
  std::uint32_t value = 0;
  std::uint64_t hash_value = 0;
  bool is_empty() const { return name == 0; }
  std::uint64_t hash() const { return hash_value; }
};

/// Few hashes, in few parts, at both ends of a part: chains that run into each other and around.
std::uint64_t poor_hash(std::uint32_t name) {
  return std::uint64_t{name % 7 == 0 ? 0 : ~0ULL << 40U} + (std::uint64_t{name % 3} << 60U);
}

TEST(FlatTable, DoesWhatAMapDoesThoughHashesCollide) {
  EXPECT_TRUE(rc::check([] {
    FlatTable<Slot> table;
    std::map<std::uint32_t, std::uint32_t> wanted;
    for (std::uint32_t step = 0; step < 300; ++step) {
      const auto name = *rc::gen::inRange<std::uint32_t>(1, 60);
      const std::uint64_t hash = poor_hash(name);
      Slot* found = table.find(hash, [&](const Slot& slot) { return slot.name == name; });
      const auto known = wanted.find(name);
      RC_ASSERT((found != nullptr) == (known != wanted.end()));
      if (found == nullptr) {
        table.insert({name, step, hash});
        wanted[name] = step;
      } else {
        RC_ASSERT(found->value == known->second);
        table.erase(found);
        wanted.erase(known);
      }
      RC_ASSERT(table.size() == wanted.size());
    }
    std::map<std::uint32_t, std::uint32_t> all;
    table.for_each([&](const Slot& slot) { all.emplace(slot.name, slot.value); });
    RC_ASSERT(all == wanted);
  }));
}

TEST(FlatTable, HasAtMost16SlotsFor10Entries) {
  FlatTable<Slot> table;
  constexpr std::uint32_t entries = 200'000;
  for (std::uint32_t name = 1; name <= entries; ++name) {
    table.insert({name, 0, name * 0x9E3779B97F4A7C15ULL});
  }
  EXPECT_EQ(table.size(), entries);
  EXPECT_LT(table.memory_bytes(), entries * sizeof(Slot) * 17 / 10);
  table.clear();
  EXPECT_LT(table.memory_bytes(), 4096U);
}

TEST(FlatTable, AnEmptyTableHoldsNoMemory) {
  FlatTable<Slot> table;
  EXPECT_EQ(table.find(5, [](const Slot&) { return true; }), nullptr);
  table.insert({1, 0, 5});
  table.erase(table.find(5, [](const Slot&) { return true; }));
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.memory_bytes(), sizeof table);
}

}  // namespace
}  // namespace cls::flow
