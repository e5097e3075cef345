// SPDX-License-Identifier: Apache-2.0
#include "aws/synthesis.h"

#include <set>

#include "aws/function.h"
#include "aws/synthesis_world_test.h"

namespace cls::aws {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> stack_names(const Made& made) {
  std::vector<std::string> names;
  names.reserve(made.assembly.stacks.size());
  for (const auto& stack : made.assembly.stacks) names.push_back(stack.name);
  return names;
}

TEST(Synthesis, AStackForWhatStaysAndOneForEachArc) {
  const Made made = make({project(
      list_of("resources", {bucket("buk")}) + "," + list_of("boundaries", {boundary("in")}) + "," +
      list_of("arcs", {copy("copyA", "in", "a"), copy("copyB", "a", "b")}))});
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_THAT(stack_names(made), ElementsAre("DEV-orders-resource-activity-boundary-1-eu-west-1",
                                             "DEV-orders-arc-copy-a-1-eu-west-1",
                                             "DEV-orders-arc-copy-b-1-eu-west-1"));
  EXPECT_THAT(made.assembly.stacks[2].depends_on,
              ElementsAre("DEV-orders-resource-activity-boundary-1-eu-west-1"))
      << "arcs do not wait for each other";
}

TEST(Synthesis, F1_AProjectWithoutAStage) {
  const Made made = make({project(list_of("resources", {bucket("buk")}), "orders",
                                  R"("account":"111122223333","region":"eu-west-1")")});
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_THAT(stack_names(made), ElementsAre("orders-resource-activity-boundary-1-eu-west-1"));
  EXPECT_THAT(made.stack("orders").content.to_text(), Not(HasSubstr("cls:project:stage")));
}

std::string table(const std::string& reference) {
  return R"({"type":"aws:core:glueTable","name":"t","tableName":"t","databaseRef":")" + reference +
         R"(","pathURI":"s3://buk/t","schema":{"dataFormat":"csv"}})";
}

TEST(Synthesis, F2_ReferencesToOtherProjectsAndToAnything) {
  const auto database_of = [](const std::string& reference) {
    const Made made = make({project(list_of("resources", {table(reference)}))});
    EXPECT_THAT(made.problems, IsEmpty());
    return text_of(*made.of_type("orders", "AWS::Glue::Table").at("TableT").find("DatabaseName"));
  };
  EXPECT_EQ(database_of("arn:aws:glue:eu-west-1:111122223333:database/lake"), R"("lake")");
  EXPECT_EQ(database_of("ref:aws:name:dev:lake:1:core:glue-database:db"),
            R"({"Fn::ImportValue":"ref:aws:name:dev:lake:1:core:glue-database:db"})");
  EXPECT_THAT(database_of("ref:aws:arn:dev:lake:1:core:glue-database:db"),
              AllOf(HasSubstr("Fn::Split"), HasSubstr("Fn::ImportValue")));
}

TEST(Synthesis, F3_SeveralDocumentsAndRegionsInOneRun) {
  const std::string there = R"("stage":"dev","account":"111122223333","region":"us-east-1")";
  const Made made = make({project(list_of("resources", {bucket("bucka")})),
                          project(list_of("resources", {bucket("buckb")})),
                          project(list_of("resources", {bucket("buckc")}), "orders", there)});
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_THAT(stack_names(made), ElementsAre("DEV-orders-resource-activity-boundary-1-eu-west-1",
                                             "DEV-orders-resource-activity-boundary-1-us-east-1"));
  EXPECT_THAT(made.of_type("eu-west-1", "AWS::S3::Bucket"), SizeIs(2));
}

TEST(Synthesis, F6_AFileMayHoldSeveralDocuments) {
  const Made made = make({"[" + project(list_of("resources", {bucket("bucka")})) + "," +
                          project(list_of("resources", {bucket("buckb")}), "others") + "]"});
  EXPECT_THAT(stack_names(made), SizeIs(2));
}

TEST(Synthesis, F10_ABusExportsItsNameAndItsArnApart) {
  const Made made = make({project(
      list_of("resources",
              {R"({"type":"aws:core:eventBus","name":"fleet","eventBusName":"dev-fleet"})"}))});
  std::vector<std::string> exports;
  for (const auto& [id, output] : made.stack("orders").content.outputs()) {
    exports.push_back(output.export_name);
  }
  EXPECT_THAT(exports, ElementsAre("ref:aws:arn:dev:orders:1:core:event-bus:fleet",
                                   "ref:aws:name:dev:orders:1:core:event-bus:fleet"));
}

TEST(Synthesis, F11_ATableMayComeBeforeItsDatabase) {
  const Made made = make({project(
      list_of("resources",
              {table("lake"),
               R"({"type":"aws:core:glueDatabase","name":"lake","databaseName":"dev_lake"})"}))});
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_THAT(made.stack("orders").content.resources().at("TableT").depends_on,
              ElementsAre("DatabaseLake"));
}

TEST(Synthesis, F32_NothingOfTheClockIsInATemplate) {
  const std::string text = project(list_of("boundaries", {boundary("in")}));
  const std::string once = make({text}).stack("orders").content.to_text();
  EXPECT_EQ(once, make({text}).stack("orders").content.to_text());
  EXPECT_THAT(once, HasSubstr("state=partial{/attempt*}/manifest.json"));
}

TEST(Synthesis, F36_WhatIsExcludedIsNowhere) {
  const Made made =
      make({project(list_of("resources", {bucket("buk", R"(,"exclude":true)")}) + "," +
                    list_of("boundaries", {boundary("in", R"(,"exclude":true)")}))});
  EXPECT_THAT(made.assembly.stacks, IsEmpty());
  EXPECT_THAT(made.assembly.buckets, IsEmpty());
}

TEST(Synthesis, NamesThatBecomeOneAreErrorsWithPlaces) {
  const Made made =
      make({project(list_of("boundaries", {boundary("in")}) + "," +
                    list_of("arcs", {copy("copyA", "in", "a"), copy("copy_a", "in", "b")}))});
  EXPECT_THAT(
      made.problems,
      ElementsAre(AllOf(HasSubstr("/arcs/1/name: on AWS 'copy_a' is named as what p1.json:1"),
                        HasSubstr("both become 'copy-a'"))));
}

std::string environment(const std::string& name, const std::string& physical) {
  return R"({"type":"aws:core:computeEnvironment","name":")" + name +
         R"(","computeEnvironmentName":")" + physical + "\"}";
}

TEST(Synthesis, ComputeEnvironmentsAreNamedApart) {
  EXPECT_THAT(make({project(list_of("resources", {environment("a", "small_one"),
                                                  environment("b", "smallOne")}))})
                  .problems,
              ElementsAre(HasSubstr("/resources/1/computeEnvironmentName: on AWS 'smallOne' is "
                                    "named as what p1.json:1 declares")));
  const std::string command =
      R"({"type":"core:commandArc","name":"c","sources":{"main":{"name":"in","version":"1"}},)"
      R"("sinks":{"main":{"name":"a","version":"1","pathURI":"s3://buk/a/"}},)"
      R"("workload":{"command":["true"],"image":"i"}})";
  const auto with = [&](const std::string& physical) {
    return make({project(list_of("resources", {environment("a", physical)}) + "," +
                         list_of("boundaries", {boundary("in")}) + "," +
                         list_of("arcs", {command}))})
        .problems;
  };
  EXPECT_THAT(with("own"), IsEmpty());
  EXPECT_THAT(with("Default"),
              ElementsAre(HasSubstr("/resources/0/computeEnvironmentName: on AWS 'default' is the "
                                    "environment of each core:commandArc")));
}

TEST(Synthesis, ADatabaseOfSeveralTablesIsRetainedIfOneOfThemIs) {
  const auto table_of = [](const std::string& name, bool removes) {
    return R"({"type":"core:table","name":")" + name + R"(","database":"d","tableName":")" + name +
           R"(","pathURI":"s3://buk/t","schema":{"dataFormat":"csv"},"removeOnDestroy":)" +
           (removes ? "true}" : "false}");
  };
  const auto removal = [&](bool one, bool other) {
    const Made made =
        make({project(list_of("resources", {table_of("a", one), table_of("b", other)}))});
    return made.stack("orders").content.resources().at("TableDatabaseD").on_removal;
  };
  EXPECT_EQ(removal(true, true), Removal::Delete);
  EXPECT_EQ(removal(true, false), Removal::Retain);
  EXPECT_EQ(removal(false, true), Removal::Retain);
}

TEST(Synthesis, ResourcesOfOneNameAreErrorsWithPlaces) {
  const std::string portable = R"({"type":"core:bucket","name":"bucka","bucketName":"other"})";
  EXPECT_THAT(
      make({project(list_of("resources", {bucket("bucka"), portable}))}).problems,
      ElementsAre(HasSubstr("/resources/1/name: on AWS 'bucka' is named as what p1.json:1")));
  const std::string again = R"({"type":"core:bucket","name":"b","bucketName":"bucka"})";
  EXPECT_THAT(make({project(list_of("resources", {bucket("bucka"), again}))}).problems,
              Contains(AllOf(HasSubstr("/resources/1/bucketName: p1.json:1"),
                             HasSubstr("declares the bucket 'bucka' too"))));
}

std::string core_table(const std::string& name, const std::string& in) {
  return R"({"type":"core:table","name":")" + name + R"(","database":")" + in +
         R"(","tableName":")" + name + R"(","pathURI":"s3://buk/t","schema":{"dataFormat":"csv"}})";
}

TEST(Synthesis, TablesShareTheDatabaseThatTheyName) {
  const std::string declared =
      R"({"type":"aws:core:glueDatabase","name":"lake","databaseName":"my_db"})";
  const Made made =
      make({project(list_of("resources", {core_table("a", "my_db"), declared,
                                          core_table("b", "my_db"), core_table("c", "own")}))});
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_THAT(made.of_type("orders", "AWS::Glue::Database"), SizeIs(2));
  const auto& resources = made.stack("orders").content.resources();
  EXPECT_THAT(resources.at("TableA").depends_on, ElementsAre("DatabaseLake"));
  EXPECT_EQ(text_of(*resources.at("TableC").properties.find("DatabaseName")),
            R"({"Ref":"TableDatabaseOwn"})");
  EXPECT_THAT(
      make({project(list_of("resources", {core_table("a", "my_db"), core_table("b", "my-db")}))})
          .problems,
      Contains(HasSubstr("/resources/1/database: on AWS 'my-db' and the 'my_db' of p1.json:1")));
}

TEST(Synthesis, ABoundaryAndAnArcMayHaveOneName) {
  const Made made = make({project(list_of("boundaries", {boundary("in")}) + "," +
                                  list_of("arcs", {copy("in", "in", "a")}))},
                         {.alarms = true});
  EXPECT_THAT(made.problems, IsEmpty());
  std::set<std::string> names;
  std::size_t count = 0;
  for (const auto& stack : made.assembly.stacks) {
    for (const auto& [id, resource] : stack.content.resources()) {
      for (const auto* key : {"QueueName", "FunctionName", "AlarmName", "LogGroupName"}) {
        const Value* name = resource.properties.find(key);
        const bool declares = name != nullptr && !name->text.empty();
        if (!declares) continue;
        ++count;
        EXPECT_TRUE(names.insert(key + name->text).second) << name->text;
      }
    }
  }
  EXPECT_GT(count, 10U);
}

TEST(Synthesis, ComputeEnvironmentsHaveNoTags) {
  const Made made = make({project(list_of("resources", {environment("a", "own")}))});
  const auto found = made.of_type("orders", "AWS::Batch::ComputeEnvironment");
  ASSERT_THAT(found, SizeIs(1));
  EXPECT_EQ(found.begin()->second.find("Tags"), nullptr)
      << "another tag would be another environment of the same name, which cannot be made";
}

TEST(Synthesis, OwnersMayBeInAnotherProject) {
  const Made made = make({project(list_of("boundaries", {boundary("in")})),
                          project(list_of("arcs", {copy("copyA", "in", "a")}), "lake")});
  EXPECT_THAT(made.problems, IsEmpty());
}

TEST(Synthesis, VariablesThatAreTooManyGoToAnObject) {
  std::string patterns;
  for (int i = 0; i < 200; ++i) {
    patterns += (i == 0 ? "\"" : ",\"") + std::string(30, 'x') + std::to_string(i) + "\"";
  }
  const Made made = make({project(
      list_of("boundaries", {boundary("in", R"(,"filter":{"includes":[)" + patterns + "]}")}))});
  EXPECT_THAT(made.problems, Contains(HasSubstr("CLS_S3_PUT_BOUNDARY_PROPS_JSON is put in "
                                                "s3://dev-clusterless-metadata-")));
  const auto function = made.of_type("orders", "AWS::Lambda::Function").at("BoundaryInFunction");
  const std::string variables = text_of(*function.find("Environment"));
  EXPECT_LT(variables.size(), most_environment_bytes);
  EXPECT_THAT(variables,
              AllOf(HasSubstr("CLS_S3_PUT_BOUNDARY_PROPS_URI"), Not(HasSubstr("PROPS_JSON"))));
  ASSERT_THAT(made.assembly.assets, Contains(testing::Field(&Asset::kind, AssetKind::Object)));
}

TEST(Synthesis, MoreThanAStackMayHoldIsSplit) {
  std::vector<std::string> boundaries;
  for (int i = 0; i < 60; ++i) {
    const std::string name = "in" + std::to_string(i);
    boundaries.push_back(boundary(name, R"(,"eventArrival":"frequent")", "s3://buk/" + name + "/"));
  }
  const Made made = make(
      {project(list_of("resources", {bucket("buk")}) + "," + list_of("boundaries", boundaries))});
  ASSERT_THAT(made.assembly.stacks, SizeIs(testing::Gt(1U)));
  EXPECT_EQ(made.assembly.stacks[1].name, "DEV-orders-resource-activity-boundary-2-1-eu-west-1");
  std::size_t functions = 0;
  for (const auto& stack : made.assembly.stacks) {
    EXPECT_LE(stack.content.resources().size(), most_resources);
    for (const auto& [id, resource] : stack.content.resources()) {
      functions += resource.type == "AWS::Lambda::Function" ? 1 : 0;
      for (const auto& before : resource.depends_on) EXPECT_TRUE(stack.content.has(before));
    }
  }
  EXPECT_EQ(functions, 60U);
  const auto notified = made.of_type("boundary-1-eu", "AWS::S3::Bucket").at("BucketBuk");
  EXPECT_THAT(text_of(*notified.find("NotificationConfiguration")),
              Not(HasSubstr("QueueConfigurations")))
      << "a bucket cannot tell queues of another stack";
}

TEST(Synthesis, TagsAreOnWhatCanHaveThem) {
  const std::string text =
      project(list_of("resources", {bucket("buk", R"(,"tags":{"team":"a"})")}));
  const auto tags = [](const Made& made) {
    const auto properties = made.of_type("orders", "AWS::S3::Bucket").at("BucketBuk");
    const Value* value = properties.find("Tags");
    return value == nullptr ? "" : text_of(*value);
  };
  EXPECT_EQ(tags(make({text})),
            R"([{"Key":"cls:project:name","Value":"orders"},)"
            R"({"Key":"cls:project:stage","Value":"DEV"},)"
            R"({"Key":"cls:project:version","Value":"1"},{"Key":"team","Value":"a"}])");
  EXPECT_EQ(tags(make({text}, {.has_tags = false})), R"([{"Key":"team","Value":"a"}])");
}

}  // namespace
}  // namespace cls::aws
