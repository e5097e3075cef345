// SPDX-License-Identifier: Apache-2.0
#include "operate/unread.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"
#include "store/faulty_store.h"

namespace cls::operate {
namespace {

using flow::testing::World;

struct Unread : ::testing::Test {
  void make(model::BoundaryPlan plan = World::default_boundary()) {
    plan.arrival = model::EventArrival::infrequent;
    plan.settle = std::chrono::seconds(0);
    world = std::make_unique<World>(std::move(plan));
    boundary = world->boundary();
  }
  void put(const std::string& key, const std::string& bytes = "x") {
    ASSERT_TRUE(world->store.put({"s3", "b", "in/" + key}, bytes));
  }
  void take(const std::string& key, const std::string& bytes = "x") {
    ASSERT_TRUE(boundary->take({world->arrival(key, format_instant(world->clock.now()), bytes)}));
  }
  std::uint64_t count() { return count_in(world->store); }
  std::uint64_t count_in(store::ObjectStore& store) {
    UnreadObjects unread(store, *world->log().boundary().boundary);
    EXPECT_TRUE(unread.list(world->log()));
    EXPECT_TRUE(world->log().for_each_segment([&](const record::Segment& segment) {
      for (const auto& line : segment.lines) unread.see(line);
    }));
    return unread.count().value();
  }
  std::unique_ptr<World> world;
  std::unique_ptr<flow::Boundary> boundary;
};

TEST_F(Unread, IsWhatTheLedgerDoesNotKnow) {
  make();
  EXPECT_EQ(count(), 0U) << "no bucket, no objects";
  put("x");
  put("d/y");
  EXPECT_EQ(count(), 2U);
  take("x");
  EXPECT_EQ(count(), 1U);
  take("d/y");
  EXPECT_EQ(count(), 0U);
}

TEST_F(Unread, AFileWrittenAgainUnchangedIsKnownAndAChangedOneIsNot) {
  make();
  for (const char* key : {"x", "y", "z"}) {
    put(key, "before");
    take(key, "before");
  }
  EXPECT_EQ(count(), 0U);
  world->clock.advance(std::chrono::seconds(5));
  put("x", "before");
  EXPECT_EQ(count(), 0U);
  put("y", "after!");
  EXPECT_EQ(count(), 1U) << "as long as before, other bytes";
  put("z", "longer than before");
  store::FaultyStore counted(world->store);
  EXPECT_EQ(count_in(counted), 2U);
  EXPECT_EQ(counted.calls(store::Operation::GetPieces), 2U) << "another size needs no reading";
  EXPECT_EQ(counted.calls(store::Operation::List), 1U);
}

TEST_F(Unread, LeavesOutExactlyWhatTheBoundaryFilters) {
  for (const bool hide : {true, false}) {
    auto plan = World::default_boundary();
    plan.filter.includes = {"**/*.txt", "*.txt", "**/*.tmp", "**/.*", "**/*.part", "*.crdownload"};
    plan.filter.excludes = {"**/no*"};
    plan.hide_unfinished = hide;
    make(std::move(plan));
    for (const char* key : {"a.txt", "d/b.txt", "d/no.txt", "c.csv", "d/.hidden", "d/x.tmp",
                            "d/x.part", "x.crdownload", "e/", ".d/in.txt"}) {
      put(key);
    }
    const std::uint64_t unread = count();
    std::uint64_t members = 0;
    ASSERT_TRUE(store::for_each_object(
        world->store, {"s3", "b", "in/"},
        [&](const store::ObjectInfo& info) { take(info.uri.key.substr(3)); }));
    ASSERT_TRUE(world->log().for_each_segment([&](const record::Segment& segment) {
      for (const auto& line : segment.lines) {
        members += line.decision == record::Decision::member ? 1 : 0;
      }
    }));
    EXPECT_EQ(unread, members);
    EXPECT_EQ(unread, hide ? 2U : 7U);
    EXPECT_EQ(count(), 0U);
  }
}

TEST_F(Unread, AnObjectThatVanishedMeanwhileIsNotUnread) {
  make();
  put("x", "before");
  take("x", "before");
  world->clock.advance(std::chrono::seconds(5));
  put("x", "before");
  store::FaultyStore gone(world->store, [](store::Operation operation, const Uri&) {
    store::Fault fault{.code = FailureCode::NotFound};
    if (operation == store::Operation::GetPieces) fault.when = store::Fault::When::BeforeEffect;
    return fault;
  });
  EXPECT_EQ(count_in(gone), 0U);
}

}  // namespace
}  // namespace cls::operate
