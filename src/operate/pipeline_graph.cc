// SPDX-License-Identifier: Apache-2.0
#include "operate/pipeline_graph.h"

#include <map>
#include <utility>

#include "base/format.h"

namespace cls::operate {

namespace {

using Kind = PipelineGraph::Kind;

/// Builds the graph; datasets are nodes once each.
class Builder {
 public:
  explicit Builder(const flow::Deployment& deployment) : deployment_(deployment) {}

  PipelineGraph build() {
    for (const auto& ref : deployment_.boundaries()) {
      const auto id = add({Kind::Boundary, ref.boundary->name, ref.boundary->unit.token()});
      edge(id, dataset(ref.project->plan.placement, ref.boundary->dataset.id()));
    }
    for (const auto& ref : deployment_.arcs()) add_arc(ref);
    return std::move(graph_);
  }

 private:
  std::size_t add(PipelineGraph::Node node) {
    graph_.nodes.push_back(std::move(node));
    return graph_.nodes.size() - 1;
  }

  void edge(std::size_t from, std::size_t to, bool wakes = true, std::string label = "") {
    graph_.edges.push_back({.from = from, .to = to, .wakes = wakes, .label = std::move(label)});
  }

  std::size_t dataset(const model::Placement& placement, const model::DatasetId& id) {
    const auto [at, fresh] = datasets_.emplace(std::pair(placement, id), graph_.nodes.size());
    if (!fresh) return at->second;
    const auto producer = deployment_.producer_of(placement, id);
    const bool foreign = std::holds_alternative<flow::ForeignProducer>(producer);
    return add({foreign ? Kind::Foreign : Kind::Dataset, id.name, "version " + id.version});
  }

  void add_arc(const flow::ArcRef& ref) {
    const auto& placement = ref.project->plan.placement;
    const auto arc = add({Kind::Arc, ref.arc->name, ref.arc->type});
    const bool name_sources = ref.arc->sources.size() > 1;
    for (const auto& [role, source] : ref.arc->sources) {
      edge(dataset(placement, source.id()), arc, source.subscribe, name_sources ? role : "");
    }
    const bool name_sinks = ref.arc->sinks.size() > 1;
    for (const auto& [role, sink] : ref.arc->sinks) {
      edge(arc, dataset(placement, sink.id()), true, name_sinks ? role : "");
    }
  }

  const flow::Deployment& deployment_;
  PipelineGraph graph_;
  std::map<std::pair<model::Placement, model::DatasetId>, std::size_t> datasets_;
};

std::string dot_text(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string dot_of(const PipelineGraph& graph) {
  static const std::map<Kind, std::string_view> shapes{
      {Kind::Boundary, "shape=cds"},
      {Kind::Dataset, "shape=cylinder"},
      {Kind::Foreign, "shape=cylinder, style=dashed"},
      {Kind::Arc, "shape=box, style=rounded"}};
  std::string out = "digraph pipeline {\n  rankdir=LR;\n  node [fontname=\"sans-serif\"];\n";
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto& node = graph.nodes[i];
    const std::string label = node.detail.empty() ? node.name : node.name + "\n" + node.detail;
    std::string escaped = dot_text(label);
    for (auto at = escaped.find('\n'); at != std::string::npos; at = escaped.find('\n', at)) {
      escaped.replace(at, 1, "\\n");
    }
    out += format("  n{} [label={}, {}];\n", i, escaped, shapes.at(node.kind));
  }
  for (const auto& edge : graph.edges) {
    std::string attributes;
    if (!edge.label.empty()) attributes += "label=" + dot_text(edge.label);
    if (!edge.wakes) attributes += attributes.empty() ? "style=dashed" : ", style=dashed";
    out += format("  n{} -> n{}{};\n", edge.from, edge.to,
                  attributes.empty() ? "" : " [" + attributes + "]");
  }
  return out + "}\n";
}

/// Mermaid reads entity codes inside quotes.
std::string mermaid_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '<' || c == '>' || c == '&' || c == '#') {
      out += format("#{};", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string mermaid_of(const PipelineGraph& graph) {
  static const std::map<Kind, std::pair<std::string_view, std::string_view>> brackets{
      {Kind::Boundary, {">", "]"}},
      {Kind::Dataset, {"[(", ")]"}},
      {Kind::Foreign, {"[(", ")]"}},
      {Kind::Arc, {"(", ")"}}};
  std::string out = "flowchart LR\n";
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto& node = graph.nodes[i];
    const auto& [open, close] = brackets.at(node.kind);
    const std::string detail = node.detail.empty() ? "" : "<br/>" + mermaid_text(node.detail);
    out += format("  n{}{}\"{}{}\"{}\n", i, open, mermaid_text(node.name), detail, close);
    if (node.kind == Kind::Foreign) out += format("  style n{} stroke-dasharray: 4\n", i);
  }
  for (const auto& edge : graph.edges) {
    const std::string label = edge.label.empty() ? "" : "|\"" + mermaid_text(edge.label) + "\"|";
    out += format("  n{} {}{} n{}\n", edge.from, edge.wakes ? "-->" : "-.->", label, edge.to);
  }
  return out;
}

}  // namespace

PipelineGraph graph_of(const flow::Deployment& deployment) {
  return Builder(deployment).build();
}

std::string render(const PipelineGraph& graph, GraphFormat format) {
  switch (format) {
    case GraphFormat::mermaid:
      return mermaid_of(graph);
    case GraphFormat::svg:
      return svg_of(graph);
    case GraphFormat::dot:
      break;
  }
  return dot_of(graph);
}

}  // namespace cls::operate
