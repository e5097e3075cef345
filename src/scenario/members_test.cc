// SPDX-License-Identifier: Apache-2.0
#include "scenario/members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cls::scenario {
namespace {

using ::testing::ElementsAre;

TEST(Members, RangesAreWrittenOut) {
  EXPECT_THAT(written_out("f{9..11}.txt"), ElementsAre("f9.txt", "f10.txt", "f11.txt"));
  EXPECT_THAT(written_out("{1..1}"), ElementsAre("1"));
  for (const auto* plain : {"a", "{}", "{1}", "{a..b}", "{3..1}", "1..3", "{1..3", "..{1}"}) {
    EXPECT_THAT(written_out(plain), ElementsAre(plain));
  }
}

TEST(Members, StarStopsAtASlash) {
  EXPECT_TRUE(member_matches("a~*~*.csv", "a~L~01A.csv"));
  EXPECT_TRUE(member_matches("*", ""));
  EXPECT_TRUE(member_matches("a/*/c", "a/b/c"));
  EXPECT_FALSE(member_matches("a/*", "a/b/c"));
  EXPECT_FALSE(member_matches("a*", "b"));
  EXPECT_FALSE(member_matches("a", "ab"));
}

TEST(Members, EachPatternNeedsAMemberOfItsOwn) {
  EXPECT_EQ(difference({"a", "b"}, {"b", "a"}), "");
  EXPECT_EQ(difference({"a", "a"}, {"a"}), "missing a");
  EXPECT_EQ(difference({"a"}, {"a", "b"}), "unexpected b");
  EXPECT_EQ(difference({"a"}, {"b"}), "missing a; unexpected b");
  EXPECT_EQ(difference({"*", "a"}, {"a", "b"}), "");
  EXPECT_EQ(difference({"f{1..2}"}, {"f1", "f2"}), "");
  EXPECT_EQ(difference({}, {}), "");
}

}  // namespace
}  // namespace cls::scenario
