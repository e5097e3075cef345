// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/number_format.h"

#include <gmock/gmock.h>

namespace cls::user_scenario {
namespace {

using ::testing::HasSubstr;

std::string filled(std::string_view text, const std::vector<std::int64_t>& arguments) {
  const auto format = NumberFormat::parse(text, arguments.size());
  return format ? format->fill(arguments) : format.error().message;
}

TEST(NumberFormat, FillsInOneNumberAfterTheOther) {
  EXPECT_EQ(filled("data-%04d-%d.txt", {7, 1767225600000}), "data-0007-1767225600000.txt");
  EXPECT_EQ(filled("%2$d/%1$d", {7, 8}), "8/7");
  EXPECT_EQ(filled("100%% of %s", {3}), "100% of 3");
  EXPECT_EQ(filled("nothing", {1, 2}), "nothing");
  EXPECT_EQ(filled("%x %X", {255, 255}), "ff FF");
}

TEST(NumberFormat, KnowsFlagsAndWidth) {
  EXPECT_EQ(filled("[%5d]", {42}), "[   42]");
  EXPECT_EQ(filled("[%-5d]", {42}), "[42   ]");
  EXPECT_EQ(filled("[%05d]", {-42}), "[-0042]");
  EXPECT_EQ(filled("[%+d]", {42}), "[+42]");
  EXPECT_EQ(filled("[% d]", {42}), "[ 42]");
}

TEST(NumberFormat, RefusesWhatPrintfWouldTakeFromTheStack) {
  for (const auto* text : {"%n", "%*d", "%", "%5", "%lld", "%.3d", "%p", "%c", "%\xC3\xA4"}) {
    EXPECT_THAT(filled(text, {1}), HasSubstr("is not known here; known: %d")) << text;
  }
  EXPECT_EQ(filled("%d %d %d", {1, 2}), "'%d' stands for no number: there are 2");
  EXPECT_EQ(filled("%2$d", {1}), "'%2$d' stands for no number: there is 1");
  EXPECT_EQ(filled("%0$d", {1}), "'%0$d' stands for no number: there is 1");
  EXPECT_EQ(filled("%99999999999999999999d", {1}),
            "'%99999999999999999999d' is wider than 64 characters");
}

}  // namespace
}  // namespace cls::user_scenario
