// SPDX-License-Identifier: Apache-2.0
#include "work/workload_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/faulty_store.h"
#include "work/fetched_source.h"
#include "work/work_world_test.h"
#include "work/workload_json.h"

namespace cls::work {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;
using work::testing::DiskWorld;

class WorkloadEnvironmentTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.emplace(
        AttemptFolder::make(world_.files, world_.home + "/attempts", world_.attempt).value());
  }
  Step<std::map<std::string, std::string>> make() {
    auto sources = write_source_files(world_.disk.value(), world_.context(), world_.plan(),
                                      world_.host(), *folder_);
    if (!sources) return pass_failed(std::move(sources));
    files_ = std::move(*sources);
    return workload_environment(world_.context(), world_.plan(), world_.host(), *folder_, files_);
  }
  std::map<std::string, std::string> made() {
    auto environment = make();
    if (!environment) ADD_FAILURE() << environment.error().message;
    return environment.value_or(std::map<std::string, std::string>());
  }

  DiskWorld world_;
  std::optional<AttemptFolder> folder_;
  SourceFiles files_;
};

TEST_F(WorkloadEnvironmentTest, every_variable_of_the_contract) {
  world_.declare_source("side-input", "side");
  world_.member("s3://b/in/a.csv", "one");
  world_.member("s3://b/in/sub/b.csv", "two");
  const auto environment = made();
  const std::string manifest =
      "s3://clusterless-manifest-local-home/datasets/name=in/version=1/lot=20240501PT5M003/"
      "state=complete/manifest.json";
  const std::string attempt = world_.home + "/attempts/" + world_.attempt;
  const std::map<std::string, std::string> expected{
      {"AWS_BATCH_JOB_ATTEMPT", "1"},
      {"AWS_BATCH_JOB_ID", "00000000-0000-0000-0000-000000000000"},
      {"CLS_ARC", "a"},
      {"CLS_ARC_PROPS_JSON", json::to_text(arc_props_json(world_.context(), world_.plan()))},
      {"CLS_ATTEMPT", world_.attempt},
      {"CLS_LOCAL", "true"},
      {"CLS_LOT", "20240501PT5M003"},
      {"CLS_LOT_END", "2024-05-01T00:20:00Z"},
      {"CLS_LOT_START", "2024-05-01T00:15:00Z"},
      {"CLS_PROJECT", "p/1"},
      {"CLS_REPORT", attempt + "/report.jsonl"},
      {"CLS_SINK_MAIN_PATH", world_.home + "/stores/s3/b/out"},
      {"CLS_SINK_MAIN_URI", "s3://b/out/"},
      {"CLS_SOURCE_MAIN_FILES", attempt + "/source-MAIN"},
      {"CLS_SOURCE_MAIN_MANIFEST", manifest},
      {"CLS_SOURCE_MANIFEST", manifest},
      {"CLS_SOURCE_SIDE_INPUT_FILES", attempt + "/source-SIDE_INPUT"},
      {"CLS_SOURCE_SIDE_INPUT_MANIFEST", world_.sources[1].manifest.to_string()},
      {"CLS_STORES", world_.home + "/stores"},
      {"HOME", "/home/someone"},
      {"PATH", "/usr/local/bin:/usr/bin:/bin"}};
  EXPECT_EQ(environment, expected);
  EXPECT_EQ(world_.read(environment.at("CLS_SOURCE_MAIN_FILES")),
            world_.path("s3://b/in/a.csv") + "\n" + world_.path("s3://b/in/sub/b.csv") + "\n");
  EXPECT_EQ(world_.read(environment.at("CLS_SOURCE_SIDE_INPUT_FILES")), "");
}

TEST_F(WorkloadEnvironmentTest, collect_gives_the_attempt_s_private_folder) {
  world_.plan().manifest = model::ManifestMode::collect;
  const auto environment = made();
  const std::string directory = world_.attempt_path("sinks/MAIN");
  EXPECT_EQ(environment.at("CLS_SINK_MAIN_PATH"), directory);
  EXPECT_EQ(environment.at("CLS_SINK_MAIN_URI"), "file://" + directory + "/");
}

TEST_F(WorkloadEnvironmentTest, the_rest_of_the_environment_of_cls_is_not_handed_on) {
  EXPECT_THAT(made(), Not(Contains(Key("SECRET_OF_CLS"))));
}

TEST_F(WorkloadEnvironmentTest, declared_values_come_from_text_environment_or_file) {
  using From = model::EnvironmentValue::From;
  world_.write(world_.home + "/token", "from-a-file\n");
  world_.plan().environment = {{"PLAIN", {From::Text, "text"}},
                               {"TOKEN", {From::File, world_.home + "/token"}},
                               {"SECRET", {From::Environment, "SECRET_OF_CLS"}},
                               {"PATH", {From::Text, "/opt/bin"}},
                               {"CLS_LOT", {From::Text, "not this"}}};
  const auto environment = made();
  EXPECT_EQ(environment.at("PLAIN"), "text");
  EXPECT_EQ(environment.at("TOKEN"), "from-a-file");
  EXPECT_EQ(environment.at("SECRET"), "do-not-leak");
  EXPECT_EQ(environment.at("PATH"), "/opt/bin");
  EXPECT_EQ(environment.at("CLS_LOT"), "20240501PT5M003");
  EXPECT_THAT(environment.at("CLS_ARC_PROPS_JSON"), Not(HasSubstr("do-not-leak")));
}

TEST_F(WorkloadEnvironmentTest, a_value_that_cannot_be_had_ends_the_attempt) {
  using From = model::EnvironmentValue::From;
  world_.plan().environment = {{"TOKEN", {From::Environment, "UNSET"}}};
  const auto unset = make();
  ASSERT_FALSE(unset);
  EXPECT_EQ(unset.error().code, "Environment");
  EXPECT_TRUE(unset.error().retryable);
  EXPECT_EQ(unset.error().message,
            "environment variable TOKEN of arc 'a' is to come from the environment variable UNSET "
            "of cls, which is not set");
  world_.plan().environment = {{"TOKEN", {From::File, world_.home + "/absent"}}};
  const auto absent = make();
  ASSERT_FALSE(absent);
  EXPECT_THAT(absent.error().message, HasSubstr(world_.home + "/absent"));
}

TEST_F(WorkloadEnvironmentTest, roles_that_would_share_a_variable_are_refused) {
  world_.arc.sinks.emplace_back("a-b", work::testing::dataset("x", "s3://b/x/"));
  world_.arc.sinks.emplace_back("a.b", work::testing::dataset("y", "s3://b/y/"));
  const auto environment = make();
  ASSERT_FALSE(environment);
  EXPECT_FALSE(environment.error().retryable);
  EXPECT_THAT(environment.error().message, HasSubstr("'a-b' and 'a.b'"));
}

TEST_F(WorkloadEnvironmentTest, vanished_members_are_left_out_of_the_list_and_told) {
  world_.member("s3://b/in/a.csv", "one");
  world_.member("s3://b/in/b.csv", "two");
  world_.put("s3://b/in/b.csv", "overwritten");
  const auto environment = made();
  EXPECT_EQ(world_.read(environment.at("CLS_SOURCE_MAIN_FILES")),
            world_.path("s3://b/in/a.csv") + "\n");
  ASSERT_THAT(files_.vanished, SizeIs(1));
  EXPECT_EQ(files_.vanished[0].source, "s3://b/in/b.csv");
  EXPECT_EQ(files_.vanished[0].sourceVersion, "3:sha256:" + sha256_hex("two"));
  EXPECT_FALSE(files_.must_not_vanish);
}

TEST_F(WorkloadEnvironmentTest,
       what_changes_after_the_list_was_written_is_seen_by_the_second_look) {
  world_.sources[0].overwrites = model::Overwrites::fail;
  world_.member("s3://b/in/a.csv", "one");
  made();
  ASSERT_TRUE(look_again(world_.store(), world_.context(), files_));
  EXPECT_THAT(files_.vanished, IsEmpty());
  world_.put("s3://b/in/a.csv", "later");
  ASSERT_TRUE(look_again(world_.store(), world_.context(), files_));
  EXPECT_THAT(files_.vanished, SizeIs(1));
  EXPECT_TRUE(files_.must_not_vanish);
}

TEST_F(WorkloadEnvironmentTest, sources_that_are_no_files_have_no_list) {
  world_.member("s3://b/in/a.csv", "one");
  auto host = world_.host();
  host.local_path = [](const Uri&) -> Result<std::string> {
    return fail(FailureCode::Unsupported, "elsewhere");
  };
  const auto sources =
      write_source_files(world_.store(), world_.context(), world_.plan(), host, *folder_);
  ASSERT_TRUE(sources);
  EXPECT_THAT(sources->lists, IsEmpty());
  const auto environment =
      workload_environment(world_.context(), world_.plan(), host, *folder_, *sources);
  ASSERT_TRUE(environment);
  EXPECT_THAT(*environment, Not(Contains(Key("CLS_SOURCE_MAIN_FILES"))));
  EXPECT_THAT(*environment, Not(Contains(Key("CLS_SINK_MAIN_PATH"))));
  EXPECT_EQ(environment->at("CLS_SINK_MAIN_URI"), "s3://b/out/");
}

class FetchedSourcesTest : public WorkloadEnvironmentTest {
 protected:
  /// As if the stores were on S3.
  Step<SourceFiles> fetch() {
    auto host = world_.host();
    host.local_path = [](const Uri&) -> Result<std::string> {
      return fail(FailureCode::Unsupported, "elsewhere");
    };
    auto plan = world_.plan();
    plan.fetch = true;
    return write_source_files(world_.store(), world_.context(), plan, host, *folder_);
  }
  std::string below(const std::string& name) const {
    return folder_->path() + "/sources/MAIN/" + name;
  }
};

TEST_F(FetchedSourcesTest, files_lie_as_the_objects_lie_in_their_dataset) {
  world_.member("s3://b/in/a.csv", "one");
  world_.member("s3://b/in/year=2023/b c.csv", "two");
  const auto sources = fetch();
  ASSERT_TRUE(sources);
  EXPECT_EQ(world_.read(sources->lists.at("main")),
            below("a.csv") + "\n" + below("year=2023/b c.csv") + "\n");
  EXPECT_EQ(world_.read(below("a.csv")), "one");
  EXPECT_EQ(world_.read(below("year=2023/b c.csv")), "two");
  EXPECT_THAT(sources->given, IsEmpty());
}

TEST_F(FetchedSourcesTest, another_version_than_the_recorded_one_is_not_given) {
  world_.member("s3://b/in/a.csv", "one");
  world_.member("s3://b/in/b.csv", "two");
  world_.put("s3://b/in/b.csv", "another");
  const auto sources = fetch();
  ASSERT_TRUE(sources);
  EXPECT_EQ(world_.read(sources->lists.at("main")), below("a.csv") + "\n");
  ASSERT_THAT(sources->vanished, SizeIs(1));
  EXPECT_EQ(sources->vanished[0].uri, "s3://b/in/b.csv");
}

TEST_F(FetchedSourcesTest, a_stop_is_heard_within_a_large_member) {
  world_.member("s3://b/in/large", std::string(std::size_t{20} << 20U, 'x'));
  std::stop_source stop;
  store::FaultyStore store(world_.store(), [&](store::Operation operation, const Uri&) {
    if (operation == store::Operation::Get) stop.request_stop();
    return store::Fault{};
  });
  const FetchedSource source(store, world_.files, Uri{"s3", "b", "in/"}, below(""));
  const std::string file = below("large");
  const auto fetched = source.fetch(world_.context().sources[0].members[0], file, stop.get_token());
  ASSERT_FALSE(fetched);
  EXPECT_EQ(fetched.error().message, "s3://b/in/large is not fetched: the attempt was stopped");
  EXPECT_EQ(store.calls(store::Operation::Get), 1U);
  EXPECT_LT(world_.read(file).size(), std::size_t{20} << 20U);
}

TEST_F(FetchedSourcesTest, what_was_stopped_is_no_failure) {
  world_.member("s3://b/in/a.csv", "one");
  world_.stop.request_stop();
  EXPECT_TRUE(fetch());
}

TEST_F(FetchedSourcesTest, a_key_does_not_leave_the_folder_of_the_attempt) {
  FetchedSource source(world_.store(), world_.files, Uri{"s3", "b", "in/"}, below(""));
  EXPECT_FALSE(source.path_of(Uri{"s3", "b", "in/../../../x"}));
  EXPECT_EQ(source.path_of(Uri{"s3", "b", "elsewhere/x"}).value(), below("elsewhere/x"));
}

TEST_F(WorkloadEnvironmentTest, variable_parts_are_upper_case_letters_digits_and_underscores) {
  EXPECT_EQ(variable_part("main"), "MAIN");
  EXPECT_EQ(variable_part("side-input.2"), "SIDE_INPUT_2");
}

}  // namespace
}  // namespace cls::work
