// SPDX-License-Identifier: Apache-2.0
#include "operate/pipeline_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

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

/// Left, top, width and height of each box in a picture.
std::vector<std::vector<int>> boxes_in(const std::string& svg) {
  std::vector<std::vector<int>> boxes;
  for (const auto& line : split(svg, '\n')) {
    const auto at = line.find("<rect x=");
    if (at == std::string::npos) continue;
    const auto parts = split(line.substr(at), '"');
    std::vector<int> box;
    for (const std::size_t i : {1U, 3U, 5U, 7U}) box.push_back(std::stoi(parts.at(i)));
    boxes.push_back(std::move(box));
  }
  return boxes;
}

/// Left, height and right of each straight piece of an edge.
std::vector<std::vector<int>> lanes_in(const std::string& svg) {
  std::vector<std::vector<int>> lanes;
  const auto words = split(svg, ' ');
  for (std::size_t i = 2; i < words.size(); ++i) {
    if (!words[i].starts_with('H')) continue;
    lanes.push_back(
        {std::stoi(words[i - 2]), std::stoi(words[i - 1]), std::stoi(words[i].substr(1))});
  }
  return lanes;
}

TEST(PipelineGraph, AnEdgeThatPassesLayersGoesBehindNoBox) {
  const auto edge = [](std::size_t from, std::size_t to) {
    return PipelineGraph::Edge{.from = from, .to = to, .wakes = true, .label = ""};
  };
  const PipelineGraph graph{.nodes = {{Kind::Dataset, "orders", ""},
                                      {Kind::Arc, "first", ""},
                                      {Kind::Arc, "beside", ""},
                                      {Kind::Dataset, "made", ""},
                                      {Kind::Arc, "last", ""}},
                            .edges = {edge(0, 1), edge(0, 2), edge(1, 3), edge(3, 4), edge(0, 4)}};
  const auto svg = render(graph, GraphFormat::svg);
  const auto boxes = boxes_in(svg);
  ASSERT_EQ(boxes.size(), 5U);
  const auto lanes = lanes_in(svg);
  EXPECT_EQ(lanes.size(), 2U) << "one edge passes two layers: " << svg;
  for (const auto& lane : lanes) {
    for (const auto& box : boxes) {
      const bool is_beside = lane[2] < box[0] || lane[0] > box[0] + box[2];
      EXPECT_TRUE(is_beside || lane[1] < box[1] || lane[1] > box[1] + box[3]) << svg;
    }
  }
}

TEST(PipelineGraph, OfNothingIsAnEmptyPicture) {
  EXPECT_THAT(render({}, GraphFormat::svg), HasSubstr("</svg>\n"));
  EXPECT_THAT(render({}, GraphFormat::svg), HasSubstr("width=\"40\""));
  EXPECT_EQ(render({}, GraphFormat::mermaid), "flowchart LR\n");
}

}  // namespace
}  // namespace cls::operate
