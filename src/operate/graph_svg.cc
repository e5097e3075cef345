// SPDX-License-Identifier: Apache-2.0
// The picture of a PipelineGraph: layers from left to right, each node as far left as its sources
// allow (longest paths), nodes of a layer in the order of what they come from (barycentres).
#include <algorithm>
#include <numeric>

#include "base/format.h"
#include "operate/pipeline_graph.h"

namespace cls::operate {

namespace {

using Kind = PipelineGraph::Kind;

constexpr int margin = 20;
constexpr int node_height = 44;
constexpr int gap_x = 64;
constexpr int gap_y = 18;
constexpr int letter = 8;
constexpr int padding = 28;
constexpr int order_rounds = 4;

/// How far an edge that passes other layers goes below the straight line.
constexpr int dip = 56;

struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  std::size_t layer = 0;
};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

class Layout {
 public:
  explicit Layout(const PipelineGraph& graph) : graph_(graph), layer_(graph.nodes.size(), 0) {
    find_layers();
    order_layers();
    place();
  }

  const Box& box(std::size_t node) const { return boxes_[node]; }
  int width() const { return width_; }
  int height() const { return height_; }

 private:
  void find_layers() {
    // A cycle would raise its layers for ever: there are no more layers than nodes.
    for (std::size_t round = 0; round < graph_.nodes.size(); ++round) {
      bool changed = false;
      for (const auto& edge : graph_.edges) {
        if (layer_[edge.to] > layer_[edge.from]) continue;
        if (layer_[edge.from] + 1 >= graph_.nodes.size()) continue;
        layer_[edge.to] = layer_[edge.from] + 1;
        changed = true;
      }
      if (!changed) break;
    }
    for (std::size_t node = 0; node < graph_.nodes.size(); ++node) {
      if (layer_[node] >= layers_.size()) layers_.resize(layer_[node] + 1);
      layers_[layer_[node]].push_back(node);
    }
  }

  void order_layers() {
    std::vector<double> rank(graph_.nodes.size());
    const auto number = [&](const std::vector<std::size_t>& layer) {
      for (std::size_t i = 0; i < layer.size(); ++i) rank[layer[i]] = static_cast<double>(i);
    };
    for (const auto& layer : layers_) number(layer);
    for (int round = 0; round < order_rounds; ++round) {
      for (auto& layer : layers_) {
        std::vector<std::pair<double, std::size_t>> wanted;
        wanted.reserve(layer.size());
        for (const std::size_t node : layer) wanted.emplace_back(middle_of(node, rank), node);
        std::ranges::stable_sort(wanted, {}, &std::pair<double, std::size_t>::first);
        for (std::size_t i = 0; i < layer.size(); ++i) layer[i] = wanted[i].second;
        number(layer);
      }
    }
  }

  /// The mean rank of what a node comes from, else its own.
  double middle_of(std::size_t node, const std::vector<double>& rank) const {
    double sum = 0;
    int count = 0;
    for (const auto& edge : graph_.edges) {
      if (edge.to != node) continue;
      sum += rank[edge.from];
      ++count;
    }
    return count == 0 ? rank[node] : sum / count;
  }

  void place() {
    boxes_.resize(graph_.nodes.size());
    std::size_t most = 0;
    for (const auto& layer : layers_) most = std::max(most, layer.size());
    const bool passes = std::ranges::any_of(
        graph_.edges, [this](const auto& edge) { return layer_[edge.to] > layer_[edge.from] + 1; });
    height_ =
        2 * margin + static_cast<int>(most) * (node_height + gap_y) - gap_y + (passes ? dip : 0);
    int x = margin;
    for (const auto& layer : layers_) {
      std::size_t letters = 0;
      for (const std::size_t node : layer) {
        letters =
            std::max({letters, graph_.nodes[node].name.size(), graph_.nodes[node].detail.size()});
      }
      const int width = static_cast<int>(letters) * letter + padding;
      const int used = static_cast<int>(layer.size()) * (node_height + gap_y) - gap_y;
      int y = (height_ - used) / 2;
      for (const std::size_t node : layer) {
        boxes_[node] = {x, y, width, layer_[node]};
        y += node_height + gap_y;
      }
      x += width + gap_x;
    }
    width_ = x - gap_x + margin;
  }

  const PipelineGraph& graph_;
  std::vector<std::size_t> layer_;
  std::vector<std::vector<std::size_t>> layers_;
  std::vector<Box> boxes_;
  int width_ = 2 * margin;
  int height_ = 2 * margin;
};

std::string_view class_of(Kind kind) {
  switch (kind) {
    case Kind::Boundary:
      return "boundary";
    case Kind::Foreign:
      return "foreign";
    case Kind::Arc:
      return "arc";
    case Kind::Dataset:
      break;
  }
  return "dataset";
}

constexpr std::string_view style =
    "  <style>\n"
    "    text { font: 13px sans-serif; text-anchor: middle; fill: #1c1e21; }\n"
    "    .detail { font-size: 11px; fill: #5b616b; }\n"
    "    .label { font-size: 11px; fill: #5b616b; }\n"
    "    rect { stroke: #5b616b; fill: #ffffff; }\n"
    "    .boundary rect { fill: #e7f2e4; }\n"
    "    .dataset rect { fill: #eef1f6; }\n"
    "    .foreign rect { fill: #eef1f6; stroke-dasharray: 4; }\n"
    "    .arc rect { fill: #fdf1dc; }\n"
    "    path { fill: none; stroke: #5b616b; }\n"
    "    .reads { stroke-dasharray: 4; }\n"
    "  </style>\n";

std::string node_text(const PipelineGraph::Node& node, const Box& box) {
  const int radius = node.kind == Kind::Arc ? 12 : 3;
  const int middle = box.x + box.width / 2;
  std::string out = format(
      "  <g class=\"{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>"
      "<text x=\"{}\" y=\"{}\">{}</text>",
      class_of(node.kind), box.x, box.y, box.width, node_height, radius, middle,
      box.y + (node.detail.empty() ? 27 : 19), escaped(node.name));
  if (!node.detail.empty()) {
    out += format(R"(<text class="detail" x="{}" y="{}">{}</text>)", middle, box.y + 35,
                  escaped(node.detail));
  }
  return out + "</g>\n";
}

std::string edge_text(const PipelineGraph::Edge& edge, const Box& from, const Box& to) {
  const int x1 = from.x + from.width;
  const int y1 = from.y + node_height / 2;
  const int x2 = to.x - 2;
  const int y2 = to.y + node_height / 2;
  const bool passes = to.layer > from.layer + 1;
  const int bend = passes ? gap_x : std::max(24, (x2 - x1) / 2);
  const int down = passes ? dip : 0;
  std::string out = format("  <path{} marker-end=\"url(#tip)\" d=\"M{} {} C{} {} {} {} {} {}\"/>\n",
                           edge.wakes ? "" : " class=\"reads\"", x1, y1, x1 + bend, y1 + down,
                           x2 - bend, y2 + down, x2, y2);
  if (!edge.label.empty()) {
    out += format("  <text class=\"label\" x=\"{}\" y=\"{}\">{}</text>\n", (x1 + x2) / 2,
                  (y1 + y2) / 2 - 4 + down * 3 / 4, escaped(edge.label));
  }
  return out;
}

}  // namespace

std::string svg_of(const PipelineGraph& graph) {
  const Layout layout(graph);
  std::string out = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" viewBox=\"0 0 {} "
      "{}\">\n",
      layout.width(), layout.height(), layout.width(), layout.height());
  out += style;
  out +=
      "  <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" "
      "markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 L8 4 L0 8\"/></marker></defs>\n";
  for (const auto& edge : graph.edges) {
    out += edge_text(edge, layout.box(edge.from), layout.box(edge.to));
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    out += node_text(graph.nodes[i], layout.box(i));
  }
  return out + "</svg>\n";
}

}  // namespace cls::operate
