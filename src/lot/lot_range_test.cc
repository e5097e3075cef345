// SPDX-License-Identifier: Apache-2.0
#include "lot/lot_range.h"

#include <iterator>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cls::lot {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

static_assert(std::forward_iterator<LotRange::Iterator>);

LotId lot(std::string_view text) {
  return *LotId::parse(text);
}
Instant time(std::string_view text) {
  return *parse_instant(text);
}

std::string parse_error(std::string_view text) {
  const auto range = LotRange::parse(text);
  return range ? "no error: " + range->to_string() : range.error().message;
}

TEST(LotRange, BothEndsAreIncluded) {
  const LotRange range = *LotRange::parse("20221231PT5M286..20230101PT5M001");
  EXPECT_EQ(range.count(), 4U);
  std::vector<std::string> texts;
  for (const LotId each : range) texts.push_back(each.to_string());
  EXPECT_THAT(texts, ElementsAre("20221231PT5M286", "20221231PT5M287", "20230101PT5M000",
                                 "20230101PT5M001"));
  EXPECT_EQ(range.to_string(), "20221231PT5M286..20230101PT5M001");
}

TEST(LotRange, ALoneLotIsARange) {
  const LotRange range = *LotRange::parse("20230101PT1H003");
  EXPECT_EQ(range.count(), 1U);
  EXPECT_EQ(range.first, range.last);
  EXPECT_EQ(range.to_string(), "20230101PT1H003");
  EXPECT_EQ(LotRange::parse("20230101PT1H003..20230101PT1H003"), range);
}

TEST(LotRange, ContainsLotsOfItsUnitOnly) {
  const LotRange range = *LotRange::parse("20230101PT5M010..20230101PT5M020");
  EXPECT_TRUE(range.contains(lot("20230101PT5M010")));
  EXPECT_TRUE(range.contains(lot("20230101PT5M020")));
  EXPECT_FALSE(range.contains(lot("20230101PT5M009")));
  EXPECT_FALSE(range.contains(lot("20230101PT5M021")));
  EXPECT_FALSE(range.contains(lot("20230101PT10M010")));
}

TEST(LotRange, RefusesTwoUnitsAndReversedEnds) {
  EXPECT_EQ(parse_error("20230101PT5M000..20230101PT10M000"),
            "the range 20230101PT5M000..20230101PT10M000 has two units; both ends must be lots of "
            "Twelfths or of Sixths");
  EXPECT_EQ(parse_error("20230101PT5M001..20230101PT5M000"),
            "the range 20230101PT5M001..20230101PT5M000 ends before it begins; the earlier lot "
            "comes first");
  for (const auto* text :
       {"", "..", "20230101PT5M001..", "..20230101PT5M001", "20230101PT5M001...20230101PT5M002",
        "20230101PT5M001-20230101PT5M002", "20230101PT5M001..20230101PT5M002..20230101PT5M003"}) {
    EXPECT_FALSE(LotRange::parse(text)) << text;
  }
}

TEST(LotRange, AnIllFormedRangeHasNoLots) {
  const LotRange reversed{lot("20230101PT5M001"), lot("20230101PT5M000")};
  const LotRange mixed{lot("20230101PT5M000"), lot("20230101PT10M000")};
  for (const auto& range : {reversed, mixed}) {
    EXPECT_EQ(range.count(), 0U);
    EXPECT_TRUE(range.begin() == range.end());
    EXPECT_FALSE(range.contains(range.first));
    EXPECT_FALSE(range.contains(range.last));
  }
}

TEST(LotRange, IteratesToTheVeryLastLot) {
  std::uint64_t seen = 0;
  const LotRange range = *LotRange::parse("22611231PT1H020..22611231PT1H023");
  for (const LotId each : range) {
    seen += each.unit().minutes() / 60;
  }
  EXPECT_EQ(seen, 4U);
}

const Instant now = *parse_instant("2023-02-06T12:00:00Z");

std::string moment(std::string_view text) {
  const auto at = parse_moment(text, now);
  return at ? format_instant_seconds(*at) : at.error().message;
}

TEST(Moment, IsALotATimeOrADurationAgo) {
  EXPECT_EQ(moment("20230206PT5M286"), "2023-02-06T23:50:00Z");
  EXPECT_EQ(moment("20230206PT1H005"), "2023-02-06T05:00:00Z");
  EXPECT_EQ(moment("2023-02-06"), "2023-02-06T00:00:00Z");
  EXPECT_EQ(moment("2023-01-01T10:06:00+05:45"), "2023-01-01T04:21:00Z");
  EXPECT_EQ(moment("12h"), "2023-02-06T00:00:00Z");
  EXPECT_EQ(moment("1d"), "2023-02-05T12:00:00Z");
  EXPECT_EQ(moment("PT5M"), "2023-02-06T11:55:00Z");
}

TEST(Moment, ALotAsLatestIsIncluded) {
  const Moment given = *Moment::parse("20230206PT5M286", now);
  EXPECT_EQ(given.lot, lot("20230206PT5M286"));
  EXPECT_EQ(format_instant_seconds(given.as_latest()), "2023-02-06T23:55:00Z");
  const Moment date = *Moment::parse("2023-02-06T23:50:00Z", now);
  EXPECT_EQ(date.lot, std::nullopt);
  EXPECT_EQ(format_instant_seconds(date.as_latest()), "2023-02-06T23:50:00Z");
}

TEST(Moment, SaysWhatIsWrong) {
  EXPECT_EQ(moment("yesterday"),
            "'yesterday' is no moment; write a lot id (20230206PT5M286), a date or time "
            "(2023-02-06T23:52:06Z), or how long ago (12h)");
  EXPECT_THAT(moment("20230229PT5M000"), HasSubstr("there is no day 2023-02-29"));
  EXPECT_THAT(moment("20230206pt5m001"), HasSubstr("in upper case"));
  EXPECT_THAT(moment("2023-02-29"), HasSubstr("is no moment"));
  EXPECT_THAT(moment("4000000000w"), HasSubstr("out of reach"));
  EXPECT_THAT(moment("150000d"), HasSubstr("out of reach"));
  EXPECT_FALSE(parse_moment("", now));
  EXPECT_FALSE(parse_moment("20230206", now));
}

struct WindowRow {
  const char* name;
  const char* earliest;
  const char* latest;
  const char* start;
  const char* end_exclusive;
  const char* end_inclusive;
  std::uint64_t count;
};

class WindowRows : public testing::TestWithParam<WindowRow> {};

TEST_P(WindowRows, FollowsFromTheInstants) {
  const auto& row = GetParam();
  const auto window = ScanWindow::of(LotUnit::twelfths(), time(row.earliest), time(row.latest));
  ASSERT_TRUE(window);
  EXPECT_EQ(window->start.to_string(), row.start);
  EXPECT_EQ(window->end_exclusive.to_string(), row.end_exclusive);
  EXPECT_EQ(window->end_inclusive.to_string(), row.end_inclusive);
  EXPECT_EQ(window->range_count, row.count);
}

INSTANTIATE_TEST_SUITE_P(
    Scan, WindowRows,
    testing::Values(WindowRow{"Aligned", "2024-05-01T00:00:00Z", "2024-05-01T12:00:00Z",
                              "20240501PT5M000", "20240501PT5M144", "20240501PT5M143", 144},
                    WindowRow{"AcrossMidnight", "2023-12-31T23:50:00Z", "2024-01-01T00:05:00Z",
                              "20231231PT5M286", "20240101PT5M001", "20240101PT5M000", 3},
                    WindowRow{"LatestWithinALot", "2024-05-01T00:00:00Z", "2024-05-01T00:11:00Z",
                              "20240501PT5M000", "20240501PT5M002", "20240501PT5M001", 2},
                    WindowRow{"BothWithinLots", "2024-05-01T00:02:00Z", "2024-05-01T00:11:00Z",
                              "20240501PT5M000", "20240501PT5M002", "20240501PT5M001", 1},
                    WindowRow{"SameLot", "2024-05-01T00:01:00Z", "2024-05-01T00:04:00Z",
                              "20240501PT5M000", "20240501PT5M001", "20240501PT5M000", 1},
                    WindowRow{"SameInstant", "2024-05-01T00:05:00Z", "2024-05-01T00:05:00Z",
                              "20240501PT5M001", "20240501PT5M002", "20240501PT5M001", 1}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(ScanWindow, RefusesLatestBeforeEarliest) {
  const auto window =
      ScanWindow::of(LotUnit::hours(), time("2024-05-01T02:00:00Z"), time("2024-05-01T01:00:00Z"));
  ASSERT_FALSE(window);
  EXPECT_EQ(window.error().message,
            "the latest moment 2024-05-01T01:00:00Z is before the earliest, 2024-05-01T02:00:00Z");
  EXPECT_FALSE(ScanWindow::of(LotUnit::days(), time("2261-12-31"), time("2261-12-31")));
}

}  // namespace
}  // namespace cls::lot
