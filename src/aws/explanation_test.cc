// SPDX-License-Identifier: Apache-2.0
#include "aws/explanation.h"

#include <set>

#include "aws/synthesis_world_test.h"
#include "model/catalogue.h"

namespace cls::aws {
namespace {

std::set<std::string> explained(std::string_view type) {
  std::set<std::string> types;
  for (const auto& part : parts_of_type(type)) types.insert(std::string(part.type));
  return types;
}

std::string arc(const std::string& type, const std::string& sink, const std::string& workload) {
  return R"({"type":")" + type +
         R"(","name":"a","sources":{"main":{"name":"in","version":"1"}},"sinks":{"main":)" +
         R"({"name":"out","version":"1","pathURI":")" + sink + R"("}},"workload":)" + workload +
         "}";
}

/// What one component becomes, by itself; `stack_part` names its stack.
std::set<std::string> made_of(const std::string& lists, std::string_view stack_part) {
  const Made made = make({project(lists)});
  EXPECT_THAT(made.problems, testing::IsEmpty()) << lists;
  std::set<std::string> types;
  for (const auto& [id, resource] : made.stack(stack_part).content.resources()) {
    types.insert(resource.type);
  }
  return types;
}

std::set<std::string> arc_made_of(const std::string& text, const std::string& resources = "") {
  return made_of((resources.empty() ? "" : list_of("resources", {resources}) + ",") +
                     list_of("boundaries", {boundary("in")}) + "," + list_of("arcs", {text}),
                 "arc-a");
}

TEST(Explanation, SaysWhatTheSynthesisMakes) {
  EXPECT_EQ(made_of(list_of("resources", {bucket("buk")}), "orders"),
            explained("aws:core:s3Bucket"));
  const std::string fields =
      R"("tableName":"t","pathURI":"s3://buk/t","schema":{"dataFormat":"csv"}})";
  EXPECT_EQ(
      made_of(list_of("resources", {R"({"type":"core:table","name":"t","database":"d",)" + fields}),
              "orders"),
      explained("core:table"));
  EXPECT_EQ(arc_made_of(arc("aws:core:s3CopyArc", "s3://buk/out/", "{}")),
            explained("aws:core:s3CopyArc"));
  EXPECT_EQ(arc_made_of(arc("aws:core:glueAddPartitionsArc", "glue:///d/t", "{}")),
            explained("aws:core:glueAddPartitionsArc"));
  EXPECT_EQ(
      arc_made_of(arc("core:commandArc", "s3://buk/out/", R"({"command":["x"],"image":"i"})")),
      explained("core:commandArc"));
  EXPECT_EQ(made_of(list_of("boundaries", {boundary("in")}), "orders"),
            explained("aws:core:s3PutListenerBoundary"));
}

TEST(Explanation, EveryTypeThatAwsHasIsExplained) {
  const model::Catalogue catalogue;
  for (const auto& type : catalogue.types()) {
    EXPECT_EQ(!parts_of_type(type.type).empty(), type.runs.aws) << type.type;
  }
}

}  // namespace
}  // namespace cls::aws
