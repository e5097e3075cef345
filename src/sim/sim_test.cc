// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/campaign.h"
#include "sim/fiber.h"
#include "sim/world.h"

namespace cls::sim {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Fiber, IsLeftInTheMiddleAndGoesOn) {
  std::vector<int> order;
  Fiber* self = nullptr;
  Fiber fiber([&] {
    order.push_back(1);
    self->suspend();
    order.push_back(3);
  });
  self = &fiber;
  fiber.resume();
  order.push_back(2);
  EXPECT_FALSE(fiber.ended());
  fiber.resume();
  EXPECT_TRUE(fiber.ended());
  EXPECT_THAT(order, ::testing::ElementsAre(1, 2, 3));
}

TEST(Fiber, ThrowsWhatItsBodyThrew) {
  Fiber fiber([] { throw std::runtime_error("thrown"); });
  EXPECT_THROW(fiber.resume(), std::runtime_error);
  EXPECT_TRUE(fiber.ended());
}

const Uri key{"s3", "b", "k"};

Stored stored(const std::string& text) {
  return {.bytes = std::make_shared<const std::string>(text), .modified = {}, .etag = text};
}

struct DiskTest : ::testing::Test {
  std::string at(const Uri& uri) const {
    const Stored* found = disk.find(uri);
    return found == nullptr ? "nothing" : *found->bytes;
  }
  void fail(std::size_t kept) {
    disk.fail([&](std::size_t) { return kept; }, [] { return false; });
  }
  Disk disk{[](const Change&) {}, [](const Change&) {}};
};

TEST_F(DiskTest, APowerFailureKeepsWhatIsDurableAndABeginningOfTheRest) {
  disk.settle(disk.apply(1, key, stored("durable"), false));
  disk.apply(1, key, stored("first"), false);
  disk.apply(1, key, stored("second"), false);
  EXPECT_EQ(at(key), "second") << "all see it at once";
  fail(1);
  EXPECT_EQ(at(key), "first");
  fail(0);
  EXPECT_EQ(at(key), "first") << "what was kept is durable";
}

TEST_F(DiskTest, WhatIsDurableLaterIsSoWithTheWritersNextWrite) {
  disk.apply(1, key, stored("later"), true);
  const auto other = disk.apply(2, key.child("other"), stored("x"), false);
  disk.settle(other);
  fail(0);
  EXPECT_EQ(at(key), "nothing") << "another's write makes nothing of this one's durable";
  disk.apply(1, key, stored("later"), true);
  disk.settle_later(1);
  fail(0);
  EXPECT_EQ(at(key), "later");
}

RunReport traced(std::uint64_t seed) {
  return run_script(make_script(seed, {}), {.trace = true});
}

TEST(World, TheSameSeedGivesTheSameTrace) {
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) {
    const auto first = traced(seed);
    const auto second = traced(seed);
    EXPECT_GT(first.trace.size(), 100U);
    EXPECT_EQ(first.trace, second.trace) << "seed " << seed;
  }
}

TEST(World, EveryFamilyHoldsThePromisesWithoutFaults) {
  for (const auto& family : family_names()) {
    std::uint64_t lots = 0;
    std::uint64_t claims = 0;
    // In one world of a family there may be nothing to do.
    for (std::uint64_t seed = 7; seed < 12 && (lots == 0 || claims == 0); ++seed) {
      const auto report =
          run_script(make_script(seed, {.family = family, .day = false, .faults = false}), {});
      EXPECT_THAT(report.violations, IsEmpty()) << family;
      lots += report.lots;
      claims += report.claims;
    }
    EXPECT_GT(lots, 0U) << family;
    EXPECT_GT(claims, 0U) << family;
  }
}

TEST(World, AFaultIsSwitchedOffByItsNumber) {
  Script script = make_script(3, {.family = "modified", .day = false, .faults = false});
  script.store_faults = {{.number = 900,
                          .kind = FaultKind::CrashAfter,
                          .effect = Effect::ClaimCommit,
                          .occurrence = 1}};
  const auto crash = static_cast<std::size_t>(FaultKind::CrashAfter);
  const auto commit = static_cast<std::size_t>(Effect::ClaimCommit);
  EXPECT_EQ(run_script(script, {}).hits.faults.at(crash).at(commit), 1U);
  EXPECT_EQ(run_script(without(script, {900}), {}).hits.faults.at(crash).at(commit), 0U);
}

TEST(World, AScriptIsShrunkToWhatStillBreaksAPromise) {
  const RunOptions broken{.trace = false, .bug = PortBug::AbsentOverwrites};
  std::uint64_t seed = 1;
  while (seed < 50 && run_script(make_script(seed, {}), broken).violations.empty()) ++seed;
  const Script script = make_script(seed, {});
  ASSERT_FALSE(run_script(script, broken).violations.empty());
  const auto left_out = shrink(script, broken, {}, 60);
  EXPECT_GT(left_out.size(), script.numbers / 2);
  EXPECT_FALSE(run_script(without(script, left_out), broken).violations.empty());
}

TEST(Campaign, NamesWhatWasNeverHit) {
  Hits hits;
  EXPECT_THAT(never_hit(hits), Contains("crash after of 'claim commit'"));
  EXPECT_THAT(never_hit(hits), ::testing::Not(Contains(HasSubstr("torn of 'claim"))));
  for (auto& of_kind : hits.faults) of_kind.fill(1);
  hits.steps.fill(1);
  for (auto& of_message : hits.messages) of_message.fill(1);
  EXPECT_THAT(never_hit(hits), IsEmpty());
}

TEST(Campaign, RefusesWhatItDoesNotKnow) {
  EXPECT_EQ(campaign_main({"--seeds"}), 2);
  EXPECT_EQ(campaign_main({"--family", "none"}), 2);
  EXPECT_EQ(campaign_main({"--port-bug", "none-such"}), 2);
}

}  // namespace
}  // namespace cls::sim
