// SPDX-License-Identifier: Apache-2.0
#include "operate/pipeline_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cls::operate {
namespace {

using ::testing::HasSubstr;
using Kind = PipelineGraph::Kind;

TEST(PipelineGraph, NamesAreEscapedInEveryFormat) {
  const PipelineGraph graph{.nodes = {{Kind::Arc, "a\"<b>&", ""}}, .edges = {}};
  EXPECT_THAT(render(graph, GraphFormat::dot), HasSubstr(R"(label="a\"<b>&")"));
  EXPECT_THAT(render(graph, GraphFormat::mermaid), HasSubstr(R"("a#34;#60;b#62;#38;")"));
  EXPECT_THAT(render(graph, GraphFormat::svg), HasSubstr("a&quot;&lt;b&gt;&amp;"));
}

TEST(PipelineGraph, ACycleIsDrawnToo) {
  const PipelineGraph graph{.nodes = {{Kind::Arc, "one", ""}, {Kind::Dataset, "two", ""}},
                            .edges = {{.from = 0, .to = 1, .wakes = true, .label = ""},
                                      {.from = 1, .to = 0, .wakes = true, .label = ""}}};
  EXPECT_THAT(render(graph, GraphFormat::svg), HasSubstr(">two<"));
}

TEST(PipelineGraph, OfNothingIsAnEmptyPicture) {
  EXPECT_THAT(render({}, GraphFormat::svg), HasSubstr("</svg>\n"));
  EXPECT_EQ(render({}, GraphFormat::mermaid), "flowchart LR\n");
}

}  // namespace
}  // namespace cls::operate
