// SPDX-License-Identifier: Apache-2.0
#include "base/text_blocks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cls {
namespace {

using testing::ElementsAre;

TEST(TextBlocks, GivesEveryTextBackAlsoEmptyAndLongOnes) {
  TextBlocks blocks;
  std::vector<std::string> texts = {"", "a", "\xC3\xA4\xE2\x82\xAC", std::string("\0x", 2)};
  for (int i = 0; i < 40'000; ++i) texts.push_back("text " + std::to_string(i * i));
  texts.emplace_back(TextBlocks::stride - 1, 'b');
  texts.emplace_back(3 * TextBlocks::stride, 'c');
  texts.emplace_back("after the long one");
  std::vector<TextBlocks::Place> places;
  for (const auto& text : texts) {
    EXPECT_TRUE(places.empty() || blocks.end() >= places.back());
    places.push_back(blocks.add(text));
    EXPECT_GE(blocks.end(), places.back());
  }
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(blocks.at(places[i], texts[i].size()), texts[i]);
  }
}

TEST(TextBlocks, TakesLittleForAFew) {
  TextBlocks blocks;
  blocks.add("one small text");
  EXPECT_LT(blocks.bytes(), 100U);
}

std::vector<std::string> sorted(const std::vector<std::string>& texts) {
  TextOrder order;
  for (const auto& text : texts) order.add(text);
  order.sort();
  std::vector<std::string> result;
  result.reserve(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    result.push_back(std::string(order.text(i)) + std::to_string(order.number(i)));
  }
  return result;
}

TEST(TextOrder, SortsByBytesAndKeepsTheOrderOfEqualOnes) {
  EXPECT_THAT(sorted({"b", "\xC3\xA4", "a", "", "b", "a!", "b"}),
              ElementsAre("3", "a2", "a!5", "b0", "b4", "b6",
                          "\xC3\xA4"
                          "1"));
  EXPECT_THAT(sorted({"a", "a", "b"}), ElementsAre("a0", "a1", "b2"));
  EXPECT_THAT(sorted({}), ElementsAre());
}

}  // namespace
}  // namespace cls
