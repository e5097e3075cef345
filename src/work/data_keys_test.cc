// SPDX-License-Identifier: Apache-2.0
#include "work/data_keys.h"

#include <gtest/gtest.h>

#include "store/faulty_store.h"
#include "work/work_world_test.h"

namespace cls::work {
namespace {

using store::Fault;
using store::Operation;
using work::testing::MemoryWorld;
using work::testing::uri;

class DataKeysTest : public ::testing::Test {
 protected:
  Result<Placing> try_to_place(model::OnConflict on_conflict, const std::string& bytes,
                               std::optional<std::string> recorded = {}) {
    const Uri from = world_.put("s3://b/from", bytes);
    return DataKeys(faulty_, on_conflict, world_.lot, world_.attempt)
        .place({.from = from,
                .wanted = uri("s3://b/out/a.csv"),
                .size = bytes.size(),
                .sha256 = [&] { return Result<std::string>(sha256_hex(bytes)); },
                .recorded = std::move(recorded)});
  }
  Result<DataPlaced> place(model::OnConflict on_conflict, const std::string& bytes,
                           std::optional<std::string> recorded = {}) {
    auto placed = try_to_place(on_conflict, bytes, std::move(recorded));
    if (!placed) return pass(std::move(placed));
    return std::get<DataPlaced>(std::move(*placed));
  }
  MemoryWorld world_;
  store::FaultyStore faulty_{world_.memory};
};

TEST(FileName, is_parted_at_its_last_dot) {
  EXPECT_EQ(file_name_of("x.d/a.b.csv").stem, "a.b");
  EXPECT_EQ(file_name_of("x.d/a.b.csv").extension, ".csv");
  EXPECT_EQ(file_name_of("x.d/a").stem, "a");
  EXPECT_EQ(file_name_of("x.d/a").extension, "");
  EXPECT_EQ(file_name_of(".profile").stem, ".profile");
  EXPECT_EQ(file_name_of(".profile").extension, "");
}

TEST_F(DataKeysTest, a_free_key_is_written) {
  const auto placed = place(model::OnConflict::beside, "one");
  ASSERT_TRUE(placed);
  EXPECT_TRUE(placed->written);
  EXPECT_TRUE(placed->matches(3));
  EXPECT_FALSE(placed->wanted);
  EXPECT_EQ(world_.bytes("s3://b/out/a.csv"), "one");
}

TEST_F(DataKeysTest, the_same_bytes_are_not_written_again) {
  ASSERT_TRUE(place(model::OnConflict::replace, "one"));
  const auto placed = place(model::OnConflict::replace, "one");
  ASSERT_TRUE(placed);
  EXPECT_FALSE(placed->written);
  EXPECT_FALSE(placed->superseded);
  EXPECT_EQ(faulty_.calls(Operation::CopyIf), 0U);
}

TEST_F(DataKeysTest, other_bytes_of_the_same_size_are_a_conflict) {
  world_.put("s3://b/out/a.csv", "two");
  const auto placed = place(model::OnConflict::beside, "one");
  ASSERT_TRUE(placed);
  EXPECT_EQ(placed->wanted, uri("s3://b/out/a.csv"));
  EXPECT_EQ(placed->content.info.uri.key, "out/a~20240501PT5M003~" + world_.attempt + ".csv");
  EXPECT_EQ(world_.bytes("s3://b/out/a.csv"), "two");
}

TEST_F(DataKeysTest, a_lost_reply_beside_is_found_by_reading_back) {
  world_.put("s3://b/out/a.csv", "two");
  ASSERT_TRUE(place(model::OnConflict::beside, "one"));
  const auto again = place(model::OnConflict::beside, "one");
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_TRUE(again->matches(3));
}

TEST_F(DataKeysTest, what_is_not_on_record_is_in_the_way) {
  world_.put("s3://b/out/a.csv", "two");
  for (const auto& recorded : {std::optional<std::string>(), std::optional(md5_hex("before"))}) {
    const auto placed = try_to_place(model::OnConflict::replace, "one", recorded);
    ASSERT_TRUE(placed);
    const auto* object = std::get_if<InTheWay>(&*placed);
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(object->uri, uri("s3://b/out/a.csv"));
    EXPECT_EQ(object->etag, md5_hex("two"));
    EXPECT_EQ(object->size, 3U);
    EXPECT_EQ(object->sha256, sha256_hex("one"));
  }
  EXPECT_EQ(world_.bytes("s3://b/out/a.csv"), "two");
}

TEST_F(DataKeysTest, replacing_names_what_was_there) {
  world_.put("s3://b/out/a.csv", "two");
  const auto placed = place(model::OnConflict::replace, "one", md5_hex("two"));
  ASSERT_TRUE(placed);
  EXPECT_TRUE(placed->replaced);
  EXPECT_EQ(placed->superseded, md5_hex("two"));
  EXPECT_EQ(world_.bytes("s3://b/out/a.csv"), "one");
}

TEST_F(DataKeysTest, a_copy_that_came_out_wrong_does_not_match) {
  faulty_.set_plan([&](Operation operation, const Uri&) -> Fault {
    if (operation != Operation::CopyIfAbsent) return {};
    return {.after_effect = [&] { world_.put("s3://b/out/a.csv", "torn"); }};
  });
  const auto placed = place(model::OnConflict::beside, "one");
  ASSERT_TRUE(placed);
  EXPECT_FALSE(placed->matches(3));
}

TEST_F(DataKeysTest, failures_are_passed_on) {
  faulty_.set_plan([](Operation operation, const Uri&) -> Fault {
    if (operation != Operation::CopyIfAbsent) return {};
    return {.when = Fault::When::BeforeEffect, .code = FailureCode::NoSpace};
  });
  const auto placed = place(model::OnConflict::beside, "one");
  ASSERT_FALSE(placed);
  EXPECT_EQ(placed.error().code, FailureCode::NoSpace);
}

}  // namespace
}  // namespace cls::work
