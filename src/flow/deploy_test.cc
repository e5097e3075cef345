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

}  // namespace
}  // namespace cls::flow
