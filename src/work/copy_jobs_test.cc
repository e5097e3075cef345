// SPDX-License-Identifier: Apache-2.0
#include "work/copy_jobs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "work/work_world_test.h"

namespace cls::work {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using work::testing::MemoryWorld;
using work::testing::uri;

/// The keys below the sink's path that the members get.
std::vector<std::string> names(MemoryWorld& world) {
  const auto context = world.context();
  const auto jobs = copy_jobs(context, world.plan(), world.arc.sinks[0].second);
  if (!jobs) return {"failed: " + jobs.error().message};
  std::vector<std::string> found;
  found.reserve(jobs->size());
  for (std::size_t i = 0; i < jobs->size(); ++i) found.push_back((*jobs)[i].target.key.substr(4));
  return found;
}

TEST(CopyJobs, without_rules_the_relative_path_stays) {
  MemoryWorld world;
  world.member("s3://b/in/x y/a+b=c%25.csv", "1");
  EXPECT_THAT(names(world), ElementsAre("x y/a+b=c%.csv"));
}

TEST(CopyJobs, rename_replaces_the_first_match_of_each_rule) {
  MemoryWorld world;
  world.plan().rename = {{"^(\\d+)/(.*)\\.CSV$", "$2-$1.csv"}, {"-", "_{lot}_"}};
  world.member("s3://b/in/12/part-a.CSV", "1");
  world.member("s3://b/in/plain.txt", "1");
  EXPECT_THAT(names(world), ElementsAre("part_20240501PT5M003_a-12.csv", "plain.txt"));
}

TEST(CopyJobs, templates_know_the_name_the_extension_and_a_dollar) {
  MemoryWorld world;
  world.plan().rename = {{".*", "$$/{name}.{lot}{ext}"}};
  world.member("s3://b/in/deep/a.tar.gz", "1");
  EXPECT_THAT(names(world), ElementsAre("$/a.tar.20240501PT5M003.gz"));
}

TEST(CopyJobs, a_group_that_took_no_part_is_empty) {
  MemoryWorld world;
  world.plan().rename = {{"^a(x)?(.*)$", "$1b$2"}};
  world.member("s3://b/in/ac", "1");
  EXPECT_THAT(names(world), ElementsAre("bc"));
}

TEST(CopyJobs, partitions_come_before_the_path_in_their_order) {
  MemoryWorld world;
  world.plan().partition = {{"lot", "{lot}"}, {"kind", "{name}"}};
  world.member("s3://b/in/deep/a.csv", "1");
  EXPECT_THAT(names(world), ElementsAre("lot=20240501PT5M003/kind=a/deep/a.csv"));
}

TEST(CopyJobs, a_partition_value_is_one_segment) {
  MemoryWorld world;
  world.plan().partition = {{"k", "x/{name}"}};
  world.member("s3://b/in/a.csv", "1");
  EXPECT_THAT(names(world).at(0), HasSubstr("a partition value is one path segment"));
}

TEST(CopyJobs, rename_to_nothing_is_refused) {
  MemoryWorld world;
  world.plan().rename = {{".*", ""}};
  world.member("s3://b/in/a.csv", "1");
  EXPECT_THAT(names(world).at(0), HasSubstr("it has to be the path of an object"));
}

TEST(CopyJobs, two_objects_for_one_key_are_an_error_that_names_all_three) {
  MemoryWorld world;
  world.plan().rename = {{"^.*/", ""}};
  world.member("s3://b/in/x/a.csv", "1");
  world.member("s3://b/in/y/a.csv", "2");
  const auto context = world.context();
  const auto jobs = copy_jobs(context, world.plan(), world.arc.sinks[0].second);
  ASSERT_FALSE(jobs);
  EXPECT_EQ(jobs.error().code, FailureCode::Conflict);
  for (const char* name : {"s3://b/in/x/a.csv", "s3://b/in/y/a.csv", "s3://b/out/a.csv"}) {
    EXPECT_THAT(jobs.error().message, HasSubstr(name));
  }
}

TEST(CopyJobs, an_object_that_two_sources_list_is_copied_once) {
  MemoryWorld world;
  world.add_source("again", work::testing::dataset("in2", "s3://b/in/"));
  world.member("s3://b/in/a.csv", "1");
  world.member("s3://b/in/a.csv", "1", 1);
  EXPECT_THAT(names(world), ElementsAre("a.csv"));
}

TEST(CopyJobs, only_subscribed_sources_are_copied) {
  MemoryWorld world;
  world.declare_source("other", "more");
  world.member("s3://b/in/a.csv", "1");
  world.member("s3://b/more/b.csv", "1", 1);
  EXPECT_THAT(names(world), ElementsAre("a.csv", "b.csv"));
  world.sources[1].subscribed = false;
  EXPECT_THAT(names(world), ElementsAre("a.csv"));
}

TEST(CopyJobs, relative_to_asks_for_whole_segments) {
  EXPECT_EQ(relative_to(uri("s3://b/in/y"), uri("s3://b/in")).value(), "y");
  EXPECT_EQ(relative_to(uri("s3://b/y"), uri("s3://b/")).value(), "y");
  EXPECT_FALSE(relative_to(uri("s3://b/input/y"), uri("s3://b/in")));
  EXPECT_FALSE(relative_to(uri("s3://c/in/y"), uri("s3://b/in")));
  EXPECT_FALSE(relative_to(uri("file:///in/y"), uri("s3://b/in")));
}

}  // namespace
}  // namespace cls::work
