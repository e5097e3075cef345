// SPDX-License-Identifier: Apache-2.0
#include "model/load.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/plan_of.h"
#include "model/test_documents.h"

namespace cls::model {
namespace {

using testing::boundary;
using testing::check;
using testing::copy_arc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::on_aws;
using testing::project;

constexpr std::string_view orders_ingest = R"({
  "project": { "name": "OrdersIngest", "version": "20240401-00" },
  "placement": { "provider": "aws", "stage": "dev", "account": "111122223333", "region": "us-west-2" },
  "resources": [
    { "type": "aws:core:s3Bucket", "name": "landing", "bucketName": "dev-orders-landing-111122223333-us-west-2" }
  ],
  "boundaries": [
    { "type": "aws:core:s3PutListenerBoundary", "name": "OrdersPut", "eventArrival": "frequent", "lotUnit": "Twelfths",
      "dataset": { "name": "orders-raw", "version": "20240401", "pathURI": "s3://dev-orders-landing-111122223333-us-west-2/raw/" },
      "filter": { "excludes": ["**/_*", "**/*.tmp"] } }
  ],
  "arcs": [
    { "type": "aws:core:s3CopyArc", "name": "archive",
      "sources": { "main": { "name": "orders-raw", "version": "20240401" } },
      "sinks":   { "main": { "name": "orders-archive", "version": "20240401", "pathURI": "s3://dev-orders-landing-111122223333-us-west-2/archive/" } },
      "workload": { "workloadProps": { "failArcOnPartialPercent": 0.02, "filter": { "includes": ["**/*.json"] } } } }
  ]
})";

constexpr std::string_view orders_lake = R"({
  "project": { "name": "orders-lake", "version": "20240501" },
  "placement": { "provider": "aws", "stage": "dev", "account": "111122223333", "region": "us-west-2" },
  "resources": [
    { "type": "aws:core:computeEnvironment", "name": "small", "computeEnvironmentName": "smallFargate" },
    { "type": "aws:core:glueDatabase", "name": "db", "databaseName": "dev_orders" },
    { "type": "aws:core:glueTable", "name": "orders", "databaseRef": "db", "tableName": "orders",
      "pathURI": "s3://dev-orders-landing-111122223333-us-west-2/parquet/",
      "schema": { "dataFormat": "parquet",
        "columns": [ { "name": "id", "type": "bigint" }, { "name": "total", "type": "double", "comment": "gross" } ],
        "partitions": [ { "name": "order_date", "type": "string" }, { "name": "lot", "type": "string" } ] } }
  ],
  "arcs": [
    { "type": "aws:core:batchExecArc", "name": "toParquet",
      "sources": { "main": { "name": "orders-archive", "version": "20240401" } },
      "sinks":   { "main": { "name": "orders-parquet", "version": "20240501", "pathURI": "s3://dev-orders-landing-111122223333-us-west-2/parquet/" } },
      "workload": { "computeEnvironmentRef": "small", "imagePath": "./convert",
        "batchRuntimeProps": { "memorySizeMB": 2048, "timeoutMin": 30 },
        "command": ["convert", "--lot", "$.arcNotifyEvent.lot", "--manifest", "$.arcNotifyEvent.manifest"] } },
    { "type": "aws:core:glueAddPartitionsArc", "name": "register",
      "sources": { "main": { "name": "orders-parquet", "version": "20240501" } },
      "sinks":   { "main": { "name": "orders-partitions", "version": "20240501", "pathURI": "glue:///dev_orders/orders" } } }
  ]
})";

std::vector<std::string> errors_of(const testing::Checked& checked) {
  std::vector<std::string> errors;
  for (const auto& line : checked.lines) {
    if (line.find(": warning: ") == std::string::npos) errors.push_back(line);
  }
  return errors;
}

TEST(Load, TheWorkedExamplesAreValid) {
  const auto checked =
      check({{"ingest.json", std::string(orders_ingest)}, {"lake.json", std::string(orders_lake)}},
            on_aws);
  EXPECT_THAT(errors_of(checked), IsEmpty());
  EXPECT_EQ(checked.documents.size(), 2U);
  const auto local = check({{"ingest.json", std::string(orders_ingest)}});
  EXPECT_THAT(local.lines, IsEmpty()) << "all of the first runs on one machine";
}

TEST(Load, TheSecondExampleAloneLacksTheOwner) {
  EXPECT_THAT(errors_of(check({{"lake.json", std::string(orders_lake)}}, on_aws)),
              ElementsAre(HasSubstr("lake.json:15:28: /arcs/0/sources/main: nobody owns the "
                                    "dataset 'orders-archive/20240401'")));
}

// The reference cannot synthesise a placement without a stage.
TEST(Load, F1StageIsOptional) {
  std::string text(orders_ingest);
  text.erase(text.find(R"("stage": "dev", )"), 16);
  const auto checked = check({{"p.json", text}}, on_aws);
  EXPECT_THAT(errors_of(checked), IsEmpty());
  EXPECT_FALSE(plan_of(checked.model()).placement.stage.has_value());
}

// Both files have resources and boundaries; the reference's fixed names collide.
TEST(Load, F3TwoFilesWithResourcesAndBoundaries) {
  const auto bucket = [](const std::string& name) {
    return R"({"type":"core:bucket","name":")" + name + R"(","bucketName":"bucket-)" + name + "\"}";
  };
  const auto checked =
      check({{"a.json", project(boundary("a", "s3://bucket-a/in/"), "", "orders", bucket("a"))},
             {"b.json", project(boundary("b", "s3://bucket-b/in/"),
                                copy_arc("c", "a", "s3://bucket-b/out/"), "orders", bucket("b"))}});
  EXPECT_THAT(checked.lines, IsEmpty());
  const auto joined = merged({checked.model(0), checked.model(1)});
  ASSERT_EQ(joined.size(), 1U);
  const ProjectPlan plan = plan_of(joined[0]);
  EXPECT_THAT(plan.buckets, ElementsAre("bucket-a", "bucket-b"));
  ASSERT_EQ(plan.boundaries.size(), 2U);
  EXPECT_EQ(plan.boundaries[1].name, "b");
  EXPECT_EQ(plan.arcs.size(), 1U);
}

TEST(Load, F3ANameUsedInTwoFilesOfOneProject) {
  const auto checked = check({{"a.json", project(boundary("in", "s3://buk/a/"))},
                              {"b.json", project(boundary("in", "s3://buk/b/"))}});
  EXPECT_THAT(checked.lines,
              ElementsAre(HasSubstr("b.json:3:57: /boundaries/0/name: the boundary name 'in' is "
                                    "used twice (the other one is at a.json:3)"),
                          HasSubstr("the dataset 'in/1' has two owners")));
}

// The reference ignores the elements of an array, in silence.
TEST(Load, F6AFileMayHoldAnArrayOfProjects) {
  const std::string text = "[" + project(boundary("in", "s3://buk/in/")) + ",\n" +
                           project("", copy_arc("a", "im", "s3://buk/a/"), "second") + "]";
  const auto checked = check(text);
  ASSERT_EQ(checked.documents.size(), 2U);
  EXPECT_EQ(checked.model(1).project.name, "second");
  EXPECT_THAT(checked.lines,
              ElementsAre("p.json:8:61: /1/arcs/0/sources/main: nobody owns the dataset 'im/1' "
                          "(did you mean 'in/1'?)"));
  EXPECT_THAT(check("[]").lines, ElementsAre("p.json:1:1: /: the array holds no project"));
  EXPECT_THAT(check("[3]").lines, ElementsAre("p.json:1:2: /0: expected an object, got 3"));
}

// A field that has a default is optional; the others are told of, each with its place.
TEST(Load, F25RequiredFieldsAreEnforced) {
  EXPECT_THAT(check("{}").lines,
              ElementsAre("p.json:1:1: /: missing field 'project' (it is required)",
                          "p.json:1:1: /: missing field 'placement' (it is required)"));
  const auto lines_of = [](const std::string& list, const std::string& component) {
    return check(R"({"project":{"name":"p","version":"1"},"placement":{"provider":"local"},)"
                 "\n\"" +
                 list + "\":[\n" + component + "]}")
        .lines;
  };
  EXPECT_THAT(lines_of("boundaries", R"({"type":"core:putListenerBoundary"})"),
              ElementsAre("p.json:3:1: /boundaries/0: missing field 'name' (it is required)",
                          "p.json:3:1: /boundaries/0: missing field 'dataset' (it is required)",
                          "p.json:3:1: /boundaries/0: missing field 'lotUnit' (it is required)"));
  EXPECT_THAT(lines_of("arcs", R"({"type":"aws:core:batchExecArc","name":"b","workload":{}})"),
              ElementsAre("p.json:3:1: /arcs/0: missing field 'sources' (it is required)",
                          "p.json:3:1: /arcs/0: missing field 'sinks' (it is required)",
                          HasSubstr("p.json:3:55: /arcs/0/workload: missing field "
                                    "'computeEnvironmentRef' (it is required)"),
                          HasSubstr("p.json:3:55: /arcs/0/workload: missing field 'imagePath'")));
  EXPECT_THAT(lines_of("resources", R"({"name":"b"})"),
              ElementsAre(HasSubstr("p.json:3:1: /resources/0: missing field 'type' (one of: "
                                    "core:bucket, core:table, ")));
  EXPECT_THAT(check(R"({"project":{},"placement":{"provider":"aws"}})").lines,
              ElementsAre("p.json:1:12: /project: missing field 'name' (it is required)",
                          "p.json:1:12: /project: missing field 'version' (it is required)",
                          "p.json:1:27: /placement: missing field 'account' (provider aws requires "
                          "it)",
                          "p.json:1:27: /placement: missing field 'region' (provider aws requires "
                          "it)"));
}

// The reference's help says that a source has a pathURI; its reader refuses it.
TEST(Load, F29ASourceHasNoPath) {
  const std::string sources = R"("main":{"name":"in","version":"1","pathURI":"s3://buk/in/"})";
  EXPECT_THAT(
      check(project(boundary("in", "s3://buk/in/"), copy_arc("a", sources, "s3://buk/a/"))).lines,
      ElementsAre("p.json:4:88: /arcs/0/sources/main/pathURI: unknown field 'pathURI' (a source "
                  "has no path of its own; leave it out, its owner's is used)"));
}

TEST(Load, UnknownFieldsAndTypes) {
  EXPECT_THAT(check(project(boundary("in", "s3://buk/in/", R"(,"lotunit":"Days")"))).lines,
              ElementsAre("p.json:3:143: /boundaries/0/lotunit: unknown field 'lotunit' (did you "
                          "mean 'lotUnit'?)"));
  EXPECT_THAT(check(project(R"({"type":"core:putListnerBoundary","name":"b"})")).lines,
              ElementsAre("p.json:3:23: /boundaries/0/type: unknown type "
                          "'core:putListnerBoundary' (did you mean 'core:putListenerBoundary'?)"));
  EXPECT_THAT(
      check(project(R"({"type":"core:copyArc","name":"b"})")).lines,
      ElementsAre("p.json:3:23: /boundaries/0/type: 'core:copyArc' is no type of a boundary "
                  "(it belongs into 'arcs')"));
}

TEST(Load, WhatTheReferenceIgnoresIsAWarning) {
  EXPECT_THAT(
      check(R"({"sourceFile":"x","project":{"name":"p","version":"1"},)"
            R"("placement":{"provider":"local"}})")
          .lines,
      ElementsAre("p.json:1:2: /sourceFile: warning: the field 'sourceFile' has no effect"));
}

TEST(Load, ExtrasAndCommentsAreAllowedEverywhere) {
  const auto checked = check(R"(# a comment
{ "$schema": "https://example.org/s.json", "x-note": {"any": [1]},
  "project": {"name": "p", "version": 20230101, "x-a": 1}, // another
  "placement": {"provider": "local", "x-b": 2}
} /* the end */)");
  EXPECT_THAT(checked.lines, IsEmpty());
  EXPECT_EQ(checked.model().project.version, "20230101");
  EXPECT_EQ(checked.model().extras.size(), 2U);
}

TEST(Load, RequiresComesBeforeEverythingElse) {
  const std::string text = R"({"requires":">=0.4","later":1,"project":{"name":"p","version":"1"},)"
                           R"("placement":{"provider":"local"}})";
  Options options;
  options.version = "0.3.9";
  EXPECT_THAT(check(text, options).lines,
              ElementsAre("p.json:1:13: /requires: this project requires cls >=0.4, this is 0.3.9 "
                          "(install a newer cls; nothing else of this project was checked)"));
  options.version = "0.4.0";
  EXPECT_THAT(check(text, options).lines, ElementsAre(HasSubstr("unknown field 'later'")));
  EXPECT_THAT(check(R"({"requires":"0.4","project":{"name":"p","version":"1"},)"
                    R"("placement":{"provider":"local"}})",
                    options)
                  .lines,
              ElementsAre("p.json:1:13: /requires: '0.4' is no requirement of a version (write it "
                          "as \">=0.3\")"));
}

TEST(Load, AllProblemsOfAllFilesInOneRun) {
  const auto checked =
      check({{"-",
              "{\"project\": {\"name\": \"p\", \"version\": \"1\", \"version\": \"2\"},\n"
              "\"placement\": {\"provider\": \"locl\"},\n\"arks\": []}"},
             {"broken.json", "{\n \"project\": }"},
             {"c.json", project(boundary("in", "s3://b!/in/", R"(,"pollSec":0)", "PT7M"))}});
  EXPECT_THAT(
      checked.lines,
      ElementsAre(
          "-:1:43: /project/version: duplicate key 'version' (keep one of them)",
          "-:2:27: /placement/provider: 'locl' is no provider (did you mean 'local'?)",
          "-:3:1: /arks: unknown field 'arks' (did you mean 'arcs'?)",
          "broken.json:2:13: /: unexpected '}' where a value is expected",
          HasSubstr("c.json:3:72: /boundaries/0/lotUnit: 'PT7M' is no lot unit"),
          HasSubstr("c.json:3:126: /boundaries/0/dataset/pathURI: 's3://b!/in/': 'b!' is no name "
                    "of a bucket"),
          HasSubstr("c.json:3:151: /boundaries/0/pollSec: 0 is out of range (1 to 86400)")));
}

}  // namespace
}  // namespace cls::model
