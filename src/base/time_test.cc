// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace cls {
namespace {

using std::chrono::nanoseconds;

TEST(Time, InstantsAreWrittenInNanoseconds) {
  EXPECT_EQ(format_instant(Instant{}), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(format_instant(Instant(nanoseconds(-1))), "1969-12-31T23:59:59.999999999Z");
  EXPECT_EQ(format_instant(parse_instant("2023-02-06T23:52:06.5Z").value()),
            "2023-02-06T23:52:06.500000000Z");
  EXPECT_EQ(format_instant(parse_instant("1678-01-01T00:00:00Z").value()),
            "1678-01-01T00:00:00.000000000Z");
  EXPECT_EQ(format_instant_seconds(parse_instant("2261-12-31T23:59:59Z").value()),
            "2261-12-31T23:59:59Z");
}

TEST(Time, SpansAreReadable) {
  using std::chrono::seconds;
  EXPECT_EQ(readable_duration(seconds(0)), "0s");
  EXPECT_EQ(readable_duration(seconds(59)), "59s");
  EXPECT_EQ(readable_duration(seconds(200)), "3m 20s");
  EXPECT_EQ(readable_duration(seconds(7500)), "2h 5m");
  EXPECT_EQ(readable_duration(seconds(4 * 86400 + 3 * 3600 + 5)), "4d 3h");
}

TEST(Time, LocalTimesNameTheirOffset) {
  const Instant at = parse_instant("2023-02-06T23:52:06.5Z").value();
  EXPECT_EQ(parse_instant(format_local_seconds(at)).value(),
            parse_instant("2023-02-06T23:52:06Z").value());
}

TEST(Time, ReadUndoesWrite) {
  EXPECT_TRUE(rc::check([] {
    // The years 1678 to 2261.
    const Instant at{nanoseconds(
        *rc::gen::inRange<std::int64_t>(-9'214'560'000'000'000'000, 9'214'646'400'000'000'000))};
    RC_ASSERT(parse_instant(format_instant(at)).value() == at);
  }));
}

}  // namespace
}  // namespace cls
