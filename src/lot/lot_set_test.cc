// SPDX-License-Identifier: Apache-2.0
#include "lot/lot_set.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/error.h"

namespace cls::lot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

static_assert(std::forward_iterator<LotSet::Iterator>);
static_assert(std::forward_iterator<LotSet::RunIterator>);

constexpr std::uint64_t million = 1'000'000;

LotId lot(std::string_view text) {
  return *LotId::parse(text);
}
LotRange range(std::string_view text) {
  return *LotRange::parse(text);
}
LotSet set(std::string_view text) {
  return *LotSet::parse(text);
}
LotId twelfth(std::int64_t index) {
  return LotId::from_index(LotUnit::twelfths(), index);
}

std::string parse_error(std::string_view text) {
  const auto parsed = LotSet::parse(text);
  return parsed ? "no error: " + parsed->to_string() : parsed.error().message;
}

TEST(LotSet, ParsesAndPrints) {
  const LotSet lots = set("20230101PT5M000..20230101PT5M287,20230103PT5M004");
  EXPECT_EQ(lots.count(), 289U);
  EXPECT_EQ(lots.unit(), LotUnit::twelfths());
  EXPECT_EQ(lots.first(), lot("20230101PT5M000"));
  EXPECT_EQ(lots.last(), lot("20230103PT5M004"));
  EXPECT_EQ(lots.to_string(), "20230101PT5M000..20230101PT5M287,20230103PT5M004");
}

TEST(LotSet, MergesWhatTouchesOrOverlaps) {
  EXPECT_EQ(set("20230101PT5M004,20230101PT5M000..20230101PT5M003,20230101PT5M002").to_string(),
            "20230101PT5M000..20230101PT5M004");
  EXPECT_EQ(set("20230101PT24H000,20230102PT24H000").to_string(),
            "20230101PT24H000..20230102PT24H000");
}

TEST(LotSet, RefusesBadTexts) {
  EXPECT_EQ(parse_error("20230101PT5M000,20230101PT10M000"),
            "20230101PT10M000 is of another unit than the lots before it, which are Twelfths; a "
            "set has lots of one unit");
  EXPECT_THAT(parse_error("20230101PT5M000,20230229PT5M000"), HasSubstr("no day 2023-02-29"));
  EXPECT_THAT(parse_error("20230101PT5M001..20230101PT5M000"), HasSubstr("ends before it begins"));
  for (const auto* text :
       {",", "20230101PT5M000,", ",20230101PT5M000", "20230101PT5M000, 20230101PT5M001", " "}) {
    EXPECT_FALSE(LotSet::parse(text)) << text;
  }
}

TEST(LotSet, TheEmptySetHasNoUnit) {
  LotSet lots = set("");
  EXPECT_TRUE(lots.empty());
  EXPECT_EQ(lots.unit(), std::nullopt);
  EXPECT_EQ(lots.first(), std::nullopt);
  EXPECT_EQ(lots.last(), std::nullopt);
  EXPECT_EQ(lots.to_string(), "");
  EXPECT_TRUE(lots.begin() == lots.end());
  lots.insert(lot("20230101PT5M000"));
  lots.erase(lot("20230101PT5M000"));
  EXPECT_EQ(lots, LotSet());
  lots.insert(lot("20230101PT1H000"));
  EXPECT_EQ(lots.unit(), LotUnit::hours());
}

TEST(LotSet, ErasesFromTheMiddleOfARun) {
  LotSet lots = LotSet::of(range("20230101PT5M000..20230101PT5M009"));
  lots.erase(lot("20230101PT5M004"));
  lots.erase(lot("20230101PT5M004"));
  lots.erase(range("20230101PT5M007..20230102PT5M000"));
  EXPECT_EQ(lots.to_string(), "20230101PT5M000..20230101PT5M003,20230101PT5M005..20230101PT5M006");
  EXPECT_EQ(lots.count(), 6U);
}

TEST(LotSet, IteratesLotsAndRunsInOrder) {
  const LotSet lots =
      LotSet::of({lot("20230101PT1H005"), lot("20230101PT1H001"), lot("20230101PT1H000")});
  EXPECT_THAT(std::vector<LotId>(lots.begin(), lots.end()),
              ElementsAre(lot("20230101PT1H000"), lot("20230101PT1H001"), lot("20230101PT1H005")));
  std::vector<std::string> runs;
  for (const auto& run : lots.runs()) runs.push_back(run.to_string());
  EXPECT_THAT(runs, ElementsAre("20230101PT1H000..20230101PT1H001", "20230101PT1H005"));
}

TEST(LotSet, RunsGoOnFromChunkToChunkOnBothSidesOf1970) {
  LotSet lots;
  lots.insert(LotRange{twelfth(-10'000), twelfth(10'000)});
  EXPECT_EQ(lots.count(), 20'001U);
  EXPECT_EQ(std::distance(lots.runs().begin(), lots.runs().end()), 1);
  EXPECT_EQ(*lots.runs().begin(), (LotRange{twelfth(-10'000), twelfth(10'000)}));
  lots.erase(twelfth(4096));
  lots.erase(twelfth(-1));
  const std::vector<LotRange> runs(lots.runs().begin(), lots.runs().end());
  EXPECT_EQ(runs, (std::vector<LotRange>{{twelfth(-10'000), twelfth(-2)},
                                         {twelfth(0), twelfth(4095)},
                                         {twelfth(4097), twelfth(10'000)}}));
}

TEST(LotSet, UnitsNeverMixSilently) {
  LotSet twelfths = set("20230101PT5M000");
  const LotSet hours = set("20230101PT1H000");
  EXPECT_THROW(twelfths.insert(lot("20230101PT1H000")), Error);
  EXPECT_THROW(twelfths.insert(range("20230101PT1H000..20230101PT1H001")), Error);
  EXPECT_THROW(twelfths.insert(LotRange{lot("20230101PT5M000"), lot("20230101PT1H000")}), Error);
  EXPECT_THROW(twelfths | hours, Error);
  EXPECT_THROW(twelfths & hours, Error);
  EXPECT_THROW(twelfths - hours, Error);
  EXPECT_EQ(set_union(twelfths, hours).error().message,
            "sets of lots of different units, Twelfths and Hours, do not combine");
  EXPECT_EQ(set_intersection(twelfths, hours).error().code, FailureCode::Invalid);
  EXPECT_EQ(set_difference(twelfths, hours).error().code, FailureCode::Invalid);
  EXPECT_FALSE(twelfths.contains(lot("20230101PT1H000")));
  twelfths.erase(lot("20230101PT1H000"));
  EXPECT_EQ(twelfths.to_string(), "20230101PT5M000");
}

TEST(LotSet, TheEmptySetCombinesWithAnyUnit) {
  const LotSet hours = set("20230101PT1H000");
  EXPECT_EQ(LotSet() | hours, hours);
  EXPECT_EQ(hours | LotSet(), hours);
  EXPECT_EQ(hours & LotSet(), LotSet());
  EXPECT_EQ(hours - LotSet(), hours);
  EXPECT_EQ(hours - hours, LotSet());
}

TEST(LotSet, ADenseMillionIsSmall) {
  LotSet lots;
  lots.insert(LotRange{twelfth(0), twelfth(million - 1)});
  EXPECT_EQ(lots.count(), million);
  EXPECT_LT(lots.memory_bytes(), 64U * 1024);
}

TEST(LotSet, ADenseMillionInsertedOneByOneIsSmall) {
  LotSet lots;
  // 7 is prime to 1,000,000: this reaches every lot once, scattered.
  for (std::uint64_t i = 0; i < million; ++i) {
    lots.insert(twelfth(static_cast<std::int64_t>(i * 700'001 % million)));
  }
  EXPECT_EQ(lots.count(), million);
  EXPECT_EQ(lots, LotSet::of(LotRange{twelfth(0), twelfth(million - 1)}));
  EXPECT_LT(lots.memory_bytes(), 64U * 1024);
}

TEST(LotSet, EveryOtherLotOfTwoMillionIsSmall) {
  LotSet lots;
  for (std::uint64_t i = 0; i < million; ++i)
    lots.insert(twelfth(static_cast<std::int64_t>(2 * i)));
  EXPECT_EQ(lots.count(), million);
  EXPECT_LT(lots.memory_bytes(), 512U * 1024);
  EXPECT_TRUE(lots.contains(twelfth(123'456)));
  EXPECT_FALSE(lots.contains(twelfth(123'457)));
  std::int64_t expected = 0;
  for (const LotId each : lots) {
    ASSERT_EQ(each.index(), expected);
    expected += 2;
  }
  EXPECT_EQ(expected, 2'000'000);
}

TEST(LotSet, EveryHundredthLotOfAHundredMillionStaysWithinTwelveMegabytes) {
  const LotUnit minute = *LotUnit::of_minutes(1);
  LotSet lots;
  for (std::int64_t i = 0; i < 1'000'000; ++i) lots.insert(LotId::from_index(minute, i * 100));
  EXPECT_EQ(lots.count(), million);
  EXPECT_LT(lots.memory_bytes(), 12U * 1024 * 1024);
}

// Properties, against std::set.

using Model = std::set<std::int64_t>;

/// Indices that crowd round a few chunk borders, or scatter widely.
Model any_model() {
  const auto spread = *rc::gen::elementOf(std::vector<std::int64_t>{50, 3000, 20'000, 1'000'000});
  const auto indices =
      *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange(-spread, spread));
  Model model(indices.begin(), indices.end());
  // Many lots in a row, or every other one, so that bitmaps and long runs occur.
  if (*rc::gen::arbitrary<bool>()) {
    const auto step = *rc::gen::inRange<std::int64_t>(1, 4);
    const auto from = *rc::gen::inRange<std::int64_t>(-9000, 9000);
    const auto length = *rc::gen::inRange<std::int64_t>(0, 3000);
    for (std::int64_t i = 0; i < length; ++i) model.insert(from + i * step);
  }
  return model;
}

LotSet to_set(const Model& model) {
  LotSet lots;
  for (const auto index : model) lots.insert(twelfth(index));
  return lots;
}

Model to_model(const LotSet& lots) {
  Model model;
  for (const LotId each : lots) model.insert(each.index());
  return model;
}

TEST(LotSetProperties, HoldsWhatASetHolds) {
  EXPECT_TRUE(rc::check([] {
    const Model model = any_model();
    const LotSet lots = to_set(model);
    RC_ASSERT(lots.count() == model.size());
    RC_ASSERT(to_model(lots) == model);
    RC_ASSERT(lots.first().has_value() == !model.empty());
    if (model.empty()) return;
    RC_ASSERT(lots.first()->index() == *model.begin());
    RC_ASSERT(lots.last()->index() == *model.rbegin());
    const auto probe = *rc::gen::inRange<std::int64_t>(*model.begin() - 2, *model.rbegin() + 3);
    RC_ASSERT(lots.contains(twelfth(probe)) == model.contains(probe));
  }));
}

TEST(LotSetProperties, ParseUndoesPrint) {
  EXPECT_TRUE(rc::check([] {
    const LotSet lots = to_set(any_model());
    RC_ASSERT(LotSet::parse(lots.to_string()) == lots);
  }));
}

TEST(LotSetProperties, RunsAreMaximalAndCoverTheSet) {
  EXPECT_TRUE(rc::check([] {
    const LotSet lots = to_set(any_model());
    std::uint64_t covered = 0;
    std::optional<LotId> before;
    for (const auto& run : lots.runs()) {
      RC_ASSERT(run.first <= run.last);
      if (before) RC_ASSERT(before->index() + 1 < run.first.index());
      before = run.last;
      covered += run.count();
    }
    RC_ASSERT(covered == lots.count());
  }));
}

TEST(LotSetProperties, AlgebraIsThatOfSets) {
  EXPECT_TRUE(rc::check([] {
    const Model a = any_model();
    const Model b = any_model();
    const LotSet x = to_set(a);
    const LotSet y = to_set(b);
    Model expected;
    std::ranges::set_union(a, b, std::inserter(expected, expected.end()));
    RC_ASSERT((x | y) == to_set(expected));
    RC_ASSERT(to_model(x | y) == expected);
    expected.clear();
    std::ranges::set_intersection(a, b, std::inserter(expected, expected.end()));
    RC_ASSERT((x & y) == to_set(expected));
    RC_ASSERT((x & y).count() == expected.size());
    expected.clear();
    std::ranges::set_difference(a, b, std::inserter(expected, expected.end()));
    RC_ASSERT((x - y) == to_set(expected));
    RC_ASSERT(to_model(x - y) == expected);
  }));
}

TEST(LotSetProperties, InsertingAndErasingRangesFollowsTheModel) {
  EXPECT_TRUE(rc::check([] {
    Model model = any_model();
    LotSet lots = to_set(model);
    const auto steps = *rc::gen::inRange(1, 8);
    for (int step = 0; step < steps; ++step) {
      const auto first = *rc::gen::inRange<std::int64_t>(-9000, 9000);
      const auto last = first + *rc::gen::elementOf(std::vector<std::int64_t>{0, 1, 63, 64, 6000});
      if (*rc::gen::arbitrary<bool>()) {
        lots.insert(LotRange{twelfth(first), twelfth(last)});
        for (auto i = first; i <= last; ++i) model.insert(i);
      } else {
        lots.erase(LotRange{twelfth(first), twelfth(last)});
        model.erase(model.lower_bound(first), model.upper_bound(last));
      }
      RC_ASSERT(lots == to_set(model));
      RC_ASSERT(to_model(lots) == model);
    }
  }));
}

}  // namespace
}  // namespace cls::lot
