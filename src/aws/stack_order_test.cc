// SPDX-License-Identifier: Apache-2.0
#include "aws/stack_order.h"

#include "aws/synthesis_world_test.h"

namespace cls::aws {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string database(const std::string& name) {
  return R"({"type":"aws:core:glueDatabase","name":")" + name + R"(","databaseName":")" + name +
         "\"}";
}

/// A table in a database of another project, in the same placement.
std::string table_in(const std::string& project, const std::string& database) {
  return R"({"type":"aws:core:glueTable","name":"t","tableName":"t","databaseRef":"ref:aws:arn:dev:)" +
         project + ":1:core:glue-database:" + database +
         R"(","pathURI":"s3://buk/t","schema":{"dataFormat":"csv"}})";
}

std::vector<std::string> names_of(const std::vector<Stack>& stacks) {
  std::vector<std::string> names;
  names.reserve(stacks.size());
  for (const auto& stack : stacks) names.push_back(stack.name);
  return names;
}

constexpr const char* alpha = "DEV-alpha-resource-activity-boundary-1-eu-west-1";
constexpr const char* omega = "DEV-omega-resource-activity-boundary-1-eu-west-1";

TEST(StackOrder, AStackFollowsThoseWhoseExportsItTakes) {
  const Made made = make({project(list_of("resources", {table_in("omega", "lake")}), "alpha"),
                          project(list_of("resources", {database("lake")}), "omega")});
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_THAT(names_of(made.assembly.stacks), ElementsAre(omega, alpha));
  EXPECT_THAT(made.stack("alpha").depends_on, ElementsAre(omega));
  EXPECT_THAT(made.stack("alpha").content.imports(),
              ElementsAre("ref:aws:arn:dev:omega:1:core:glue-database:lake"));
}

TEST(StackOrder, WithoutSuchTheOrderStays) {
  const Made made = make({project(list_of("resources", {database("a")}), "alpha"),
                          project(list_of("resources", {database("b")}), "omega")});
  EXPECT_THAT(names_of(made.assembly.stacks), ElementsAre(alpha, omega));
}

TEST(StackOrder, AnExportOfAnotherRegionIsNotTheOne) {
  const std::string there = R"("stage":"dev","account":"111122223333","region":"us-east-1")";
  const Made made = make({project(list_of("resources", {table_in("omega", "lake")}), "alpha"),
                          project(list_of("resources", {database("lake")}), "omega", there)});
  EXPECT_THAT(made.stack("alpha").depends_on, IsEmpty());
}

TEST(StackOrder, ProjectsThatNeedEachOtherAreAnError) {
  const Made made =
      make({project(list_of("resources", {database("a"), table_in("omega", "b")}), "alpha"),
            project(list_of("resources", {database("b"), table_in("alpha", "a")}), "omega")});
  EXPECT_THAT(made.problems,
              ElementsAre(AllOf(HasSubstr("p1.json"), HasSubstr(alpha), HasSubstr(omega),
                                HasSubstr("into a project of its own"))));
}

}  // namespace
}  // namespace cls::aws
