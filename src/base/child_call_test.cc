// SPDX-License-Identifier: Apache-2.0
#include "base/child_call.h"

#include <csignal>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace cls {
namespace {

using std::chrono::milliseconds;

TEST(ChildCall, WhatItReturnsComesBackAndNothingElse) {
  int changed = 0;
  std::string large(std::size_t{3} << 20U, 'x');
  const auto returned = call_in_child(
      [&] {
        changed = 1;
        return large;
      },
      {});
  ASSERT_TRUE(returned);
  EXPECT_EQ(returned->end, ChildEnd::Returned);
  EXPECT_TRUE(returned->bytes == large);
  EXPECT_EQ(changed, 0);
}

TEST(ChildCall, WhatDoesNotEndIsEnded) {
  const auto endless = [] {
    for (volatile bool forever = true; forever;) {
    }
    return std::string();
  };
  EXPECT_EQ(call_in_child(endless, {.time = milliseconds(100)})->end, ChildEnd::OutOfTime);
}

TEST(ChildCall, WhatTakesTooMuchMemoryIsEnded) {
  const auto greedy = [] {
    std::vector<std::string> all;
    while (true) all.emplace_back(std::size_t{1} << 20U, 'x');
    return std::string();
  };
  EXPECT_EQ(call_in_child(greedy, {.memory = std::uint64_t{256} << 20U})->end,
            ChildEnd::OutOfMemory);
}

TEST(ChildCall, WhatReturnsTooMuchIsNotTaken) {
  const auto long_text = [] { return std::string(2000, 'x'); };
  EXPECT_EQ(call_in_child(long_text, {.bytes = 1000})->end, ChildEnd::TooLong);
  EXPECT_EQ(call_in_child(long_text, {.bytes = 2000})->end, ChildEnd::Returned);
}

TEST(ChildCall, ADeathIsTold) {
  const auto throws = []() -> std::string { throw std::runtime_error("x"); };
  EXPECT_EQ(call_in_child(throws, {})->end, ChildEnd::Died);
  const auto killed = []() -> std::string {
    static_cast<void>(std::raise(SIGKILL));
    return "x";
  };
  EXPECT_EQ(call_in_child(killed, {})->end, ChildEnd::Died);
}

}  // namespace
}  // namespace cls
