// SPDX-License-Identifier: Apache-2.0
#include "work/overwrites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/overwrites.h"
#include "store/faulty_store.h"
#include "work/copy.h"
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
constexpr const char* out_b = "s3://b/out/b.csv";

/// A copy arc with `onConflict: replace` and two members; at both keys is something else.
class OverwritesTest : public ::testing::Test {
 protected:
  OverwritesTest() {
    world_.plan().on_conflict = model::OnConflict::replace;
    world_.arc.parallel = 2;
    world_.put(out_a, "former a");
    world_.put(out_b, "former b");
    world_.member("s3://b/in/a.csv", "one");
    world_.member("s3://b/in/b.csv", "two");
  }
  flow::RunOutcome run() { return CopyWorkload(faulty_).run(world_.context()); }

  /// `URI superseded` of each line of each record, in the order of their keys.
  std::vector<std::string> recorded() {
    std::vector<std::string> found;
    EXPECT_TRUE(store::for_each_object(
        world_.memory, world_.places.all_overwrites(), [&](const store::ObjectInfo& info) {
          const auto file = record::read_overwrites(world_.bytes(info.uri.to_string())).value();
          EXPECT_EQ(file.head.attempt, world_.attempt);
          EXPECT_EQ(file.head.lot, world_.lot.to_string());
          for (const auto& line : file.lines) found.push_back(line.uri + " " + line.superseded);
        }));
    return found;
  }
  static bool is_record(const Uri& uri) { return uri.key.starts_with("overwrites/"); }

  MemoryWorld world_;
  store::FaultyStore faulty_{world_.memory};
};

TEST_F(OverwritesTest, what_is_written_over_is_on_record_before) {
  faulty_.set_plan([&](Operation operation, const Uri&) -> Fault {
    if (operation != Operation::CopyIf) return {};
    return {.before_effect = [&] {
      EXPECT_THAT(recorded(), ElementsAre(out_a + (" " + md5_hex("former a")),
                                          out_b + (" " + md5_hex("former b"))));
    }};
  });
  const auto done = std::get<Completed>(run());
  ASSERT_THAT(done.sinks[0].members, SizeIs(2));
  EXPECT_EQ(done.sinks[0].members[0].superseded, md5_hex("former a"));
  EXPECT_EQ(world_.bytes(out_a), "one");
  EXPECT_EQ(world_.bytes(out_b), "two");
  EXPECT_EQ(faulty_.calls(Operation::CopyIf), 2U);
}

TEST_F(OverwritesTest, an_attempt_that_overwrites_nothing_writes_no_record) {
  world_.put(out_a, "one");
  ASSERT_TRUE(world_.memory.remove(work::testing::uri(out_b)));
  run();
  EXPECT_EQ(faulty_.calls(Operation::PutIfAbsent), 0U);
}

TEST_F(OverwritesTest, nothing_is_written_over_where_no_record_can_be_stored) {
  faulty_.set_plan([&](Operation, const Uri& uri) -> Fault {
    if (!is_record(uri)) return {};
    return {.when = Fault::When::BeforeEffect, .code = FailureCode::NoSpace, .message = "full"};
  });
  const auto failed = std::get<Failed>(run());
  EXPECT_THAT(failed.message, HasSubstr("full"));
  EXPECT_EQ(world_.bytes(out_a), "former a");
  EXPECT_EQ(world_.bytes(out_b), "former b");
}

TEST_F(OverwritesTest, what_another_wrote_meanwhile_is_put_on_record_too) {
  bool once = false;
  faulty_.set_plan([&](Operation, const Uri& uri) -> Fault {
    if (!is_record(uri) || std::exchange(once, true)) return {};
    return {.after_effect = [&] { world_.put(out_a, "of another"); }};
  });
  const auto done = std::get<Completed>(run());
  EXPECT_THAT(recorded(),
              ElementsAre(out_a + (" " + md5_hex("former a")), out_b + (" " + md5_hex("former b")),
                          out_a + (" " + md5_hex("of another"))));
  EXPECT_EQ(done.sinks[0].members[0].superseded, md5_hex("of another"));
  EXPECT_EQ(world_.bytes(out_a), "one");
}

TEST_F(OverwritesTest, what_is_written_by_others_all_the_time_fails_the_attempt) {
  int n = 0;
  faulty_.set_plan([&](Operation operation, const Uri& uri) -> Fault {
    if (operation != Operation::CopyIf || uri.key != "out/a.csv") return {};
    return {.before_effect = [&] { world_.put(out_a, format("other {}", ++n)); }};
  });
  const auto failed = std::get<Failed>(run());
  EXPECT_THAT(failed.message, HasSubstr("s3://b/out/a.csv is overwritten by others all the time"));
  EXPECT_TRUE(failed.retryable);
  EXPECT_EQ(world_.bytes(out_b), "two");
}

TEST_F(OverwritesTest, each_sink_has_its_records) {
  world_.arc.sinks.emplace_back("second", work::testing::dataset("more", "s3://b/more/"));
  world_.put("s3://b/more/a.csv", "former");
  run();
  EXPECT_THAT(recorded(), SizeIs(3));
  std::vector<std::string> keys;
  ASSERT_TRUE(
      store::for_each_object(world_.memory, world_.places.all_overwrites(),
                             [&](const store::ObjectInfo& info) { keys.push_back(info.uri.key); }));
  const std::string begin =
      "overwrites/project=p/version=1/arc=a/20240501PT5M003." + world_.attempt;
  EXPECT_THAT(keys, ElementsAre(begin + ".1.jsonl", begin + ".2.jsonl"));
}

TEST_F(OverwritesTest, a_stop_before_the_record_overwrites_nothing) {
  faulty_.set_plan([&](Operation operation, const Uri& uri) -> Fault {
    if (operation != Operation::GetPieces || uri.key != "out/b.csv") return {};
    return {.after_effect = [&] { world_.stop.request_stop(); }};
  });
  world_.put(out_b, "TWO");  // of the same size, so that it is read
  world_.arc.parallel = 1;
  EXPECT_TRUE(std::holds_alternative<flow::Stopped>(run()));
  EXPECT_EQ(world_.bytes(out_a), "former a");
  EXPECT_EQ(world_.bytes(out_b), "TWO");
}

}  // namespace
}  // namespace cls::work
