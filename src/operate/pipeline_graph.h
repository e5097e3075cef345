// SPDX-License-Identifier: Apache-2.0
// PipelineGraph: boundaries, datasets and arcs, and what flows between them, as a picture's text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "flow/deployment.h"
#include "json/names.h"

namespace cls::operate {

enum class GraphFormat : std::uint8_t { dot, mermaid, svg };

struct PipelineGraph {
  enum class Kind : std::uint8_t { Boundary, Dataset, Foreign, Arc };
  struct Node {
    Kind kind = Kind::Dataset;
    std::string name;    ///< first line
    std::string detail;  ///< second line; may be empty
  };
  struct Edge {
    std::size_t from = 0;
    std::size_t to = 0;
    bool wakes = true;  ///< false: read, but not subscribed to
    std::string label;  ///< the role, where there are several
  };
  std::vector<Node> nodes;
  std::vector<Edge> edges;
};

/// Of all projects of the deployment. A dataset that nobody makes here is Foreign.
PipelineGraph graph_of(const flow::Deployment& deployment);

/// With a newline at its end. The same graph gives the same bytes.
std::string render(const PipelineGraph& graph, GraphFormat format);
std::string svg_of(const PipelineGraph& graph);

}  // namespace cls::operate

namespace cls::json {
template <>
inline constexpr auto names_of<operate::GraphFormat> =
    Names<operate::GraphFormat, 3>{{{operate::GraphFormat::dot, "dot"},
                                    {operate::GraphFormat::mermaid, "mermaid"},
                                    {operate::GraphFormat::svg, "svg"}}};
}  // namespace cls::json
