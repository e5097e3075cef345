// SPDX-License-Identifier: Apache-2.0
#include "flow/conditional.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "store/faulty_store.h"
#include "store/memory_store.h"

namespace cls::flow {
namespace {

using store::Fault;
using store::Operation;

class ConditionalTest : public ::testing::Test {
 protected:
  /// The next call of this operation fails so, whatever came of it.
  void fail_once(Operation operation, Fault::When when, FailureCode code) {
    faulty_.set_plan([=, left = 1](Operation one, const Uri&) mutable {
      Fault fault;
      if (one != operation || left-- <= 0) return fault;
      fault.when = when;
      fault.code = code;
      return fault;
    });
    faulty_.reset_calls();
  }

  ManualClock clock_{Instant{}};
  store::MemoryStore memory_{clock_};
  store::FaultyStore faulty_{memory_};
  Uri uri_{"s3", "b", "k"};
};

TEST_F(ConditionalTest, WhatIsThereAfterALostAnswerIsWrittenOnceMore) {
  fail_once(Operation::PutIfAbsent, Fault::When::AfterEffect, FailureCode::Unavailable);
  EXPECT_TRUE(put_or_read(faulty_, uri_, "x")->ours);
  EXPECT_EQ(faulty_.calls(Operation::ReplaceIf), 1U);
  ASSERT_TRUE(memory_.remove(uri_));
  fail_once(Operation::PutIfAbsent, Fault::When::AfterEffect, FailureCode::Unavailable);
  EXPECT_TRUE(write_or_read(faulty_, {{{.uri = uri_, .bytes = "x"}}}).ours(0));
  EXPECT_EQ(faulty_.calls(Operation::ReplaceIf), 1U) << "in a group as well";
  const auto etag = memory_.head(uri_)->etag;
  fail_once(Operation::ReplaceIf, Fault::When::AfterEffect, FailureCode::Unavailable);
  EXPECT_TRUE(write_or_read(faulty_, {{{.uri = uri_, .bytes = "y", .etag = etag}}}).ours(0));
  EXPECT_EQ(faulty_.calls(Operation::ReplaceIf), 2U);
}

TEST_F(ConditionalTest, TheSameBytesOfAnotherAreTakenAsTheyAre) {
  ASSERT_TRUE(memory_.put(uri_, "x"));
  faulty_.reset_calls();
  EXPECT_TRUE(put_or_read(faulty_, uri_, "x")->ours);
  EXPECT_EQ(faulty_.calls(Operation::ReplaceIf), 0U);
  const auto other = put_or_read(faulty_, uri_, "y");
  EXPECT_FALSE(other->ours);
  EXPECT_EQ(other->bytes, "x");
}

TEST_F(ConditionalTest, B7_AFailureToLookIsNoAbsence) {
  EXPECT_FALSE(get_if_present(faulty_, uri_)->has_value());
  fail_once(Operation::Get, Fault::When::BeforeEffect, FailureCode::Denied);
  EXPECT_EQ(get_if_present(faulty_, uri_).error().code, FailureCode::Denied);
}

TEST_F(ConditionalTest, AStepThatIsNotOursEndsTheSteps) {
  ASSERT_TRUE(memory_.put(uri_, "theirs"));
  const Uri later{"s3", "b", "later"};
  const auto done =
      write_or_read(faulty_, {{{.uri = uri_, .bytes = "x"}}, {{.uri = later, .bytes = "y"}}});
  EXPECT_FALSE(done.failure);
  EXPECT_EQ(done.steps.size(), 1U);
  EXPECT_FALSE(done.ours(0));
  EXPECT_FALSE(memory_.head(later));
}

TEST_F(ConditionalTest, AStepThatWasResolvedGoesOnWithTheNext) {
  const Uri later{"s3", "b", "later"};
  fail_once(Operation::PutIfAbsent, Fault::When::BeforeEffect, FailureCode::Unavailable);
  const auto done =
      write_or_read(faulty_, {{{.uri = uri_, .bytes = "x"}}, {{.uri = later, .bytes = "y"}}});
  EXPECT_TRUE(done.ours(1));
  EXPECT_EQ(memory_.get(later)->bytes, "y");
}

TEST_F(ConditionalTest, AStoreThatNeverAnswersIsGivenUp) {
  faulty_.set_plan([](Operation, const Uri&) {
    Fault fault;
    fault.when = Fault::When::BeforeEffect;
    return fault;
  });
  EXPECT_EQ(put_or_read(faulty_, uri_, "x").error().code, FailureCode::Unavailable);
  EXPECT_EQ(faulty_.calls(Operation::PutIfAbsent), 5U);
  const auto done = write_or_read(faulty_, {{{.uri = uri_, .bytes = "x"}}});
  ASSERT_TRUE(done.failure);
  EXPECT_TRUE(done.steps.empty());
}

}  // namespace
}  // namespace cls::flow
