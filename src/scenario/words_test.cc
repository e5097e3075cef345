// SPDX-License-Identifier: Apache-2.0
#include "scenario/words.h"

#include <gtest/gtest.h>

namespace cls::scenario {
namespace {

/// All words, `|` between them; `!` where one cannot be read.
std::string words_of(std::string_view line) {
  std::string all;
  std::size_t at = 0;
  while (true) {
    const auto word = next_word(line, at);
    if (!word) return all + "!";
    if (!*word) return all;
    all += ((*word)->quoted ? "'" : "") + (*word)->text + "|";
    at = (*word)->end;
  }
}

TEST(Words, KeepBlanksInQuotes) {
  EXPECT_EQ(words_of(R"( a  "b c" "d\"\\\n" )"), "a|'b c|'d\"\\\n|");
  EXPECT_EQ(words_of(""), "");
  EXPECT_EQ(words_of(" \t"), "");
  EXPECT_EQ(words_of("\"\""), "'|");
}

TEST(Words, RefuseWhatIsNoWord) {
  EXPECT_EQ(words_of("\"a"), "!");
  EXPECT_EQ(words_of("\"a\\"), "!");
  EXPECT_EQ(words_of("\"\\q\""), "!");
  EXPECT_EQ(words_of("b a\"b\""), "b|!");
  EXPECT_EQ(words_of("\"a\"b"), "!");
}

}  // namespace
}  // namespace cls::scenario
