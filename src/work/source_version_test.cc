// SPDX-License-Identifier: Apache-2.0
#include "work/source_version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/faulty_store.h"
#include "work/work_world_test.h"

namespace cls::work {
namespace {

using ::testing::HasSubstr;
using work::testing::MemoryWorld;

class SourceVersionTest : public ::testing::Test {
 protected:
  SourceVersionTest() : member_(world_.member("s3://b/in/a", "one")) {
    world_.clock.advance(std::chrono::seconds(5));
  }
  std::optional<std::string> vanished() {
    auto sight = look_at_source(world_.memory, member_);
    return sight ? sight->vanished : "failed: " + sight.error().message;
  }
  MemoryWorld world_;
  flow::SourceMember member_;
};

TEST_F(SourceVersionTest, the_same_object_is_the_same_version) {
  EXPECT_EQ(vanished(), std::nullopt);
}

TEST_F(SourceVersionTest, the_same_bytes_written_again_are_the_same_version) {
  world_.put("s3://b/in/a", "one");
  EXPECT_EQ(vanished(), std::nullopt);
}

TEST_F(SourceVersionTest, other_bytes_of_the_same_size_are_another_version) {
  world_.put("s3://b/in/a", "two");
  EXPECT_THAT(vanished().value_or(""), HasSubstr("size 3, etag " + md5_hex("two")));
}

TEST_F(SourceVersionTest, without_a_hash_another_time_is_another_version) {
  member_.version->sha256.reset();
  EXPECT_EQ(vanished(), std::nullopt);
  world_.put("s3://b/in/a", "one");
  EXPECT_TRUE(vanished());
}

TEST_F(SourceVersionTest, an_equal_etag_is_enough) {
  member_.version = record::ObjectVersion{
      .size = 3, .mtime = {}, .sha256 = {}, .etag = md5_hex("one"), .versionId = {}};
  EXPECT_EQ(vanished(), std::nullopt);
  world_.put("s3://b/in/a", "two");
  EXPECT_TRUE(vanished());
}

TEST_F(SourceVersionTest, what_is_deleted_is_gone) {
  ASSERT_TRUE(world_.memory.remove(member_.uri));
  EXPECT_EQ(vanished(), "gone");
}

TEST_F(SourceVersionTest, without_a_recorded_version_what_is_there_counts) {
  member_.version.reset();
  const auto sight = look_at_source(world_.memory, member_);
  ASSERT_TRUE(sight);
  EXPECT_FALSE(sight->vanished);
  EXPECT_EQ(sight->version.etag, md5_hex("one"));
}

TEST_F(SourceVersionTest, a_store_that_does_not_answer_is_no_absence) {
  store::FaultyStore faulty(world_.memory, [](store::Operation, const Uri&) -> store::Fault {
    return {.when = store::Fault::When::BeforeEffect};
  });
  const auto sight = look_at_source(faulty, member_);
  ASSERT_FALSE(sight);
  EXPECT_EQ(sight.error().code, FailureCode::Unavailable);
}

}  // namespace
}  // namespace cls::work
