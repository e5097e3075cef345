// SPDX-License-Identifier: Apache-2.0
#include "work/workload_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "work/work_world_test.h"

namespace cls::work {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using work::testing::DiskWorld;

constexpr const char* in_manifest =
    "s3://clusterless-manifest-local-home/datasets/name=in/version=1/lot=20240501PT5M003/"
    "state=complete/manifest.json";
const Instant started = parse_instant("2024-05-01T00:20:00Z").value();

std::vector<std::string> expand(DiskWorld& world, std::vector<std::string> command) {
  world.plan().command = std::move(command);
  const auto context = world.context();
  auto expanded = expand_command(context, world.plan(), started);
  if (!expanded) return {"failed: " + expanded.error().message};
  return *expanded;
}

TEST(WorkloadContext, is_the_reference_s_with_all_sources) {
  DiskWorld world;
  const std::string event = std::string(R"({"dataset":{"name":"in","version":"1","pathURI":")") +
                            R"(s3://b/in/"},"lot":"20240501PT5M003","manifest":")" + in_manifest +
                            R"(","datasetId":"in/1"})";
  EXPECT_EQ(json::to_text(workload_context_json(world.context())),
            R"({"role":"main","arcNotifyEvent":)" + event +
                R"(,"existingPartialManifests":{},"sources":{"main":)" + event + "}}");
}

TEST(WorkloadContext, its_event_is_of_main_or_else_of_the_first_subscribed_role) {
  DiskWorld world;
  world.declare_source("more", "more");
  EXPECT_EQ(main_source(world.context())->role, "main");
  world.sources[0].role = "left";
  EXPECT_EQ(main_source(world.context())->role, "left");
  world.sources[0].subscribed = false;
  EXPECT_EQ(main_source(world.context())->role, "more");
  world.sources.clear();
  EXPECT_EQ(main_source(world.context()), nullptr);
  EXPECT_THAT(json::to_text(workload_context_json(world.context())),
              HasSubstr(R"("role":null,"arcNotifyEvent":null)"));
}

TEST(ArcProps, F29_sources_carry_pathURI_for_older_samples) {
  DiskWorld world;
  const std::string text = json::to_text(arc_props_json(world.context(), world.plan()));
  EXPECT_THAT(text, HasSubstr(R"("sources":{"main":{"name":"in","version":"1","subscribe":true,)"
                              R"("pathURI":"s3://b/in/"}})"));
}

TEST(ArcProps, have_the_members_of_the_public_contract_in_order) {
  DiskWorld world;
  world.arc.workload_props.add("level", json::Value::number(3));
  EXPECT_EQ(
      json::to_text(arc_props_json(world.context(), world.plan())),
      R"({"sources":{"main":{"name":"in","version":"1","subscribe":true,"pathURI":"s3://b/in/"}},)"
      R"("sinks":{"main":{"name":"out","version":"1","pathURI":"s3://b/out/"}},)"
      R"("sourceManifestPaths":{"main":"s3://clusterless-manifest-local-home/datasets/name=in/)"
      R"(version=1/lot={lot}/state=complete/manifest.json"},)"
      R"("sinkManifestTemplates":{"main":"s3://clusterless-manifest-local-home/attempts/project=p/)"
      R"(version=1/arc=a/attempt=01HX0000000000000000000001/datasets/name=out/version=1/)"
      R"(lot={lot}/state={state}{/attempt*}/manifest.json"},"workloadProps":{"level":3}})");
  world.plan().manifest = model::ManifestMode::collect;
  EXPECT_THAT(json::to_text(arc_props_json(world.context(), world.plan())),
              HasSubstr(R"("sinkManifestTemplates":{})"));
}

TEST(ExpandCommand, puts_in_texts_as_they_are_and_the_rest_as_json) {
  DiskWorld world;
  EXPECT_THAT(expand(world, {"run", "$.arcNotifyEvent.lot", "--in", "$.arcNotifyEvent.manifest",
                             "$.sources.main.dataset.pathURI", "$.existingPartialManifests"}),
              ElementsAre("run", "20240501PT5M003", "--in", in_manifest, "s3://b/in/", "{}"));
}

TEST(ExpandCommand, a_dollar_alone_is_the_whole_context) {
  DiskWorld world;
  const auto command = expand(world, {"run", "$"});
  EXPECT_EQ(command.at(1), json::to_text(workload_context_json(world.context())));
}

TEST(ExpandCommand, two_dollars_are_the_state_machine_context) {
  DiskWorld world;
  EXPECT_THAT(expand(world, {"$$.Execution.Name", "$$.Execution.StartTime", "$$.StateMachine.Name",
                             "$$.Execution.Input.detail.lot"}),
              ElementsAre(world.attempt, "2024-05-01T00:20:00.000000000Z", "a", "20240501PT5M003"));
}

TEST(ExpandCommand, leaves_everything_else_alone) {
  DiskWorld world;
  EXPECT_THAT(expand(world, {"$HOME", "a$.b", "$$", "${x}", ""}),
              ElementsAre("$HOME", "a$.b", "$$", "${x}", ""));
}

TEST(ExpandCommand, an_unknown_path_says_what_there_is) {
  DiskWorld world;
  EXPECT_EQ(expand(world, {"run", "$.arcNotifyEvent.lots"}).at(0),
            "failed: command: '$.arcNotifyEvent.lots': there is no 'lots'; there is dataset, lot, "
            "manifest, datasetId");
  EXPECT_EQ(expand(world, {"$.role.x"}).at(0),
            "failed: command: '$.role.x': there is no 'x'; there is nothing below it");
  EXPECT_THAT(expand(world, {"$."}).at(0), HasSubstr("there is no ''"));
}

}  // namespace
}  // namespace cls::work
