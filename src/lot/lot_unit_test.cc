// SPDX-License-Identifier: Apache-2.0
#include "lot/lot_unit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cls::lot {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string parse_error(std::string_view text) {
  const auto unit = LotUnit::parse(text);
  return unit ? "no error: " + unit->name() : unit.error().message;
}

TEST(LotUnit, ReadsTheNamesInAnyCase) {
  EXPECT_EQ(LotUnit::parse("Fourths"), LotUnit::fourths());
  EXPECT_EQ(LotUnit::parse("FOURTHS"), LotUnit::fourths());
  EXPECT_EQ(LotUnit::parse("sIxThS"), LotUnit::sixths());
  EXPECT_EQ(LotUnit::parse("twelfths"), LotUnit::twelfths());
  EXPECT_EQ(LotUnit::parse("hours"), LotUnit::hours());
  EXPECT_EQ(LotUnit::parse("DAYS"), LotUnit::days());
}

TEST(LotUnit, ReadsTokensInAnyCase) {
  EXPECT_EQ(LotUnit::parse("PT15M"), LotUnit::fourths());
  EXPECT_EQ(LotUnit::parse("pt10m"), LotUnit::sixths());
  EXPECT_EQ(LotUnit::parse("PT5M"), LotUnit::twelfths());
  EXPECT_EQ(LotUnit::parse("PT60M"), LotUnit::hours());
  EXPECT_EQ(LotUnit::parse("pt1h"), LotUnit::hours());
  EXPECT_EQ(LotUnit::parse("PT1440M"), LotUnit::days());
  EXPECT_EQ(LotUnit::parse("Pt24H"), LotUnit::days());
  EXPECT_EQ(LotUnit::parse("PT1M")->minutes(), 1U);
  EXPECT_EQ(LotUnit::parse("PT90M")->minutes(), 90U);
}

struct UnitRow {
  unsigned minutes;
  const char* name;
  const char* report_name;
  const char* token;
  unsigned per_day;
  unsigned width;
};

class LotUnitRow : public testing::TestWithParam<UnitRow> {};

TEST_P(LotUnitRow, HasItsNamesAndWidths) {
  const auto& row = GetParam();
  const auto unit = LotUnit::of_minutes(row.minutes);
  ASSERT_TRUE(unit);
  EXPECT_EQ(unit->minutes(), row.minutes);
  EXPECT_EQ(unit->duration(), std::chrono::minutes(row.minutes));
  EXPECT_EQ(unit->name(), row.name);
  EXPECT_EQ(unit->report_name(), row.report_name);
  EXPECT_EQ(unit->token(), row.token);
  EXPECT_EQ(unit->per_day(), row.per_day);
  EXPECT_EQ(unit->ordinal_width(), row.width);
  EXPECT_EQ(LotUnit::of_token(row.token), *unit);
  EXPECT_EQ(LotUnit::parse(row.name), *unit);
  EXPECT_EQ(LotUnit::parse(row.report_name), *unit);
}

INSTANTIATE_TEST_SUITE_P(Units, LotUnitRow,
                         testing::Values(UnitRow{1, "PT1M", "PT1M", "PT1M", 1440, 4},
                                         UnitRow{2, "PT2M", "PT2M", "PT2M", 720, 3},
                                         UnitRow{5, "Twelfths", "TWELFTHS", "PT5M", 288, 3},
                                         UnitRow{10, "Sixths", "SIXTHS", "PT10M", 144, 3},
                                         UnitRow{15, "Fourths", "FOURTHS", "PT15M", 96, 3},
                                         UnitRow{30, "PT30M", "PT30M", "PT30M", 48, 3},
                                         UnitRow{60, "Hours", "HOURS", "PT1H", 24, 3},
                                         UnitRow{720, "PT720M", "PT720M", "PT720M", 2, 3},
                                         UnitRow{1440, "Days", "DAYS", "PT24H", 1, 3}),
                         [](const auto& row) { return std::string(row.param.token); });

TEST(LotUnit, EveryDivisorOfADayAndNothingElseIsAUnit) {
  unsigned units = 0;
  for (unsigned minutes = 0; minutes <= 3000; ++minutes) {
    const auto unit = LotUnit::of_minutes(minutes);
    if (!unit) continue;
    ++units;
    EXPECT_EQ(LotUnit::of_token(unit->token()), *unit);
    EXPECT_EQ(LotUnit::parse(unit->name()), *unit);
    EXPECT_EQ(unit->per_day() * minutes, 1440U);
  }
  EXPECT_EQ(units, 36U);  // 1440 = 2^5 · 3^2 · 5 has 6 · 3 · 2 divisors
}

TEST(LotUnit, SaysWhatIsRight) {
  EXPECT_EQ(parse_error("Sixth"),
            "'Sixth' is no lot unit, did you mean Sixths; right are Fourths, Sixths, Twelfths, "
            "Hours, Days, or PT<n>M where n divides 1440");
  EXPECT_THAT(parse_error("day"), HasSubstr("did you mean Days;"));
  EXPECT_THAT(parse_error("minutes"), HasSubstr("did you mean PT<n>M, such as PT1M;"));
  EXPECT_THAT(parse_error("MINUTE"), HasSubstr("did you mean PT<n>M, such as PT1M;"));
  EXPECT_THAT(parse_error("5"), HasSubstr("did you mean PT5M;"));
  EXPECT_THAT(parse_error("20min"), HasSubstr("did you mean PT20M;"));
  EXPECT_THAT(parse_error("PT2H"), HasSubstr("did you mean PT120M;"));
  EXPECT_THAT(parse_error("P1D"), HasSubstr("did you mean Days;"));
  EXPECT_THAT(parse_error("weekly"),
              AllOf(HasSubstr("'weekly' is no lot unit; right"), Not(HasSubstr("did you mean"))));
}

TEST(LotUnit, RefusesWhatDoesNotDivideADay) {
  EXPECT_EQ(parse_error("PT7M"),
            "'PT7M' is no lot unit: 7 minutes do not divide a day into equal lots; near are PT6M "
            "and PT8M");
  EXPECT_EQ(parse_error("PT2880M"),
            "'PT2880M' is no lot unit: lots last 1 to 1440 minutes, not 2880");
  EXPECT_THAT(parse_error("Fifths"), HasSubstr("'Fifths' is no lot unit"));
  for (const auto* text : {"", "PT", "PTM", "PT0M", "PT05M", "PT5", "PT5M ", " PT5M", "PT-5M",
                           "PT5.5M", "PT99999999999M", "Hours!", "seconds"}) {
    EXPECT_FALSE(LotUnit::parse(text)) << text;
  }
  EXPECT_FALSE(LotUnit::of_minutes(0));
  EXPECT_FALSE(LotUnit::of_minutes(7));
  EXPECT_FALSE(LotUnit::of_minutes(2880));
}

TEST(LotUnit, TokensAreReadExactly) {
  EXPECT_EQ(LotUnit::of_token("PT60M").error().message, "the unit 'PT60M' is written PT1H");
  EXPECT_EQ(LotUnit::of_token("PT1440M").error().message, "the unit 'PT1440M' is written PT24H");
  for (const auto* token : {"", "pt5m", "PT7M", "PT2H", "PT12H", "PT05M", "Twelfths", "PT5M0"}) {
    EXPECT_FALSE(LotUnit::of_token(token)) << token;
  }
}

TEST(LotUnit, TruncatesToTheStartOfItsInterval) {
  const Instant when = *parse_instant("2023-02-06T23:52:06.5Z");
  EXPECT_EQ(format_instant(LotUnit::twelfths().truncate(when)), "2023-02-06T23:50:00.000000000Z");
  EXPECT_EQ(format_instant(LotUnit::fourths().truncate(when)), "2023-02-06T23:45:00.000000000Z");
  EXPECT_EQ(format_instant(LotUnit::hours().truncate(when)), "2023-02-06T23:00:00.000000000Z");
  EXPECT_EQ(format_instant(LotUnit::days().truncate(when)), "2023-02-06T00:00:00.000000000Z");
  const Instant before_1970 = *parse_instant("1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(format_instant(LotUnit::hours().truncate(before_1970)),
            "1969-12-31T23:00:00.000000000Z");
  EXPECT_EQ(LotUnit::days().truncate(Instant::min()), Instant::min());
}

TEST(LotUnit, IsOrderedByLength) {
  EXPECT_LT(LotUnit::twelfths(), LotUnit::sixths());
  EXPECT_LT(LotUnit::hours(), LotUnit::days());
}

}  // namespace
}  // namespace cls::lot
