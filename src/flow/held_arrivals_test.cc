// SPDX-License-Identifier: Apache-2.0
#include "flow/held_arrivals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"

namespace cls::flow {
namespace {

using ::testing::ElementsAre;

const Uri path{"s3", "b", "in/"};
const auto unit = lot::LotUnit::twelfths();

lot::LotId lot(std::int64_t index) {
  return lot::LotId::from_index(unit, index);
}

ArrivalBatch files(int first, int count) {
  ArrivalBatch batch(path);
  batch.enter("d/");
  for (int i = first; i < first + count; ++i) {
    const Instant seen(std::chrono::seconds{i});
    const std::string name = format("f{}", i);
    batch.add(ArrivalBatch::File{
        .name = name, .size = 1, .modified = seen, .changed = seen, .first_seen = seen});
  }
  return batch;
}

std::string uri(int number) {
  return format("s3://b/in/d/f{}", number);
}

HeldArrivals held_by(HeldArrivals::Hash hash) {
  return {path, unit, {}, std::move(hash)};
}

TEST(HeldArrivals, UrisWhoseHashesCollideAreToldApart) {
  auto held = held_by([](std::string_view) { return std::uint64_t{42}; });
  const auto first = held.keep(files(0, 100));
  for (HeldArrivals::Id i = 0; i < 100; ++i) held.hold(first + i, lot(i % 3));
  for (int i = 0; i < 100; i += 2) held.let_go(held.find(uri(i))->id);
  for (int i = 0; i < 100; ++i) {
    const auto found = held.find(uri(i));
    ASSERT_EQ(found.has_value(), i % 2 == 1) << i;
    if (!found) continue;
    EXPECT_EQ(held.at(found->id).uri.to_string(), uri(i));
    EXPECT_EQ(found->lot, lot(i % 3));
  }
  EXPECT_EQ(held.size(), 50U);
}

TEST(HeldArrivals, ALotIsThereWhileSomethingIsHeldForIt) {
  HeldArrivals held(path, unit);
  const auto first = held.keep(files(5, 2));
  EXPECT_TRUE(held.lots().empty()) << "they are loose";
  held.hold(first, lot(7));
  held.hold(first + 1, lot(7));
  EXPECT_EQ(held.lots().at(lot(7)).last_seen, Instant(std::chrono::seconds(6)));
  held.let_go(first + 1);
  EXPECT_EQ(held.lots().at(lot(7)).live, 1U);
  EXPECT_FALSE(held.is_live(first + 1));
  held.let_go(first);
  EXPECT_TRUE(held.lots().empty());
  EXPECT_TRUE(held.empty());
  EXPECT_FALSE(held.is_live(first));
}

TEST(HeldArrivals, AnObjectThatIsOverwrittenAgainAndAgainTakesNoMoreMemory) {
  HeldArrivals held(path, unit);
  held.hold(held.keep(files(1, 1)), lot(1));
  for (int i = 0; i < 100'000; ++i) {
    if (const auto before = held.find(uri(0))) held.let_go(before->id);
    held.tidy();
    held.hold(held.keep(files(0, 1)), lot(1));
  }
  EXPECT_EQ(held.lots().at(lot(1)).live, 2U);
  EXPECT_LT(held.lots().at(lot(1)).ids.size(), 2000U);
  EXPECT_TRUE(held.find(uri(1)));
}

TEST(HeldArrivals, WhatIsLoosenedCanBeHeldAgain) {
  HeldArrivals held(path, unit);
  const auto first = held.keep(files(0, 3));
  for (HeldArrivals::Id i = 0; i < 3; ++i) held.hold(first + i, lot(1));
  held.let_go(first + 1);
  const auto loose = held.loosen();
  EXPECT_THAT(loose, ElementsAre(first, first + 2));
  EXPECT_FALSE(held.find(uri(0)));
  held.hold(first, lot(2));
  held.let_go(first + 2);
  EXPECT_EQ(held.find(uri(0))->lot, lot(2));
}

TEST(HeldArrivals, ManySmallBatchesAndTidyingLoseNothing) {
  HeldArrivals held(path, unit);
  constexpr int count = 150'000;
  for (int i = 0; i < count; i += 10) {
    const auto first = held.keep(files(i, 10));
    for (HeldArrivals::Id k = 0; k < 10; ++k) held.hold(first + k, lot(i % 100));
  }
  const auto large = held.keep(files(count, 5000));
  for (HeldArrivals::Id k = 0; k < 5000; ++k) held.hold(large + k, lot(200));
  for (int i = 0; i < count + 5000; ++i) {
    if (i % 1000 != 0) held.let_go(held.find(uri(i))->id);
  }
  held.tidy();
  EXPECT_EQ(held.size(), 155U);
  for (int i = 0; i < count + 5000; i += 1000) {
    const auto found = held.find(uri(i));
    ASSERT_TRUE(found) << i;
    EXPECT_EQ(held.at(found->id).uri.to_string(), uri(i));
    EXPECT_EQ(found->lot, lot(i < count ? i % 100 : 200));
    EXPECT_LT(found->id, 155U) << "it was moved";
    held.let_go(found->id);
  }
  EXPECT_TRUE(held.lots().empty());
}

}  // namespace
}  // namespace cls::flow
