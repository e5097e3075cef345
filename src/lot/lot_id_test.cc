// SPDX-License-Identifier: Apache-2.0
// The vectors L1 to L22, by number, and the arithmetic of lots.
#include "lot/lot_id.h"

#include <limits>
#include <unordered_set>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/error.h"

namespace cls::lot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<unsigned> divisors{1,  2,  3,   4,   5,   6,   8,   9,   10,  12,  15,  16,
                                     18, 20, 24,  30,  32,  36,  40,  45,  48,  60,  72,  80,
                                     90, 96, 120, 144, 160, 180, 240, 288, 360, 480, 720, 1440};

std::string lot_at(LotUnit unit, Instant when) {
  return LotId::at(unit, when)->to_string();
}
std::string lot_at(LotUnit unit, std::string_view when) {
  return lot_at(unit, *parse_instant(when));
}
std::vector<std::string> fourths_sixths_twelfths(Instant when) {
  return {lot_at(LotUnit::fourths(), when), lot_at(LotUnit::sixths(), when),
          lot_at(LotUnit::twelfths(), when)};
}
std::string start_of(std::string_view text) {
  const auto lot = LotId::parse(text);
  return lot ? format_instant_seconds(lot->start()) : lot.error().message;
}
std::string parse_error(std::string_view text) {
  const auto lot = LotId::parse(text);
  return lot ? "no error: " + lot->to_string() : lot.error().message;
}

TEST(LotVectors, L1_MidnightIsOrdinalZero) {
  EXPECT_THAT(fourths_sixths_twelfths(*parse_instant("2021-11-12T00:00:00Z")),
              ElementsAre("20211112PT15M000", "20211112PT10M000", "20211112PT5M000"));
}

TEST(LotVectors, L2_LastInstantOfTheFirstTwelfth) {
  EXPECT_EQ(lot_at(LotUnit::twelfths(), "2021-11-12T00:04:59.999Z"), "20211112PT5M000");
}

TEST(LotVectors, L3_FirstInstantOfTheSecondTwelfth) {
  EXPECT_EQ(lot_at(LotUnit::twelfths(), "2021-11-12T00:05:00Z"), "20211112PT5M001");
}

TEST(LotVectors, L4_LastInstantOfADay) {
  EXPECT_THAT(fourths_sixths_twelfths(*parse_instant("2021-11-12T23:59:59.999Z")),
              ElementsAre("20211112PT15M095", "20211112PT10M143", "20211112PT5M287"));
}

TEST(LotVectors, L5_LeapDay) {
  EXPECT_THAT(fourths_sixths_twelfths(*parse_instant("2024-02-29T12:00:00Z")),
              ElementsAre("20240229PT15M048", "20240229PT10M072", "20240229PT5M144"));
}

TEST(LotVectors, L6_TenPastFour) {
  EXPECT_THAT(fourths_sixths_twelfths(*parse_instant("2023-01-01T04:10:00Z")),
              ElementsAre("20230101PT15M016", "20230101PT10M025", "20230101PT5M050"));
}

TEST(LotVectors, L7_EpochMilliseconds1675727526500) {
  EXPECT_THAT(fourths_sixths_twelfths(Instant(std::chrono::milliseconds(1675727526500))),
              ElementsAre("20230206PT15M095", "20230206PT10M143", "20230206PT5M286"));
}

TEST(LotVectors, L8_EpochMilliseconds1675724421500) {
  EXPECT_THAT(fourths_sixths_twelfths(Instant(std::chrono::milliseconds(1675724421500))),
              ElementsAre("20230206PT15M092", "20230206PT10M138", "20230206PT5M276"));
}

TEST(LotVectors, L9_ParsesTwelfth286) {
  EXPECT_EQ(start_of("20230206PT5M286"), "2023-02-06T23:50:00Z");
}

TEST(LotVectors, L10_ParsesTwelfth287) {
  EXPECT_EQ(start_of("20230206PT5M287"), "2023-02-06T23:55:00Z");
}

TEST(LotVectors, L11_Twelfth288IsAnError) {
  EXPECT_EQ(parse_error("20230206PT5M288"),
            "'20230206PT5M288' is no lot id: the last lot of a day of PT5M is 287, not 288 (right "
            "is, for example, 20230206PT5M286)");
}

TEST(LotVectors, L12_Sixth144AndFourth096AreErrors) {
  EXPECT_THAT(parse_error("20230206PT10M144"), HasSubstr("a day of PT10M is 143, not 144"));
  EXPECT_THAT(parse_error("20230206PT15M096"), HasSubstr("a day of PT15M is 095, not 096"));
}

TEST(LotVectors, L13_LastSixthAndLastFourth) {
  EXPECT_EQ(start_of("20230206PT10M143"), "2023-02-06T23:50:00Z");
  EXPECT_EQ(start_of("20230206PT15M095"), "2023-02-06T23:45:00Z");
}

TEST(LotVectors, L14_ImpossibleDateIsAnErrorNotClamped) {
  EXPECT_THAT(parse_error("20230229PT5M000"), HasSubstr("there is no day 2023-02-29"));
}

TEST(LotVectors, F35_ImpossibleDateIsAnError) {
  for (const auto* text : {"20230229PT5M000", "20230431PT1H000", "20231301PT24H000",
                           "20230001PT5M000", "20230100PT5M000", "21000229PT1M0000"}) {
    EXPECT_THAT(parse_error(text), HasSubstr("there is no day ")) << text;
  }
  EXPECT_EQ(start_of("20000229PT5M000"), "2000-02-29T00:00:00Z");
}

TEST(LotVectors, L15_OrdinalTooShort) {
  EXPECT_THAT(parse_error("20230206PT5M5"),
              HasSubstr("PT5M is followed by exactly 3 digits, not by '5'"));
}

TEST(LotVectors, L16_OrdinalTooLong) {
  EXPECT_THAT(parse_error("20230206PT5M0001"),
              HasSubstr("PT5M is followed by exactly 3 digits, not by '0001'"));
}

TEST(LotVectors, L17_DateWithHyphens) {
  EXPECT_THAT(parse_error("2023-02-06PT5M001"),
              HasSubstr("it does not begin with a date YYYYMMDD"));
}

TEST(LotVectors, L18_TokenInLowerCase) {
  EXPECT_THAT(parse_error("20230206pt5m001"),
              HasSubstr("no unit such as PT5M, in upper case, follows the date"));
}

TEST(LotVectors, L19_UnitIsFoundFromTheTokenOfAnExactId) {
  EXPECT_THAT(parse_error("lot=20230206PT1H001"), HasSubstr("does not begin with a date"));
  EXPECT_EQ(LotId::parse("20230206PT1H001")->unit(), LotUnit::hours());
  EXPECT_THAT(parse_error("20230206PT1M001"), HasSubstr("PT1M is followed by exactly 4 digits"));
  EXPECT_EQ(LotId::parse("20230206PT1M0001")->unit().name(), "PT1M");
  EXPECT_THAT(parse_error("20230206"), HasSubstr("no unit such as PT5M"));
}

TEST(LotVectors, L20_OffsetTimeGoesThroughTheInstant) {
  EXPECT_EQ(lot_at(LotUnit::twelfths(), "2023-01-01T00:02:00+02:00"), "20221231PT5M264");
}

TEST(LotVectors, L21_PreviousCrossesTheYear) {
  const Instant when = LotUnit::twelfths().truncate(*parse_instant("2023-01-01T00:00:01Z"));
  EXPECT_EQ(LotId::at(LotUnit::twelfths(), when)->previous().to_string(), "20221231PT5M287");
}

TEST(LotVectors, L22_OffsetThatIsNoMultipleOfTheUnit) {
  EXPECT_EQ(lot_at(LotUnit::sixths(), "2023-01-01T10:06:00+05:45"), "20230101PT10M026");
}

TEST(LotId, WidthsOfMinutesHoursAndDays) {
  EXPECT_EQ(lot_at(*LotUnit::parse("PT1M"), "2023-02-06T23:59:59Z"), "20230206PT1M1439");
  EXPECT_EQ(lot_at(LotUnit::hours(), "2023-02-06T23:59:59Z"), "20230206PT1H023");
  EXPECT_EQ(lot_at(LotUnit::days(), "2023-02-06T23:59:59Z"), "20230206PT24H000");
  EXPECT_EQ(start_of("20230206PT1M1439"), "2023-02-06T23:59:00Z");
  EXPECT_EQ(start_of("20230206PT1H023"), "2023-02-06T23:00:00Z");
  EXPECT_EQ(start_of("20230206PT24H000"), "2023-02-06T00:00:00Z");
  EXPECT_THAT(parse_error("20230206PT1M1440"), HasSubstr("a day of PT1M is 1439, not 1440"));
  EXPECT_THAT(parse_error("20230206PT1H024"), HasSubstr("a day of PT1H is 023, not 024"));
  EXPECT_THAT(parse_error("20230206PT24H001"), HasSubstr("a day of PT24H is 000, not 001"));
}

TEST(LotId, RefusesWhatIsNotExactlyALot) {
  for (const auto* text :
       {"", "2023", "20230206PT", "20230206PT5M", "20230206PT5M28x", " 20230206PT5M286",
        "20230206PT5M286 ", "20230206PT5M286/", "20230206PT5M-01", "20230206PT05M286",
        "20230206PT60M001", "20230206PT7M001", "20230206PT12H000", "2023020éPT5M001",
        "20230206P5M001", "20230206PT5M+01"}) {
    const auto lot = LotId::parse(text);
    ASSERT_FALSE(lot) << text;
    EXPECT_EQ(lot.error().code, FailureCode::Invalid) << text;
  }
  EXPECT_THAT(parse_error("20230206PT60M001"), HasSubstr("'PT60M' is written PT1H"));
  EXPECT_FALSE(LotId::parse(std::string_view("20230206PT5M286\0", 16)));
}

TEST(LotId, EndIsTheStartOfTheNext) {
  const LotId lot = *LotId::parse("20240229PT24H000");
  EXPECT_EQ(format_instant_seconds(lot.end()), "2024-03-01T00:00:00Z");
  EXPECT_EQ(lot.next().to_string(), "20240301PT24H000");
  EXPECT_EQ(LotId::parse("20231231PT1H023")->next().to_string(), "20240101PT1H000");
  EXPECT_EQ(LotId::parse("20240101PT5M000")->plus(-288).to_string(), "20231231PT5M000");
}

TEST(LotId, IndexCountsFrom1970) {
  EXPECT_EQ(LotId::parse("19700101PT1H000")->index(), 0);
  EXPECT_EQ(LotId::parse("19700102PT1H001")->index(), 25);
  EXPECT_EQ(LotId::parse("19691231PT1H023")->index(), -1);
  EXPECT_EQ(LotId::from_index(LotUnit::hours(), -1).to_string(), "19691231PT1H023");
  EXPECT_EQ(LotId().to_string(), "19700101PT5M000");
}

TEST(LotId, ExistsOnlyWhereAnInstantReaches) {
  EXPECT_EQ(start_of("16780101PT5M000"), "1678-01-01T00:00:00Z");
  const LotId last = *LotId::parse("22611231PT5M287");
  EXPECT_EQ(format_instant_seconds(last.end()), "2262-01-01T00:00:00Z");
  EXPECT_THAT(parse_error("16771231PT5M000"), HasSubstr("in the years 1678 to 2261, not in 1677"));
  EXPECT_THAT(parse_error("99991231PT5M000"), HasSubstr("in the years 1678 to 2261, not in 9999"));
  EXPECT_THAT(parse_error("00000101PT5M000"), HasSubstr("in the years 1678 to 2261, not in 0"));
  EXPECT_EQ(LotId::at(LotUnit::twelfths(), Instant::max()).error().message,
            "lots exist in the years 1678 to 2261, not in 2262");
  EXPECT_EQ(LotId::at(LotUnit::twelfths(), Instant::min()).error().message,
            "lots exist in the years 1678 to 2261, not in 1677");
  EXPECT_THROW(last.next(), Error);
  EXPECT_THROW(LotId::parse("16780101PT24H000")->previous(), Error);
  EXPECT_THROW(last.plus(std::numeric_limits<std::int64_t>::max()), Error);
  EXPECT_THROW(last.plus(std::numeric_limits<std::int64_t>::min()), Error);
  EXPECT_THROW(LotId::from_index(LotUnit::days(), std::int64_t{1} << 60), Error);
}

TEST(LotId, IsOrderedByUnitThenByStart) {
  EXPECT_LT(*LotId::parse("20230206PT5M286"), *LotId::parse("20230206PT5M287"));
  EXPECT_LT(*LotId::parse("20230206PT5M287"), *LotId::parse("20230101PT10M000"));
}

TEST(LotId, HashesDiffer) {
  std::unordered_set<LotId> lots;
  for (std::int64_t i = -1000; i < 1000; ++i) {
    lots.insert(LotId::from_index(LotUnit::hours(), i));
    lots.insert(LotId::from_index(LotUnit::twelfths(), i));
  }
  EXPECT_EQ(lots.size(), 4000U);
  EXPECT_TRUE(lots.contains(*LotId::parse("19700101PT1H005")));
}

// Properties

LotUnit any_unit() {
  return *LotUnit::of_minutes(*rc::gen::elementOf(divisors));
}
/// An instant of the years 1678 to 2261, less a margin for the arithmetic.
// Far enough from both ends of what an instant holds for a few thousand lots of a day.
Instant any_instant() {
  return Instant(std::chrono::nanoseconds(
      *rc::gen::inRange<std::int64_t>(-9'000'000'000'000'000'000, 9'000'000'000'000'000'000)));
}

TEST(LotProperties, ALotHoldsItsInstantsAndPrintsAndParses) {
  EXPECT_TRUE(rc::check([] {
    const LotUnit unit = any_unit();
    const Instant when = any_instant();
    const auto lot = LotId::at(unit, when);
    RC_ASSERT(lot.has_value());
    RC_ASSERT(lot->start() <= when);
    RC_ASSERT(when < lot->end());
    RC_ASSERT(lot->end() - lot->start() == unit.duration());
    RC_ASSERT(lot->start() == unit.truncate(when));
    RC_ASSERT(LotId::at(unit, lot->start()) == *lot);
    RC_ASSERT(LotId::parse(lot->to_string()) == *lot);
  }));
}

TEST(LotProperties, NextAndPreviousAreInverseAndIndicesConsecutive) {
  EXPECT_TRUE(rc::check([] {
    const LotId lot = *LotId::at(any_unit(), any_instant());
    RC_ASSERT(lot.next().previous() == lot);
    RC_ASSERT(lot.previous().next() == lot);
    RC_ASSERT(lot.next().index() == lot.index() + 1);
    RC_ASSERT(lot.next().start() == lot.end());
    RC_ASSERT(LotId::from_index(lot.unit(), lot.index()) == lot);
    const auto n = *rc::gen::inRange<std::int64_t>(-1000, 1000);
    RC_ASSERT(lot.plus(n).index() == lot.index() + n);
    RC_ASSERT(lot.plus(n).start() == lot.start() + n * lot.unit().duration());
    RC_ASSERT(lot.plus(n).plus(-n) == lot);
  }));
}

TEST(LotProperties, TextsOfAUnitSortLikeTheLots) {
  EXPECT_TRUE(rc::check([] {
    const LotUnit unit = any_unit();
    const LotId a = *LotId::at(unit, any_instant());
    const LotId b = a.plus(*rc::gen::inRange<std::int64_t>(-2000, 2000));
    RC_ASSERT((a < b) == (a.to_string() < b.to_string()));
    RC_ASSERT((a < b) == (a.start() < b.start()));
  }));
}

}  // namespace
}  // namespace cls::lot
