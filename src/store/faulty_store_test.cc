// SPDX-License-Identifier: Apache-2.0
#include "store/faulty_store.h"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "store/memory_store.h"

namespace cls::store {
namespace {

class FaultyStoreTest : public ::testing::Test {
 protected:
  ManualClock clock_{Instant{}};
  MemoryStore inner_{clock_};
  FaultyStore store_{inner_};
  Uri uri_{"s3", "b", "k"};
};

TEST_F(FaultyStoreTest, FailsBeforeTheEffect) {
  store_.set_plan([](Operation operation, const Uri&) {
    return Fault{
        .when = operation == Operation::Put ? Fault::When::BeforeEffect : Fault::When::Never,
        .code = FailureCode::NoSpace,
        .message = "full"};
  });
  const auto put = store_.put(uri_, "x");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, FailureCode::NoSpace);
  EXPECT_EQ(put.error().message, "s3://b/k: full");
  EXPECT_FALSE(inner_.head(uri_));
  EXPECT_TRUE(store_.put_if_absent(uri_, "x"));
}

TEST_F(FaultyStoreTest, LosesTheReplyAfterTheEffect) {
  store_.set_plan([](Operation, const Uri&) { return Fault{.when = Fault::When::AfterEffect}; });
  const auto put = store_.put_if_absent(uri_, "x");
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, FailureCode::Unavailable);
  EXPECT_EQ(inner_.get(uri_).value().bytes, "x");
}

TEST_F(FaultyStoreTest, LetsOthersActAroundTheEffect) {
  store_.set_plan([&](Operation operation, const Uri& uri) {
    Fault fault;
    if (operation != Operation::ReplaceIf) return fault;
    fault.before_effect = [&, uri] { ASSERT_TRUE(inner_.put(uri, "theirs")); };
    return fault;
  });
  const std::string etag = store_.put(uri_, "mine").value();
  const auto replaced = store_.replace_if(uri_, etag, "mine too");
  ASSERT_FALSE(replaced);
  EXPECT_EQ(replaced.error().code, FailureCode::Conflict);
  store_.set_plan([](Operation, const Uri&) {
    Fault crash;
    crash.after_effect = [] { throw std::runtime_error("killed here"); };
    return crash;
  });
  EXPECT_THROW(static_cast<void>(store_.remove(uri_)), std::runtime_error);
  EXPECT_FALSE(inner_.head(uri_));
}

TEST_F(FaultyStoreTest, CountsCallsByOperation) {
  ASSERT_TRUE(store_.put(uri_, "x"));
  ASSERT_TRUE(store_.get(uri_));
  EXPECT_FALSE(store_.get(Uri{"s3", "b", "none"}));
  ASSERT_TRUE(store_.list({.prefix = {"s3", "b", ""}}));
  EXPECT_EQ(store_.calls(Operation::Put), 1U);
  EXPECT_EQ(store_.calls(Operation::Get), 2U);
  EXPECT_EQ(store_.calls(Operation::List), 1U);
  EXPECT_EQ(store_.calls(Operation::Head), 0U);
  EXPECT_EQ(store_.all_calls(), 4U);
  store_.reset_calls();
  EXPECT_EQ(store_.all_calls(), 0U);
}

TEST_F(FaultyStoreTest, ThePlanSeesTheTargetOfACopy) {
  Uri seen;
  store_.set_plan([&](Operation, const Uri& uri) {
    seen = uri;
    return Fault{};
  });
  EXPECT_FALSE(store_.copy_if_absent(uri_, Uri{"s3", "b", "to"}));
  EXPECT_EQ(seen.key, "to");
}

}  // namespace
}  // namespace cls::store
