// SPDX-License-Identifier: Apache-2.0
#include "operate/pipeline_graph.h"

#include <regex>

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

/// The groups of each match, as numbers.
std::vector<std::vector<int>> numbers_in(const std::string& text, const std::string& pattern) {
  std::vector<std::vector<int>> found;
  const std::regex regex(pattern);
  for (std::sregex_iterator at(text.begin(), text.end(), regex); at != std::sregex_iterator();
       ++at) {
    std::vector<int> numbers;
    for (std::size_t i = 1; i < at->size(); ++i) numbers.push_back(std::stoi((*at)[i]));
    found.push_back(std::move(numbers));
  }
  return found;
}

TEST(PipelineGraph, AnEdgeThatPassesLayersGoesBehindNoBox) {
  const auto edge = [](std::size_t from, std::size_t to) {
    return PipelineGraph::Edge{.from = from, .to = to, .wakes = true, .label = ""};
  };
  PipelineGraph graph{.nodes = {{Kind::Dataset, "orders", ""},
                                {Kind::Arc, "first", ""},
                                {Kind::Arc, "beside", ""},
                                {Kind::Dataset, "made", ""},
                                {Kind::Arc, "last", ""}},
                      .edges = {edge(0, 1), edge(0, 2), edge(1, 3), edge(3, 4), edge(0, 4)}};
  const auto svg = render(graph, GraphFormat::svg);
  const auto boxes =
      numbers_in(svg, R"re(<rect x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)")re");
  ASSERT_EQ(boxes.size(), 5U);
  const auto lanes = numbers_in(svg, R"( (\d+) (\d+) H(\d+))");
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
