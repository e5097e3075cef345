// SPDX-License-Identifier: Apache-2.0
#include "work/copy.h"

#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/faulty_store.h"
#include "work/work_world_test.h"

namespace cls::work {
namespace {

using flow::Completed;
using flow::Failed;
using store::Fault;
using store::Operation;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using work::testing::MemoryWorld;

constexpr const char* out_a = "s3://b/out/a.csv";

class CopyTest : public ::testing::Test {
 protected:
  flow::RunOutcome run() { return CopyWorkload(faulty_).run(world_.context()); }
  Completed complete() {
    auto outcome = run();
    if (const auto* failed = std::get_if<Failed>(&outcome)) {
      ADD_FAILURE() << failed->code << ": " << failed->message;
      return {};
    }
    return std::get<Completed>(std::move(outcome));
  }
  Failed failed() {
    auto outcome = run();
    if (!std::holds_alternative<Failed>(outcome)) {
      ADD_FAILURE() << "the copy did not fail";
      return {};
    }
    return std::get<Failed>(std::move(outcome));
  }
  static std::vector<std::string> uris(const flow::SinkOutput& output) {
    std::vector<std::string> found;
    for (const auto& line : output.members) {
      if (!line.vanished) found.push_back(line.uri);
    }
    return found;
  }
  /// Copies to these keys fail with `code`.
  void fail_copies_to(std::vector<std::string> keys, FailureCode code) {
    faulty_.set_plan([keys = std::move(keys), code](Operation operation, const Uri& at) -> Fault {
      const bool hit =
          operation == Operation::CopyIfAbsent && std::ranges::find(keys, at.key) != keys.end();
      if (!hit) return {};
      return {.when = Fault::When::BeforeEffect, .code = code, .message = "no copy to " + at.key};
    });
  }

  MemoryWorld world_;
  store::FaultyStore faulty_{world_.memory};
};

TEST_F(CopyTest, copies_every_member_and_says_what_of) {
  world_.member("s3://b/in/a.csv", "one");
  world_.member("s3://b/in/deep/b.csv", "two");
  const auto done = complete();
  ASSERT_THAT(done.sinks, SizeIs(1));
  EXPECT_EQ(done.sinks[0].role, "main");
  EXPECT_EQ(done.sinks[0].state, record::ManifestState::complete);
  EXPECT_THAT(uris(done.sinks[0]), ElementsAre(out_a, "s3://b/out/deep/b.csv"));
  EXPECT_EQ(world_.bytes("s3://b/out/deep/b.csv"), "two");
  const auto& line = done.sinks[0].members[0];
  EXPECT_EQ(line.role, "main");
  EXPECT_EQ(line.size, 3U);
  EXPECT_EQ(line.sha256, sha256_hex("one"));
  EXPECT_EQ(line.etag, md5_hex("one"));
  EXPECT_EQ(line.source, "s3://b/in/a.csv");
  EXPECT_EQ(line.sourceVersion, "3:sha256:" + sha256_hex("one"));
  EXPECT_FALSE(line.wanted);
}

TEST_F(CopyTest, copies_what_the_filter_keeps) {
  world_.plan().filter.includes = {"**/*.csv"};
  world_.plan().filter.excludes = {"**/_*"};
  world_.member("s3://b/in/a.csv", "one");
  world_.member("s3://b/in/b.txt", "two");
  world_.member("s3://b/in/_SUCCESS", "");
  EXPECT_THAT(uris(complete().sinks[0]), ElementsAre(out_a));
  EXPECT_FALSE(world_.exists("s3://b/out/b.txt"));
}

TEST_F(CopyTest, nothing_kept_is_an_empty_sink) {
  world_.plan().filter.includes = {"*.parquet"};
  world_.member("s3://b/in/a.csv", "one");
  EXPECT_EQ(complete().sinks[0].state, record::ManifestState::empty);
}

TEST_F(CopyTest, A16_rebasing_is_segment_aware) {
  world_.member("s3://b/input/y.csv", "one");
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Invalid");
  EXPECT_FALSE(outcome.retryable);
  EXPECT_THAT(outcome.message, HasSubstr("s3://b/input/y.csv does not lie below s3://b/in/"));
  EXPECT_FALSE(world_.exists("s3://b/out/put/y.csv"));
}

TEST_F(CopyTest, A20_a_failed_copy_lists_what_was_copied) {
  world_.arc.parallel = 1;
  for (const char* name : {"a", "b", "c"}) world_.member(std::string("s3://b/in/") + name, name);
  fail_copies_to({"out/c"}, FailureCode::Unavailable);
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Copy");
  EXPECT_FALSE(outcome.tolerated);
  EXPECT_TRUE(outcome.retryable);
  EXPECT_THAT(outcome.message, HasSubstr("too many copy operations returned errors, failed: 1, is "
                                         "greater than allowed: 0"));
  EXPECT_THAT(outcome.message, HasSubstr("no copy to out/c"));
  ASSERT_THAT(outcome.partial, SizeIs(1));
  EXPECT_THAT(uris(outcome.partial[0]), ElementsAre("s3://b/out/a", "s3://b/out/b"));
}

TEST_F(CopyTest, B5_failures_within_the_fraction_are_tolerated_and_tried_again) {
  world_.plan().partial_fraction = 0.25;  // one of four
  for (const char* name : {"a", "b", "c", "d"})
    world_.member(std::string("s3://b/in/") + name, name);
  fail_copies_to({"out/b"}, FailureCode::Unavailable);
  const auto outcome = failed();
  EXPECT_TRUE(outcome.tolerated);
  EXPECT_TRUE(outcome.retryable);
  EXPECT_THAT(uris(outcome.partial.at(0)),
              ElementsAre("s3://b/out/a", "s3://b/out/c", "s3://b/out/d"));
  EXPECT_THAT(outcome.partial[0].comment.value_or(""), HasSubstr("1 of 4 copy operations failed"));
  // The next attempt takes what is there and copies the rest.
  fail_copies_to({}, FailureCode::Unavailable);
  EXPECT_THAT(complete().sinks.at(0).members, SizeIs(4));
}

TEST_F(CopyTest, a_fraction_of_a_whole_number_allows_just_that) {
  world_.arc.parallel = 1;
  world_.plan().partial_fraction = 0.07;  // 0.07 * 100 is a little above 7 in binary
  std::vector<std::string> broken;
  for (int i = 0; i < 100; ++i) {
    world_.member("s3://b/in/" + std::to_string(i), "x");
    if (i < 8) broken.push_back("out/" + std::to_string(i));
  }
  fail_copies_to(broken, FailureCode::Unavailable);
  EXPECT_FALSE(failed().tolerated);
  broken.pop_back();
  fail_copies_to(broken, FailureCode::Unavailable);
  EXPECT_TRUE(failed().tolerated);
}

TEST_F(CopyTest, denied_access_stops_whatever_the_fraction) {
  world_.arc.parallel = 1;
  world_.plan().partial_fraction = 1;
  for (const char* name : {"a", "b", "c"}) world_.member(std::string("s3://b/in/") + name, name);
  fail_copies_to({"out/a"}, FailureCode::Denied);
  const auto outcome = failed();
  EXPECT_FALSE(outcome.tolerated);
  EXPECT_THAT(outcome.message, HasSubstr("access denied"));
  EXPECT_THAT(outcome.message, HasSubstr("copy s3://b/in/a to s3://b/out/a"));
  EXPECT_FALSE(world_.exists("s3://b/out/b"));
}

TEST_F(CopyTest, a_member_that_is_gone_is_recorded_as_vanished) {
  world_.member("s3://b/in/a.csv", "one");
  world_.member("s3://b/in/b.csv", "two");
  ASSERT_TRUE(world_.memory.remove(work::testing::uri("s3://b/in/b.csv")));
  const auto done = complete();
  EXPECT_EQ(done.sinks[0].state, record::ManifestState::complete);
  EXPECT_THAT(uris(done.sinks[0]), ElementsAre(out_a));
  EXPECT_EQ(done.sinks[0].members.at(1).vanished, "gone");
  EXPECT_EQ(done.sinks[0].members.at(1).source, "s3://b/in/b.csv");
}

TEST_F(CopyTest, an_overwritten_member_is_not_copied_in_its_new_version) {
  world_.member("s3://b/in/a.csv", "one");
  world_.clock.advance(std::chrono::seconds(5));
  world_.put("s3://b/in/a.csv", "another");
  const auto done = complete();
  EXPECT_EQ(done.sinks[0].state, record::ManifestState::empty);
  EXPECT_THAT(done.sinks[0].members.at(0).vanished.value_or(""), HasSubstr("size 7"));
  EXPECT_FALSE(world_.exists(out_a));
}

TEST_F(CopyTest, a_member_overwritten_while_it_is_copied_is_vanished_and_nothing_is_deleted) {
  world_.member("s3://b/in/a.csv", "one");
  faulty_.set_plan([&](Operation operation, const Uri&) -> Fault {
    if (operation != Operation::CopyIfAbsent) return {};
    return {.before_effect = [&] { world_.put("s3://b/in/a.csv", "two"); }};
  });
  const auto done = complete();
  EXPECT_EQ(done.sinks[0].state, record::ManifestState::empty);
  EXPECT_TRUE(done.sinks[0].members.at(0).vanished);
  // Another lot may have found these bytes there and taken them as its own.
  EXPECT_EQ(world_.bytes(out_a), "two");
  EXPECT_EQ(faulty_.calls(Operation::DeleteIf), 0U);
  EXPECT_EQ(faulty_.calls(Operation::Remove), 0U);
}

TEST_F(CopyTest, a_vanished_member_whose_copy_is_there_is_a_member) {
  world_.member("s3://b/in/a.csv", "one");
  complete();
  ASSERT_TRUE(world_.memory.remove(work::testing::uri("s3://b/in/a.csv")));
  EXPECT_THAT(uris(complete().sinks[0]), ElementsAre(out_a));
}

TEST_F(CopyTest, overwrites_fail_ends_partial) {
  world_.sources[0].overwrites = model::Overwrites::fail;
  world_.member("s3://b/in/a.csv", "one");
  world_.member("s3://b/in/b.csv", "two");
  ASSERT_TRUE(world_.memory.remove(work::testing::uri("s3://b/in/b.csv")));
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Vanished");
  EXPECT_TRUE(outcome.tolerated);
  EXPECT_FALSE(outcome.retryable);
  EXPECT_THAT(uris(outcome.partial.at(0)), ElementsAre(out_a));
}

TEST_F(CopyTest, other_bytes_under_the_key_stay_and_the_copy_goes_beside) {
  world_.put(out_a, "of somebody else");
  world_.member("s3://b/in/a.csv", "one");
  const auto done = complete();
  const std::string beside = "s3://b/out/a~20240501PT5M003~" + world_.attempt + ".csv";
  EXPECT_THAT(uris(done.sinks[0]), ElementsAre(beside));
  EXPECT_EQ(done.sinks[0].members[0].wanted, out_a);
  EXPECT_EQ(world_.bytes(out_a), "of somebody else");
  EXPECT_EQ(world_.bytes(beside), "one");
}

TEST_F(CopyTest, on_conflict_replace_overwrites_and_says_what) {
  world_.plan().on_conflict = model::OnConflict::replace;
  world_.put(out_a, "of somebody else");
  world_.member("s3://b/in/a.csv", "one");
  const auto done = complete();
  EXPECT_THAT(uris(done.sinks[0]), ElementsAre(out_a));
  EXPECT_EQ(done.sinks[0].members[0].superseded, md5_hex("of somebody else"));
  EXPECT_EQ(world_.bytes(out_a), "one");
}

TEST_F(CopyTest, the_same_bytes_are_taken_as_they_are) {
  world_.put(out_a, "one");
  const auto before = world_.memory.head(work::testing::uri(out_a)).value();
  world_.clock.advance(std::chrono::hours(1));
  world_.member("s3://b/in/a.csv", "one");
  EXPECT_THAT(uris(complete().sinks[0]), ElementsAre(out_a));
  EXPECT_EQ(world_.memory.head(work::testing::uri(out_a))->modified, before.modified);
}

TEST_F(CopyTest, a_member_without_a_recorded_version_is_copied_as_it_is) {
  world_.put("s3://b/in/a.csv", "one");
  world_.sources[0].members.push_back({work::testing::uri("s3://b/in/a.csv"), std::nullopt});
  EXPECT_THAT(uris(complete().sinks[0]), ElementsAre(out_a));
}

TEST_F(CopyTest, every_sink_gets_every_object) {
  world_.arc.sinks.emplace_back("second", work::testing::dataset("more", "s3://b/more/"));
  world_.member("s3://b/in/a.csv", "one");
  const auto done = complete();
  ASSERT_THAT(done.sinks, SizeIs(2));
  EXPECT_EQ(done.sinks[1].role, "second");
  EXPECT_EQ(world_.bytes("s3://b/more/a.csv"), "one");
}

TEST_F(CopyTest, a_stop_ends_the_copy_between_objects) {
  world_.arc.parallel = 1;
  for (const char* name : {"a", "b", "c"}) world_.member(std::string("s3://b/in/") + name, name);
  faulty_.set_plan([&](Operation operation, const Uri& at) -> Fault {
    if (operation == Operation::CopyIfAbsent && at.key == "out/a") world_.stop.request_stop();
    return {};
  });
  EXPECT_TRUE(std::holds_alternative<flow::Stopped>(run()));
  EXPECT_FALSE(world_.exists("s3://b/out/b"));
}

TEST_F(CopyTest, many_threads_copy_each_object_once_and_keep_the_order) {
  world_.arc.parallel = 8;
  for (int i = 0; i < 200; ++i) world_.member("s3://b/in/" + std::to_string(1000 + i), "x");
  const auto done = complete();
  EXPECT_EQ(faulty_.calls(Operation::CopyIfAbsent), 200U);
  ASSERT_THAT(done.sinks[0].members, SizeIs(200));
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(done.sinks[0].members[i].uri, "s3://b/out/" + std::to_string(1000 + i));
  }
}

}  // namespace
}  // namespace cls::work
