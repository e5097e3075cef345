// SPDX-License-Identifier: Apache-2.0
#include "model/plan_of.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/format.h"
#include "model/test_documents.h"

namespace cls::model {
namespace {

using namespace std::chrono_literals;
using testing::boundary;
using testing::check;
using testing::copy_arc;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using testing::project;
using testing::sink;

/// The plan of a project that must be valid but for what cannot run here.
ProjectPlan plan(const std::string& text) {
  const auto checked = check(text);
  for (const auto& line : checked.lines) {
    EXPECT_NE(line.find(": warning: "), std::string::npos) << line;
  }
  return plan_of(checked.model());
}

BoundaryPlan boundary_plan(const std::string& text) {
  const ProjectPlan made = plan(project(text));
  EXPECT_EQ(made.boundaries.size(), 1U);
  return made.boundaries.at(0);
}

/// An arc `a` of a type, that reads in/1 and makes a/1.
std::string arc(const std::string& type, const std::string& more = "") {
  return R"({"type":")" + type + R"(","name":"a","sources":{"main":{"name":"in","version":"1"}},)" +
         R"("sinks":{"main":)" + sink("a", "s3://buk/a/") + "}" + more + "}";
}

Deployable with_arc(const std::string& text) {
  const std::string small =
      R"({"type":"aws:core:computeEnvironment","name":"small","computeEnvironmentName":"s"})";
  const auto checked = check(project(boundary("in", "s3://buk/in/"), text, "orders", small));
  for (const auto& line : checked.lines) {
    EXPECT_NE(line.find(": warning: "), std::string::npos) << line;
  }
  return checked.model();
}

ArcPlan arc_plan(const std::string& text) {
  return plan_of(with_arc(text)).arcs.at(0);
}

TEST(PlanOf, DefaultsOfACoreBoundary) {
  const BoundaryPlan made = boundary_plan(boundary("in", "s3://buk/in", "", "pt24h"));
  EXPECT_EQ(made.name, "in");
  EXPECT_EQ(made.dataset.path().to_string(), "s3://buk/in/");
  EXPECT_EQ(made.unit, lot::LotUnit::days());
  EXPECT_EQ(made.arrival, EventArrival::infrequent);
  EXPECT_EQ(made.lot_source, LotSource::objectModifiedTime);
  EXPECT_EQ(made.key_regex, "");
  EXPECT_EQ(made.settle, 0s);
  EXPECT_EQ(made.quiet, 2s);
  EXPECT_EQ(made.lateness, Lateness::nextLot);
  EXPECT_EQ(made.max_ahead_lots, 1U);
  EXPECT_EQ(made.overwrites, Overwrites::accept);
  EXPECT_EQ(made.empty_lots, EmptyLots::skip);
  EXPECT_EQ(made.poll, 30s);
  EXPECT_TRUE(made.hide_unfinished);
}

TEST(PlanOf, DefaultsOfAFrequentBoundary) {
  const BoundaryPlan made =
      boundary_plan(boundary("in", "s3://buk/in/", R"(,"eventArrival":"frequent")"));
  EXPECT_EQ(made.arrival, EventArrival::frequent);
  EXPECT_EQ(made.lot_source, LotSource::arrivalTime);
  EXPECT_EQ(made.settle, 60s);
}

TEST(PlanOf, DefaultsOfTheReferencesBoundary) {
  const auto s3 = [](const std::string& more) {
    return R"({"type":"aws:core:s3PutListenerBoundary","name":"in","lotUnit":"Hours","dataset":)" +
           sink("in", "s3://buk/in/") + more + "}";
  };
  const BoundaryPlan made = boundary_plan(s3(""));
  EXPECT_EQ(made.empty_lots, EmptyLots::publish);
  EXPECT_FALSE(made.hide_unfinished);
  EXPECT_EQ(made.lot_source, LotSource::objectModifiedTime);
  EXPECT_EQ(boundary_plan(s3(R"(,"emptyLots":"skip")")).empty_lots, EmptyLots::skip);
  EXPECT_EQ(boundary_plan(s3(R"(,"infrequent":{"lotSource":"eventTime"})")).lot_source,
            LotSource::eventTime);
  EXPECT_EQ(
      boundary_plan(s3(R"(,"eventArrival":"frequent","infrequent":{"lotSource":"eventTime"})"))
          .lot_source,
      LotSource::arrivalTime);
}

TEST(PlanOf, WhatABoundarySays) {
  const BoundaryPlan made = boundary_plan(boundary(
      "in", "s3://buk/in/",
      R"json(,"lotSource":"keyTimestampRegex","keyRegex":"(?P<epoch>[0-9]+)","settleSec":5,"quietSec":0,)json"
      R"("lateness":"reject","maxAheadLots":3,"overwrites":"fail","emptyLots":"publish",)"
      R"("pollSec":7,"filter":{"excludes":["_*"]},"labels":{"team":"blue"})"));
  EXPECT_EQ(made.lot_source, LotSource::keyTimestampRegex);
  EXPECT_EQ(made.key_regex, "(?P<epoch>[0-9]+)");
  EXPECT_EQ(made.settle, 5s);
  EXPECT_EQ(made.quiet, 0s);
  EXPECT_EQ(made.lateness, Lateness::reject);
  EXPECT_EQ(made.max_ahead_lots, 3U);
  EXPECT_EQ(made.overwrites, Overwrites::fail);
  EXPECT_EQ(made.empty_lots, EmptyLots::publish);
  EXPECT_EQ(made.poll, 7s);
  EXPECT_THAT(made.filter.excludes, ElementsAre("_*"));
  EXPECT_THAT(made.labels, ElementsAre(Pair("team", "blue")));
}

TEST(PlanOf, LabelsOfTheProjectCountWhereAComponentHasNone) {
  std::string text = project(boundary("in", "s3://buk/in/", R"(,"labels":{"a":"own"})"));
  text.replace(text.find(R"("version":"1"},)"), 14,
               R"("version":"1","labels":{"a":"project","b":"project"}})");
  text.replace(0, 1, R"({"labels":{"b":"file","c":"file"},)");
  EXPECT_THAT(plan(text).boundaries.at(0).labels,
              ElementsAre(Pair("a", "own"), Pair("b", "project"), Pair("c", "file")));
}

TEST(PlanOf, ACopy) {
  const ArcPlan made = arc_plan(arc("core:copyArc"));
  EXPECT_EQ(made.type, "core:copyArc");
  EXPECT_EQ(made.sources.at(0).first, "main");
  EXPECT_EQ(made.sinks.at(0).second.pathURI, "s3://buk/a/");
  EXPECT_EQ(made.attempts, 4U);
  EXPECT_EQ(made.backoff, 2s);
  EXPECT_EQ(made.lease, 60s);
  EXPECT_EQ(made.timeout, 15min);
  EXPECT_EQ(made.concurrency, 4U);
  EXPECT_EQ(made.parallel, 4U);
  EXPECT_EQ(made.declaration, "");
  const auto& workload = std::get<CopyPlan>(made.workload);
  EXPECT_EQ(workload.on_conflict, OnConflict::beside);
  EXPECT_EQ(workload.partial_fraction, 0);

  const ArcPlan said = arc_plan(
      arc("core:copyArc",
          R"(,"attempts":2,"backoffSec":1,"leaseSec":9,"concurrency":1,"parallel":8,"workload":)"
          R"({"runtimeProps":{"timeoutMin":3},"workloadProps":{"onConflict":"replace",)"
          R"("failArcOnPartialPercent":0.25,"rename":[{"match":"a","to":"b{lot}"}],)"
          R"("partition":{"z":"1","a":"{lot}"}}})"));
  EXPECT_EQ(said.attempts, 2U);
  EXPECT_EQ(said.backoff, 1s);
  EXPECT_EQ(said.lease, 9s);
  EXPECT_EQ(said.concurrency, 1U);
  EXPECT_EQ(said.parallel, 8U);
  EXPECT_EQ(said.timeout, 3min);
  const auto& copy = std::get<CopyPlan>(said.workload);
  EXPECT_EQ(copy.on_conflict, OnConflict::replace);
  EXPECT_EQ(copy.partial_fraction, 0.25);
  EXPECT_EQ(copy.rename.at(0).to, "b{lot}");
  EXPECT_THAT(copy.partition, ElementsAre(Pair("z", "1"), Pair("a", "{lot}")));
  EXPECT_NE(said.workload_props.find("failArcOnPartialPercent"), nullptr);
}

TEST(PlanOf, TheReferencesCopyReplaces) {
  const ArcPlan made = arc_plan(arc("aws:core:s3CopyArc"));
  EXPECT_EQ(std::get<CopyPlan>(made.workload).on_conflict, OnConflict::replace);
  EXPECT_EQ(made.timeout, 15min);
  const ArcPlan beside = arc_plan(
      arc("aws:core:s3CopyArc", R"(,"timeoutMin":2,"workload":{"runtimeProps":{"timeoutMin":3},)"
                                R"("workloadProps":{"onConflict":"beside"}})"));
  EXPECT_EQ(std::get<CopyPlan>(beside.workload).on_conflict, OnConflict::beside);
  EXPECT_EQ(beside.timeout, 2min) << "the arc's own limit comes first";
}

TEST(PlanOf, ACommand) {
  const ArcPlan made = arc_plan(arc("core:commandArc", R"(,"workload":{"command":["run"]})"));
  const auto& bare = std::get<CommandPlan>(made.workload);
  EXPECT_THAT(bare.command, ElementsAre("run"));
  EXPECT_EQ(bare.working_dir, "");
  EXPECT_EQ(bare.memory_mb, 0U);
  EXPECT_EQ(bare.manifest, ManifestMode::workload);
  EXPECT_EQ(bare.on_conflict, OnConflict::beside);
  EXPECT_EQ(made.timeout, 15min);
  EXPECT_EQ(json::to_text(made.workload_props), "{}");

  const ArcPlan said = arc_plan(
      arc("core:commandArc",
          R"(,"workload":{"command":["run"],"workingDir":"app","memorySizeMB":64,)"
          R"("manifest":"collect","onConflict":"replace","workloadProps":{"n":1.50},)"
          R"("environment":{"A":"b","HOST":{"fromEnv":"HOST"},"KEY":{"fromFile":"key"}}})"));
  const auto& full = std::get<CommandPlan>(said.workload);
  EXPECT_EQ(full.working_dir, "app") << "as written, for lack of a directory";
  EXPECT_EQ(full.memory_mb, 64U);
  EXPECT_EQ(full.manifest, ManifestMode::collect);
  EXPECT_EQ(full.on_conflict, OnConflict::replace);
  EXPECT_EQ(full.environment.at("HOST").from, EnvironmentValue::From::Environment);
  EXPECT_EQ(full.environment.at("KEY").text, "key");
  EXPECT_EQ(json::to_text(said.workload_props), R"({"n":1.50})");
}

const std::string batch =
    R"(,"workload":{"computeEnvironmentRef":"small","imagePath":"./convert","command":["c"])";

TEST(PlanOf, ABatchJobIsACommandInItsImagesDirectory) {
  const ArcPlan made = arc_plan(arc("aws:core:batchExecArc", batch + "}"));
  const auto& workload = std::get<CommandPlan>(made.workload);
  EXPECT_EQ(workload.working_dir, "./convert");
  EXPECT_EQ(workload.image_path, "./convert");
  EXPECT_EQ(workload.sandbox, Sandbox::automatic);
  EXPECT_EQ(workload.memory_mb, 1024U);
  EXPECT_EQ(workload.manifest, ManifestMode::workload);
  EXPECT_EQ(workload.on_conflict, OnConflict::replace);
  EXPECT_EQ(made.timeout, 60min);
  const ArcPlan said =
      arc_plan(arc("aws:core:batchExecArc",
                   batch + R"(,"batchRuntimeProps":{"memorySizeMB":2048,"timeoutMin":30}})"));
  EXPECT_EQ(std::get<CommandPlan>(said.workload).memory_mb, 2048U);
  EXPECT_EQ(said.timeout, 30min);
}

TEST(PlanOf, PathsAreSeenFromTheDirectoryOfTheProject) {
  struct Case {
    std::string directory;
    std::string path;
    std::string seen;
  };
  const std::vector<Case> table{{"/home/u/p", "app", "/home/u/p/app"},
                                {"/home/u/p/", "./app", "/home/u/p/app"},
                                {"/home/u/p", "../shared/app", "/home/u/p/../shared/app"},
                                {"/home/u/p", ".", "/home/u/p"},
                                {"/home/u/p", "./", "/home/u/p"},
                                {"/home/u/p", "/opt/app", "/opt/app"},
                                {"", "./app", "./app"}};
  for (const auto& [directory, path, seen] : table) {
    const std::string workload_text =
        format(R"(,"workload":{{"command":["run"],"workingDir":"{0}",)"
               R"("environment":{{"KEY":{{"fromFile":"{0}"}}}}}})",
               path);
    Deployable deployable = with_arc(arc("core:commandArc", workload_text));
    set_origin(deployable.arcs[0], directory, "abc");
    const ArcPlan made = plan_of(deployable).arcs.at(0);
    const auto& workload = std::get<CommandPlan>(made.workload);
    EXPECT_EQ(workload.working_dir, seen) << path;
    EXPECT_EQ(workload.environment.at("KEY").text, seen) << path;
    EXPECT_EQ(made.declaration, "abc");
  }
}

TEST(PlanOf, TheOriginIsStoredWithTheArcAndNoPartOfItsDeclaration) {
  Deployable deployable = with_arc(arc("aws:core:batchExecArc", batch + "}" + R"(,"x-note":[1])"));
  Arc& declared = deployable.arcs[0];
  const std::string before = declaration_json(declared);
  EXPECT_NE(before.find(R"("x-note":[1])"), std::string::npos);
  set_origin(declared, "/old", "old");
  set_origin(declared, "/new", "new");
  EXPECT_EQ(declaration_json(declared), before);
  const std::string stored = json::to_text(to_json(declared));
  EXPECT_EQ(stored.substr(before.size() - 1),
            R"(,"x-cls-directory":"/new","x-cls-declaration":"new"})");

  // What is stored is read again as it was.
  const auto again = check(json::to_text(to_json(deployable)));
  const ArcPlan made = plan_of(again.model()).arcs.at(0);
  EXPECT_EQ(std::get<CommandPlan>(made.workload).working_dir, "/new/convert");
  EXPECT_EQ(made.declaration, "new");
  Arc unread;
  EXPECT_THROW(set_origin(unread, "/", ""), Error);
}

TEST(PlanOf, LeavesOutWhatIsExcludedOrRunsElsewhere) {
  const std::string bucket = R"({"type":"core:bucket","name":"b","bucketName":"bucket-b")";
  const ProjectPlan made = plan(project(
      boundary("in", "s3://buk/in/") + "," +
          boundary("off", "s3://buk/off/", R"(,"exclude":true)") +
          R"(,{"type":"core:scheduleBoundary","name":"s","lotUnit":"Days","dataset":)" +
          sink("s", "s3://buk/s/") + "}",
      copy_arc("a", "in", "s3://buk/a/") + "," +
          copy_arc("b", "in", "s3://buk/b/", R"(,"exclude":true)") + "," +
          R"({"type":"core:transformArc","name":"t","workload":{"pipeline":"p.json"},)" +
          R"("sources":{"main":{"name":"in","version":"1"}},"sinks":{"main":)" +
          sink("t", "s3://buk/t/") + "}}",
      "orders",
      bucket + "}," + R"({"type":"aws:core:s3Bucket","name":"c","bucketName":"bucket-c"},)" +
          R"({"type":"core:bucket","name":"d","bucketName":"bucket-d","exclude":true},)" +
          R"({"type":"aws:core:eventBus","name":"e","eventBusName":"e"})"));
  EXPECT_THAT(made.buckets, ElementsAre("bucket-b", "bucket-c"));
  ASSERT_EQ(made.boundaries.size(), 1U);
  EXPECT_EQ(made.boundaries[0].name, "in");
  ASSERT_EQ(made.arcs.size(), 1U);
  EXPECT_EQ(made.arcs[0].name, "a");
  EXPECT_EQ(made.project.to_string(), "orders/1");
  EXPECT_EQ(made.placement.account, "local");
  EXPECT_EQ(made.placement.region, "home");
}

TEST(Merged, JoinsDocumentsOfOneProjectAndPlacement) {
  const auto document = [](const std::string& name, const std::string& boundary_name,
                           const std::string& placement, const std::string& labels) {
    std::string text =
        project(boundary(boundary_name, "s3://buk/" + boundary_name + "/"), "", name);
    text.replace(text.find(R"("provider":"local")"), 18, placement);
    text.replace(0, 1, R"({"labels":)" + labels + ",");
    return check(text).model();
  };
  const auto result =
      merged({document("one", "a", R"("provider":"local")", R"({"x":"1"})"),
              document("two", "b", R"("provider":"local")", "{}"),
              document("one", "c", R"("provider":"local","account":"local","region":"home")",
                       R"({"x":"2","y":"2"})"),
              document("one", "d", R"("provider":"local","stage":"test")", "{}")});
  ASSERT_EQ(result.size(), 3U);
  EXPECT_EQ(result[0].project.name, "one");
  ASSERT_EQ(result[0].boundaries.size(), 2U);
  EXPECT_EQ(std::get<CorePutListenerBoundary>(result[0].boundaries[1]).name, "c");
  EXPECT_THAT(result[0].labels, ElementsAre(Pair("x", "1"), Pair("y", "2")));
  EXPECT_EQ(result[1].project.name, "two");
  EXPECT_EQ(result[2].placement.stage, "test");
  EXPECT_THAT(merged({}), IsEmpty());
}

}  // namespace
}  // namespace cls::model
