// SPDX-License-Identifier: Apache-2.0
#include "flow/deploy.h"

#include <semaphore>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "flow/conditional.h"
#include "flow/materials.h"
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
    if (operation == store::Operation::DeleteIf && uri == places.materials(former.project)) {
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

/// The store of `world` that does something of another process's before its n-th call.
store::FaultyStore interrupted(testing::World& world, int call, std::function<void()> other) {
  return store::FaultyStore(world.store, [call, other = std::move(other), count = 0](
                                             store::Operation, const Uri&) mutable {
    if (count++ == call) other();
    return store::Fault{};
  });
}

/// What lies in the metadata store, but for subscriptions, which stay.
std::set<std::string> metadata(testing::World& world, const record::Places& places) {
  std::set<std::string> found;
  Uri all = places.projects_prefix();
  all.key.clear();
  const auto listed = store::for_each_object(world.store, all, [&](const auto& info) {
    if (!info.uri.key.starts_with("subscriptions/")) found.insert(info.uri.to_string());
  });
  EXPECT_TRUE(listed);
  return found;
}

/// The present project, `records`, has all that it consists of; and everything is on the list.
void expect_whole(testing::World& world, const ProjectRecords& records, int call) {
  const record::Places places(records.placement);
  const auto found = metadata(world, places);
  for (const auto& [name, text] : records.arcs) {
    EXPECT_TRUE(found.contains(places.arc(records.project, name).to_string())) << name << call;
  }
  for (const auto& dataset : records.datasets) {
    const auto owner = stored_owner(world.store, places, dataset.id()).value();
    ASSERT_TRUE(owner) << dataset.name << call;
    EXPECT_EQ(owner->owner, records.project);
  }
  const auto listed = stored_materials(world.store, places, records.project).value();
  ASSERT_TRUE(listed) << call;
  for (const auto& uri : found) {
    EXPECT_TRUE(uri == places.materials(records.project).to_string() || listed->uris.contains(uri))
        << uri << call;
  }
}

struct Rivals {
  Rivals() {
    former.project_json = R"({"of":"former"})";
    former.arcs = {{"x", "{}"}, {"y", "{}"}};
    first.project_json = R"({"of":"first"})";
    first.arcs = {{"x", "{}"}, {"z", "{}"}};
    second.project_json = R"({"of":"second"})";
    second.arcs = {{"y", "{}"}, {"v", "{}"}};
  }
  std::string present(testing::World& world) const {
    const auto object = get_if_present(world.store, places.project(first.project)).value();
    return object ? object->bytes : "";
  }
  ProjectRecords former = project("a", {"one", "two"});
  ProjectRecords first = project("a", {"one", "three"});
  ProjectRecords second = project("a", {"two", "four"});
  record::Places places = record::Places(former.placement);
};

constexpr int more_calls_than_a_deploy_makes = 200;

TEST(Deploy, OfTwoDeploysAtOneMomentOneIsThereAndWholeAndNothingIsUnlisted) {
  const Rivals of;
  std::set<std::string> seen;
  for (const bool deployed : {true, false}) {
    for (int call = 0; call < more_calls_than_a_deploy_makes; ++call) {
      testing::World world;
      if (deployed) {
        ASSERT_TRUE(store_project(world.store, world.clock, of.former, {}, "test"));
      }
      auto store = interrupted(world, call, [&] {
        EXPECT_TRUE(store_project(world.store, world.clock, of.second, {}, "test")) << call;
      });
      const auto done = store_project(store, world.clock, of.first, {}, "test");
      ASSERT_TRUE(done) << call << done.error().message;
      const std::string present = of.present(world);
      seen.insert(present);
      expect_whole(world, present == of.first.project_json ? of.first : of.second, call);
      EXPECT_TRUE(*remove_project(world.store, of.places, of.first.project));
      EXPECT_EQ(metadata(world, of.places), std::set<std::string>()) << call;
    }
  }
  EXPECT_EQ(seen, (std::set{of.first.project_json, of.second.project_json}));
}

TEST(Deploy, AProjectThatIsDestroyedWhileItIsDeployedIsWholeOrGone) {
  const Rivals of;
  int refused = 0;
  for (int call = 0; call < more_calls_than_a_deploy_makes; ++call) {
    testing::World world;
    ASSERT_TRUE(store_project(world.store, world.clock, of.former, {}, "test"));
    auto store = interrupted(world, call, [&] {
      EXPECT_TRUE(remove_project(world.store, of.places, of.former.project)) << call;
    });
    const auto done = store_project(store, world.clock, of.first, {}, "test");
    if (done) {
      expect_whole(world, of.first, call);
    } else {
      ++refused;
      EXPECT_EQ(done.error().code, FailureCode::Conflict) << done.error().message;
      EXPECT_EQ(of.present(world), "");
    }
    EXPECT_TRUE(remove_project(world.store, of.places, of.first.project));
    EXPECT_EQ(metadata(world, of.places), std::set<std::string>()) << call;
  }
  EXPECT_GT(refused, 0);
}

TEST(Deploy, AProjectThatIsDeployedWhileItIsDestroyedIsWholeOrGone) {
  const Rivals of;
  int refused = 0;
  for (int call = 0; call < more_calls_than_a_deploy_makes; ++call) {
    testing::World world;
    ASSERT_TRUE(store_project(world.store, world.clock, of.former, {}, "test"));
    auto store = interrupted(world, call, [&] {
      EXPECT_TRUE(store_project(world.store, world.clock, of.second, {}, "test")) << call;
    });
    const auto done = remove_project(store, of.places, of.former.project);
    if (!done) {
      ++refused;
      EXPECT_EQ(done.error().code, FailureCode::Conflict) << done.error().message;
    }
    if (!of.present(world).empty()) expect_whole(world, of.second, call);
    EXPECT_TRUE(remove_project(world.store, of.places, of.first.project));
    EXPECT_EQ(metadata(world, of.places), std::set<std::string>()) << call;
  }
  EXPECT_GT(refused, 0);
}

/// Two deploys, of which the first stands still before a call of its own, until the second has come
/// to one of its calls, and again some calls later, until the second one is done.
void overtake(testing::World& world, const Rivals& of, int call, int calls_more, int others_call) {
  std::counting_semaphore<8> stands_still(0);
  std::counting_semaphore<8> goes_on(0);
  store::FaultyStore slow(world.store, [&, count = 0](store::Operation, const Uri&) mutable {
    if (count == call || count == call + calls_more) {
      stands_still.release();
      goes_on.acquire();
    }
    ++count;
    return store::Fault{};
  });
  std::thread first([&] {
    EXPECT_TRUE(store_project(slow, world.clock, of.first, {}, "test"));
    stands_still.release(2);
  });
  stands_still.acquire();
  auto second = interrupted(world, others_call, [&] {
    goes_on.release();
    stands_still.acquire();
  });
  EXPECT_TRUE(store_project(second, world.clock, of.second, {}, "test"));
  goes_on.release(2);
  first.join();
}

TEST(Deploy, OfTwoDeploysThatOvertakeEachOtherOneIsThereAndWhole) {
  const Rivals of;
  for (int call = 0; call < 44; call += 2) {
    for (int others_call = 0; others_call < 44; others_call += 4) {
      for (const int calls_more : {3, 5}) {
        testing::World world;
        ASSERT_TRUE(store_project(world.store, world.clock, of.former, {}, "test"));
        overtake(world, of, call, calls_more, others_call);
        const bool is_first = of.present(world) == of.first.project_json;
        expect_whole(world, is_first ? of.first : of.second, 100 * call + others_call);
      }
    }
  }
}

TEST(Deploy, ARecordThatSomebodyWritesAgainWhileItGoesIsNotLeftBehind) {
  const Rivals of;
  const Uri owner = of.places.dataset({"one", "1"});
  for (int call = 0; call < more_calls_than_a_deploy_makes; ++call) {
    testing::World world;
    ASSERT_TRUE(store_project(world.store, world.clock, of.former, {}, "test"));
    auto store = interrupted(world, call, [&] {
      const auto there = get_if_present(world.store, owner).value();
      if (there) {
        EXPECT_TRUE(world.store.put(owner, there->bytes + " "));
      }
    });
    EXPECT_TRUE(*remove_project(store, of.places, of.former.project));
    EXPECT_EQ(metadata(world, of.places), std::set<std::string>()) << call;
  }
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
