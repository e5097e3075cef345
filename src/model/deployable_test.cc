// SPDX-License-Identifier: Apache-2.0
#include "model/deployable.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "model/catalogue.h"
#include "model/every_type.h"
#include "model/test_documents.h"

namespace cls::model {
namespace {

using testing::check;
using ::testing::Each;
using testing::every_type;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::on_aws;

/// A project of all types, each in its list.
std::string project_of_all() {
  const Catalogue catalogue;
  std::string text =
      R"({"project":{"name":"all","version":"1","labels":{"p":"q"}},"labels":{"r":"s"},)"
      R"("placement":{"provider":"aws","account":"1","region":"us-west-2"},"requires":">=0.1")";
  for (const auto& [kind, name] : json::names_of<ComponentKind>) {
    text += ",\"" + std::string(list_of(kind)) + "\":[";
    std::string comma;
    for (const auto& [type, component] : every_type) {
      if (catalogue.find(type)->kind != kind) continue;
      text += comma + std::string(component);
      comma = ",";
    }
    text += "]";
  }
  return text + "}";
}

TEST(Deployable, ThereIsATestOfEveryType) {
  std::vector<std::string_view> tested;
  tested.reserve(every_type.size());
  for (const auto& [type, text] : every_type) tested.push_back(type);
  std::vector<std::string_view> known;
  const Catalogue catalogue;
  for (const auto& entry : catalogue.types()) known.push_back(entry.type);
  EXPECT_THAT(tested, ::testing::UnorderedElementsAreArray(known));
  EXPECT_EQ(std::ranges::count_if(known, [](auto type) { return type.starts_with("aws:core:"); }),
            10);
}

TEST(Deployable, EveryTypeLoadsOnBothSubstrates) {
  for (const Options& options : {Options{}, on_aws}) {
    const auto checked = check(project_of_all(), options);
    ASSERT_EQ(checked.documents.size(), 1U);
    EXPECT_THAT(checked.lines, Each(HasSubstr(": warning: ")));
  }
}

TEST(Deployable, EveryTypeIsWrittenAsItWasRead) {
  const auto first = check(project_of_all(), on_aws);
  const std::string text = json::to_text(to_json(first.model()));
  const auto second = check(text, on_aws);
  EXPECT_EQ(json::to_text(to_json(second.model())), text);
  EXPECT_EQ(second.lines.size(), first.lines.size());
}

/// `inner` says nothing that `outer` does not say as well.
void expect_contains(const json::Value& outer, const json::Value& inner, const std::string& at) {
  if (inner.kind != json::Kind::Object) {
    if (inner.kind == json::Kind::Array && outer.kind == json::Kind::Array) {
      ASSERT_EQ(outer.items.size(), inner.items.size()) << at;
      for (std::size_t i = 0; i < inner.items.size(); ++i) {
        expect_contains(outer.items[i], inner.items[i], at + "/" + std::to_string(i));
      }
      return;
    }
    EXPECT_EQ(json::to_text(outer), json::to_text(inner)) << at;
    return;
  }
  for (const auto& member : inner.members) {
    const json::Value* same = outer.find(member.key);
    ASSERT_NE(same, nullptr) << at << '/' << member.key;
    expect_contains(*same, member.value, at + "/" + member.key);
  }
}

TEST(Deployable, NoFieldIsLost) {
  const auto checked = check(project_of_all(), on_aws);
  const json::Value written = to_json(checked.model());
  expect_contains(written, checked.documents[0].document->root, "");
}

TEST(Deployable, TheCanonicalFormHasDefaultsAndNulls) {
  const auto checked = check(
      R"({"project":{"name":"p","version":"1"},"placement":{"provider":"local"},"x-a":1,)"
      R"("boundaries":[{"type":"aws:core:s3PutListenerBoundary","name":"b","lotUnit":"twelfths",)"
      R"("dataset":{"name":"d","version":"1","pathURI":"s3://buk/d/"}}]})");
  EXPECT_THAT(checked.lines, IsEmpty());
  EXPECT_EQ(
      json::to_text(to_json(checked.model())),
      R"({"project":{"name":"p","version":"1"},)"
      R"("placement":{"provider":"local","stage":null,"account":null,"region":null},)"
      R"("resources":[],"activities":[],"boundaries":[{"type":"aws:core:s3PutListenerBoundary",)"
      R"("name":"b","exclude":false,"dataset":{"name":"d","version":"1","pathURI":"s3://buk/d/"},)"
      R"("lotUnit":"twelfths","eventArrival":"infrequent","runtimeProps":{"memorySizeMB":1024,)"
      R"("retryAttempts":3,"timeoutMin":15,"architecture":"ARM_64"},"infrequent":{"lotSource":)"
      R"("objectModifiedTime","enableEventBridge":false},"frequent":{"queueFetchWaitSec":0},)"
      R"("filter":{"includes":[],"excludes":[],"pathSeparator":"/","ignoreCase":false}}],)"
      R"("barriers":[],"arcs":[],"x-a":1})");
}

// The reference builds a fresh object, with 0 retries and 5 minutes.
TEST(Deployable, F26PartialRuntimePropsKeepTheComponentsDefaults) {
  const auto checked = check(project_of_all(), on_aws);
  const auto& activity = std::get<AwsCloudWatchExport>(checked.model().activities[1]);
  EXPECT_EQ(activity.runtimeProps.memorySizeMB, 256U);
  EXPECT_EQ(activity.runtimeProps.retryAttempts, 3U);
  EXPECT_EQ(activity.runtimeProps.timeoutMin, 15U);
  const auto& listener = std::get<CorePutListenerBoundary>(checked.model().boundaries[0]);
  EXPECT_EQ(listener.runtimeProps.memorySizeMB, 1024U);
  const auto& copy = std::get<CoreCopyArc>(checked.model().arcs[0]);
  EXPECT_EQ(copy.workload.runtimeProps.memorySizeMB, 128U);
  EXPECT_EQ(copy.workload.runtimeProps.retryAttempts, 3U);
  EXPECT_EQ(copy.workload.runtimeProps.timeoutMin, 15U);
  const auto batch = std::ranges::find_if(checked.model().arcs, [](const Arc& arc) {
    return std::holds_alternative<AwsBatchExecArc>(arc);
  });
  const auto& workload = std::get<AwsBatchExecArc>(*batch).workload;
  EXPECT_EQ(workload.lambdaRuntimeProps.timeoutMin, 3U);
  EXPECT_EQ(workload.lambdaRuntimeProps.retryAttempts, 3U);
  EXPECT_EQ(workload.lambdaRuntimeProps.memorySizeMB, 512U);
}

/// A text that may stand in a key.
rc::Gen<std::string> any_name() {
  return rc::gen::nonEmpty(rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("abAB0 -_.:~=+%\xC3\xBC\"\\"))));
}

Labels any_labels() {
  return *rc::gen::container<Labels>(any_name(), any_name());
}

SinkDataset any_sink() {
  SinkDataset sink;
  sink.name = *any_name();
  sink.version = *any_name();
  sink.pathURI = *any_name();
  sink.labels = any_labels();
  return sink;
}

Arc any_arc() {
  const auto fill = [](ArcBase& arc) {
    arc.name = *any_name();
    arc.exclude = *rc::gen::arbitrary<bool>();
    arc.sinks.emplace_back(*any_name(), any_sink());
    arc.labels = any_labels();
    arc.attempts = *rc::gen::inRange(1U, 1000U);
    if (arc.exclude) arc.timeoutMin = *rc::gen::inRange(1U, 20000U);
    arc.extras.push_back({"x-" + *any_name(), json::Value::string(*any_name()), 0});
  };
  if (*rc::gen::arbitrary<bool>()) {
    CoreCopyArc copy;
    fill(copy);
    copy.workload.workloadProps.failArcOnPartialPercent = *rc::gen::inRange(0, 100) / 100.0;
    copy.workload.workloadProps.partition.emplace_back(*any_name(), *any_name());
    return copy;
  }
  CoreCommandArc command;
  fill(command);
  command.workload.command = *rc::gen::container<std::vector<std::string>>(any_name());
  for (const auto from : {EnvironmentValue::From::Text, EnvironmentValue::From::Environment,
                          EnvironmentValue::From::File}) {
    command.workload.environment[*any_name()] = {from, *any_name()};
  }
  return command;
}

RC_GTEST_PROP(Deployable, LoadOfPrintIsTheDeployable, ()) {
  Deployable deployable;
  deployable.project.name = *any_name();
  deployable.project.version = *any_name();
  deployable.placement.provider = *any_name();
  deployable.labels = any_labels();
  CorePutListenerBoundary boundary;
  boundary.name = *any_name();
  boundary.dataset = any_sink();
  boundary.lotUnit = {.text = "pt15m", .unit = lot::LotUnit::fourths()};
  boundary.filter.includes = *rc::gen::container<std::vector<std::string>>(any_name());
  boundary.settleSec = *rc::gen::inRange(0U, 604801U);
  deployable.boundaries.emplace_back(boundary);
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) deployable.arcs.push_back(any_arc());

  const std::string text = json::to_pretty(to_json(deployable));
  Diagnostics problems;
  const auto loaded = load({{"p.json", text}}, {}, problems);
  for (const auto& problem : problems.all()) RC_LOG() << problem.to_string() << '\n';
  RC_ASSERT(problems.all().empty());
  RC_ASSERT(loaded.size() == 1U);
  RC_ASSERT(json::to_pretty(to_json(loaded[0].model)) == text);
}

TEST(ProjectSchema, KnowsEveryType) {
  const json::Value schema = project_schema();
  const json::Value* types = schema.find("$defs");
  ASSERT_NE(types, nullptr);
  const Catalogue catalogue;
  for (const auto& entry : catalogue.types()) {
    const json::Value* type = types->find(entry.type);
    ASSERT_NE(type, nullptr) << entry.type;
    EXPECT_EQ(json::to_text(*type->find("properties")->find("type")),
              "{\"const\":\"" + std::string(entry.type) + "\"}");
  }
}

}  // namespace
}  // namespace cls::model
