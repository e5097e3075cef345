// SPDX-License-Identifier: Apache-2.0
#include "flow/deploy.h"

#include <gtest/gtest.h>

#include "flow/test_world.h"

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

}  // namespace
}  // namespace cls::flow
