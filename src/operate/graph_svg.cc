// SPDX-License-Identifier: Apache-2.0
// The picture of a PipelineGraph: layers from left to right, each node as far left as its sources
// allow (longest paths), nodes of a layer in the order of what they come from (barycentres). An
// edge that passes a layer has a lane there, so that it goes behind no box.
#include <algorithm>
#include <span>

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

constexpr int lane_height = 6;
/// With more lanes no picture can be read anyway: then edges take the straight way.
constexpr std::size_t most_lanes = 20'000;

/// Of a node, or of a lane.
struct Box {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  int right() const { return x + width; }
  int middle() const { return y + height / 2; }
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
    lay_lanes();
    order_layers();
    place();
  }

  const Box& box(std::size_t node) const { return boxes_[node]; }
  /// From where an edge begins, by way of its lanes, to where it ends.
  std::vector<Box> way(std::size_t edge) const {
    std::vector<Box> way{boxes_[graph_.edges[edge].from]};
    for (std::size_t lane = first_lane_[edge]; lane < first_lane_[edge + 1]; ++lane) {
      way.push_back(boxes_[lane]);
    }
    way.push_back(boxes_[graph_.edges[edge].to]);
    return way;
  }
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
  }

  std::size_t passed_by(const PipelineGraph::Edge& edge) const {
    const std::size_t from = layer_[edge.from];
    const std::size_t to = layer_[edge.to];
    return to > from + 1 ? to - from - 1 : 0;
  }

  /// Lanes are numbered on from the nodes, those of an edge one after another.
  void lay_lanes() {
    std::size_t lanes = 0;
    for (const auto& edge : graph_.edges) lanes += passed_by(edge);
    const bool are_laid = lanes <= most_lanes;
    before_.resize(graph_.nodes.size() + (are_laid ? lanes : 0));
    for (const auto& edge : graph_.edges) {
      first_lane_.push_back(layer_.size());
      std::size_t last = edge.from;
      for (std::size_t i = 1; are_laid && i <= passed_by(edge); ++i) {
        before_[layer_.size()].push_back(last);
        last = layer_.size();
        layer_.push_back(layer_[edge.from] + i);
      }
      before_[edge.to].push_back(last);
    }
    first_lane_.push_back(layer_.size());
    for (std::size_t item = 0; item < layer_.size(); ++item) {
      if (layer_[item] >= layers_.size()) layers_.resize(layer_[item] + 1);
      layers_[layer_[item]].push_back(item);
    }
  }

  void order_layers() {
    std::vector<double> rank(layer_.size());
    const auto number = [&](const std::vector<std::size_t>& layer) {
      for (std::size_t i = 0; i < layer.size(); ++i) rank[layer[i]] = static_cast<double>(i);
    };
    for (const auto& layer : layers_) number(layer);
    for (int round = 0; round < order_rounds; ++round) {
      for (auto& layer : layers_) {
        std::vector<std::pair<double, std::size_t>> wanted;
        wanted.reserve(layer.size());
        for (const std::size_t item : layer) wanted.emplace_back(middle_of(item, rank), item);
        std::ranges::stable_sort(wanted, {}, &std::pair<double, std::size_t>::first);
        for (std::size_t i = 0; i < layer.size(); ++i) layer[i] = wanted[i].second;
        number(layer);
      }
    }
  }

  /// The mean rank of what an item comes from, else its own.
  double middle_of(std::size_t item, const std::vector<double>& rank) const {
    if (before_[item].empty()) return rank[item];
    double sum = 0;
    for (const std::size_t source : before_[item]) sum += rank[source];
    return sum / static_cast<double>(before_[item].size());
  }

  int height_of(std::size_t item) const {
    return item < graph_.nodes.size() ? node_height : lane_height;
  }
  int height_of(const std::vector<std::size_t>& layer) const {
    int height = -gap_y;
    for (const std::size_t item : layer) height += height_of(item) + gap_y;
    return height;
  }
  int width_of(const std::vector<std::size_t>& layer) const {
    std::size_t letters = 0;
    for (const std::size_t item : layer) {
      if (item >= graph_.nodes.size()) continue;
      const auto& node = graph_.nodes[item];
      letters = std::max({letters, node.name.size(), node.detail.size()});
    }
    return static_cast<int>(letters) * letter + padding;
  }

  void place() {
    if (layers_.empty()) return;
    boxes_.resize(layer_.size());
    int most = -gap_y;
    for (const auto& layer : layers_) most = std::max(most, height_of(layer));
    height_ = 2 * margin + most;
    int x = margin;
    for (const auto& layer : layers_) {
      const int width = width_of(layer);
      int y = (height_ - height_of(layer)) / 2;
      for (const std::size_t item : layer) {
        boxes_[item] = {x, y, width, height_of(item)};
        y += height_of(item) + gap_y;
      }
      x += width + gap_x;
    }
    width_ = x - gap_x + margin;
  }

  const PipelineGraph& graph_;
  std::vector<std::size_t> layer_;  // of nodes, then of lanes
  std::vector<std::size_t>
      first_lane_;  // of each edge; its last one is before the next one's first
  std::vector<std::vector<std::size_t>> before_;  // what each comes from, in the layer before
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

std::string edge_text(const PipelineGraph::Edge& edge, std::span<const Box> way) {
  std::string line = format("M{} {}", way.front().right(), way.front().middle());
  int label_x = 0;
  int label_y = 0;
  for (std::size_t i = 1; i < way.size(); ++i) {
    const bool is_last = i + 1 == way.size();
    const int x1 = way[i - 1].right();
    const int y1 = way[i - 1].middle();
    const int x2 = way[i].x - (is_last ? 2 : 0);
    const int y2 = way[i].middle();
    const int bend = std::max(24, (x2 - x1) / 2);
    line += format(" C{} {} {} {} {} {}", x1 + bend, y1, x2 - bend, y2, x2, y2);
    if (!is_last) line += format(" H{}", way[i].right());
    label_x = (x1 + x2) / 2;
    label_y = (y1 + y2) / 2 - 4;
  }
  std::string out = format("  <path{} marker-end=\"url(#tip)\" d=\"{}\"/>\n",
                           edge.wakes ? "" : " class=\"reads\"", line);
  if (!edge.label.empty()) {
    out += format("  <text class=\"label\" x=\"{}\" y=\"{}\">{}</text>\n", label_x, label_y,
                  escaped(edge.label));
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
  for (std::size_t i = 0; i < graph.edges.size(); ++i) {
    out += edge_text(graph.edges[i], layout.way(i));
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    out += node_text(graph.nodes[i], layout.box(i));
  }
  return out + "</svg>\n";
}

}  // namespace cls::operate
