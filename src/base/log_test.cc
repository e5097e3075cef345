// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <gtest/gtest.h>

#include "base/byte_size.h"
#include "base/ulid.h"

namespace cls {
namespace {

const Instant at = parse_instant("2026-11-26T02:17:50.5Z").value();

TEST(JsonLogLine, SaysWhatIsKnownAndNothingElse) {
  EXPECT_EQ(json_log_line(at, LogLevel::Info, "hello"),
            "{\"time\":\"2026-11-26T02:17:50.500000000Z\",\"level\":\"info\",\"message\":\"hello\"}"
            "\n");
  EXPECT_EQ(
      json_log_line(at, LogLevel::Warning, "x",
                    {.project = "p/1", .boundary = {}, .arc = "a", .lot = {}, .attempt = "t"}),
      "{\"time\":\"2026-11-26T02:17:50.500000000Z\",\"level\":\"warning\",\"message\":\"x\","
      "\"project\":\"p/1\",\"arc\":\"a\",\"attempt\":\"t\"}\n");
}

TEST(JsonLogLine, EscapesControlsQuotesAndWhatIsNoUtf8) {
  const std::string line = json_log_line(
      at, LogLevel::Error,
      std::string("a\"\\\n\t\r\x1b[31m\x7f\0", 13) + "\xc2\x9b \xff\xc3 \xe2\x82\xac");
  EXPECT_EQ(line.substr(line.find("\"message\"")),
            "\"message\":\"a\\\"\\\\\\n\\t\\u000d\\u001b[31m\\u007f\\u0000\\u009b \\ufffd\\ufffd "
            "\xe2\x82\xac\"}\n");
}

TEST(TextLogLine, LeavesNoControlCharacterToATerminal) {
  EXPECT_EQ(text_log_line(LogLevel::Info, "a\x1b[2J\nb\tc"), "info: a\\x1b[2J\nb\tc\n");
}

TEST(ByteSize, IsReadWithItsUnit) {
  EXPECT_EQ(readable_bytes(1023), "1023 B");
  EXPECT_EQ(readable_bytes(1536), "1.5 KiB");
  EXPECT_EQ(readable_bytes((std::uint64_t{1} << 20U) - 1), "1.0 MiB");
  EXPECT_EQ(readable_bytes(std::uint64_t{5} << 30U), "5.0 GiB");
  EXPECT_EQ(parse_byte_size("0").value(), 0U);
  EXPECT_EQ(parse_byte_size("1048576").value(), std::uint64_t{1} << 20U);
  EXPECT_EQ(parse_byte_size("3MiB").value(), std::uint64_t{3} << 20U);
  EXPECT_EQ(parse_byte_size("2TiB").value(), std::uint64_t{2} << 40U);
  for (const auto* bad : {"", "x", "1G", "1.5GiB", "-1", "99999999TiB", "1 MiB"}) {
    EXPECT_FALSE(parse_byte_size(bad)) << bad;
  }
}

TEST(Ulid, TellsWhenItWasMade) {
  ManualClock clock(at);
  UlidSource ids(clock);
  EXPECT_EQ(time_of_ulid(ids.next()), at);
  EXPECT_EQ(time_of_ulid("7ZZZZZZZZZZZZZZZZZZZZZZZZZ"), std::nullopt);
  EXPECT_EQ(time_of_ulid("no"), std::nullopt);
}

}  // namespace
}  // namespace cls
