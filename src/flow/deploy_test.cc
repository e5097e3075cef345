// SPDX-License-Identifier: Apache-2.0
#include "flow/deploy.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"
#include "store/faulty_store.h"

namespace cls::flow {
namespace {

ProjectRecords project(const std::string& name, const std::vector<std::string>& datasets) {
  ProjectRecords records{
      .placement = {.provider = "local", .stage = {}, .account = {}, .region = {}},
      .project = {name, "1"},
      .project_json = "{}",
      .arcs = {},
      .boundaries = {},
      .datasets = {}};
  for (const auto& dataset : datasets) {
    records.datasets.push_back(testing::sink(dataset, "s3://b/" + dataset + "/"));
  }
  return records;
}

TEST(Deploy, A21_ADeployThatIsRefusedOwnsNothing) {
  testing::World world;
  const auto first = project("a", {"two"});
  ASSERT_TRUE(store_project(world.store, world.clock, first, {}, "test"));
  const auto second = project("b", {"one", "two"});
  const auto refused = store_project(world.store, world.clock, second, {}, "test");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, FailureCode::Conflict);
  EXPECT_NE(refused.error().message.find("two/1 is owned by project a"), std::string::npos)
      << refused.error().message;
  const record::Places places(second.placement);
  EXPECT_FALSE(*stored_owner(world.store, places, {"one", "1"}));
}

TEST(Deploy, RecordsOfWhatIsDeployedNoMoreAreTakenAway) {
  testing::World world;
  auto records = project("a", {"one", "two"});
  records.arcs = {{"x", "{}"}, {"y", "{}"}};
  ASSERT_TRUE(store_project(world.store, world.clock, records, {}, "test"));
  const record::Places places(records.placement);
  records.arcs.pop_back();
  records.datasets.pop_back();
  ASSERT_TRUE(store_project(world.store, world.clock, records, {}, "test"));
  EXPECT_TRUE(world.store.head(places.arc(records.project, "x")));
  EXPECT_FALSE(world.store.head(places.arc(records.project, "y")));
  EXPECT_FALSE(*stored_owner(world.store, places, {"two", "1"}));
  const auto other = project("b", {"two"});
  EXPECT_TRUE(store_project(world.store, world.clock, other, {}, "test")) << "it is free";
}

TEST(Deploy, DestroySeesWhatADeployThatWasCutOffHadStored) {
  testing::World world;
  auto records = project("a", {"one"});
  records.arcs = {{"x", "{}"}};
  const record::Places places(records.placement);
  store::FaultyStore faulty(world.store, [&](store::Operation, const Uri& uri) {
    store::Fault fault;
    if (uri == places.project(records.project)) {
      fault.when = store::Fault::When::BeforeEffect;
      fault.code = FailureCode::NoSpace;
    }
    return fault;
  });
  EXPECT_FALSE(store_project(faulty, world.clock, records, {}, "test"));
  EXPECT_TRUE(world.store.head(places.arc(records.project, "x")));
  EXPECT_TRUE(*remove_project(world.store, places, records.project));
  EXPECT_FALSE(world.store.head(places.arc(records.project, "x")));
  EXPECT_FALSE(*stored_owner(world.store, places, {"one", "1"}));
}

/// Project b is refused, because a, which looked at the same moment, was faster.
void lose_race(testing::World& world, const ProjectRecords& winner, const ProjectRecords& loser) {
  const Uri owner = record::Places(winner.placement).dataset(winner.datasets.front().id());
  store::FaultyStore contended(world.store, [&](store::Operation operation, const Uri& uri) {
    if (operation == store::Operation::PutIfAbsent && uri == owner) {
      EXPECT_TRUE(store_project(world.store, world.clock, winner, {}, "test"));
    }
    return store::Fault{};
  });
  const auto refused = store_project(contended, world.clock, loser, {}, "test");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, FailureCode::Conflict);
}

TEST(Deploy, AProjectThatLosesARaceForADatasetLeavesItToTheWinner) {
  for (const bool chooses_another : {true, false}) {
    testing::World world;
    const auto winner = project("a", {"one"});
    const auto loser = project("b", {"one", "two"});
    lose_race(world, winner, loser);
    const record::Places places(winner.placement);
    if (chooses_another) {  // as the message says
      const auto other = project("b", {"two"});
      ASSERT_TRUE(store_project(world.store, world.clock, other, {}, "test"));
    } else {
      EXPECT_TRUE(*remove_project(world.store, places, loser.project));
    }
    const auto owner = stored_owner(world.store, places, {"one", "1"}).value();
    ASSERT_TRUE(owner) << chooses_another;
    EXPECT_EQ(owner->owner, winner.project);
  }
}

TEST(Deploy, AProjectWhoseDestroyingWasCutOffTakesNothingFromTheDatasetsNextOwner) {
  testing::World world;
  const auto former = project("a", {"one"});
  const record::Places places(former.placement);
  ASSERT_TRUE(store_project(world.store, world.clock, former, {}, "test"));
  store::FaultyStore faulty(world.store, [&](store::Operation operation, const Uri& uri) {
    store::Fault fault;
    if (operation == store::Operation::Remove && uri == places.materials(former.project)) {
      fault.when = store::Fault::When::BeforeEffect;
      fault.code = FailureCode::NoSpace;
    }
    return fault;
  });
  EXPECT_FALSE(remove_project(faulty, places, former.project));
  const auto next = project("b", {"one"});
  ASSERT_TRUE(store_project(world.store, world.clock, next, {}, "test"));
  const Uri manifest = places.manifest({"one", "1"}, lot::LotId::parse("20230101PT5M000").value(),
                                       record::ManifestState::complete);
  ASSERT_TRUE(world.store.put(manifest, "of b"));
  model::ProjectPlan plan;
  plan.placement = former.placement;
  plan.project = former.project;
  plan.boundaries.emplace_back();
  plan.boundaries.front().dataset = former.datasets.front();
  EXPECT_TRUE(delete_records(world.store, Deployed(plan)));
  EXPECT_TRUE(world.store.head(manifest)) << "what the next owner has published";
  EXPECT_TRUE(*remove_project(world.store, places, former.project));
  const auto owner = stored_owner(world.store, places, {"one", "1"}).value();
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->owner, next.project);
}

TEST(Deploy, SwitchingOffAndOnKeepsSinceAndIsWrittenDown) {
  testing::World world;
  auto records = project("a", {"one"});
  records.arcs = {{"x", "{}"}};
  ASSERT_TRUE(
      store_project(world.store, world.clock, records, {.all = false, .at = Instant{}}, "me"));
  const Uri uri = record::Places(records.placement).arc_subscription(records.project, "x");
  world.clock.advance(std::chrono::hours(1));
  EXPECT_TRUE(*set_enabled(world.store, world.clock, uri, false, "you"));
  EXPECT_FALSE(*set_enabled(world.store, world.clock, uri, false, "you")) << "it is off already";
  EXPECT_FALSE((*read_subscription(world.store, uri))->enabled);
  ASSERT_TRUE(store_project(world.store, world.clock, records, {.all = true, .at = {}}, "me"));
  EXPECT_FALSE((*read_subscription(world.store, uri))->enabled) << "a redeploy switches nothing on";
  EXPECT_TRUE(*set_enabled(world.store, world.clock, uri, true, "you"));
  EXPECT_EQ((*read_subscription(world.store, uri))->since, Instant{});
  const auto record = json::read_record<record::Subscription>(world.store.get(uri)->bytes).value();
  ASSERT_EQ(record.history.size(), 3U);
  EXPECT_EQ(record.history.at(1).reason, "disable");
  EXPECT_EQ(record.history.at(2).reason, "enable");
  EXPECT_EQ(record.history.at(2).since, std::nullopt);
}

TEST(Deploy, SwitchingIsDoneThoughAnotherChangesTheRecordMeanwhile) {
  testing::World world;
  auto records = project("a", {"one"});
  records.arcs = {{"x", "{}"}};
  ASSERT_TRUE(store_project(world.store, world.clock, records, {.all = true, .at = {}}, "me"));
  const Uri uri = record::Places(records.placement).arc_subscription(records.project, "x");
  bool first = true;
  store::FaultyStore contended(world.store, [&](store::Operation operation, const Uri&) {
    if (operation == store::Operation::ReplaceIf && std::exchange(first, false)) {
      auto object = world.store.get(uri).value();
      auto record = json::read_record<record::Subscription>(object.bytes).value();
      record.history.push_back({"2023-01-01T00:00:00Z", "another", true, std::nullopt, "enable"});
      EXPECT_TRUE(world.store.put(uri, json::write_record(record)));
    }
    return store::Fault{};
  });
  EXPECT_TRUE(*set_enabled(contended, world.clock, uri, false, "you"));
  const auto record = json::read_record<record::Subscription>(world.store.get(uri)->bytes).value();
  EXPECT_FALSE(record.enabled);
  EXPECT_EQ(record.history.size(), 3U) << "both changes are there";
  const Uri none = record::Places(records.placement).arc_subscription(records.project, "none");
  EXPECT_EQ(set_enabled(world.store, world.clock, none, false, "you").error().code,
            FailureCode::NotFound);
}

}  // namespace
}  // namespace cls::flow
