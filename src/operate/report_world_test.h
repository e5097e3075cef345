// SPDX-License-Identifier: Apache-2.0
// A deployment of several projects over a store in memory, for the tests of reports.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow/test_world.h"
#include "operate/lot_reports.h"

namespace cls::operate::testing {

using flow::testing::at;
using flow::testing::lot_id;
using flow::testing::sink;
using flow::testing::source;

inline model::Placement aws(std::optional<std::string> stage = "dev") {
  return {.provider = "aws",
          .stage = std::move(stage),
          .account = "111122223333",
          .region = "us-west-2"};
}

inline model::ArcPlan arc_plan(const std::string& name, const std::string& from,
                               const std::string& to, model::Labels labels = {}) {
  model::ArcPlan arc;
  arc.name = name;
  arc.type = "core:copyArc";
  arc.sources = {{"main", source(from)}};
  arc.sinks = {{"main", sink(to, "s3://b/" + to + "/")}};
  arc.labels = std::move(labels);
  return arc;
}

inline model::BoundaryPlan boundary_plan(const std::string& name, const std::string& to) {
  model::BoundaryPlan boundary;
  boundary.name = name;
  boundary.dataset = sink(to, "s3://b/" + to + "/");
  boundary.unit = lot::LotUnit::twelfths();
  return boundary;
}

inline model::ProjectPlan project_plan(const std::string& name, const std::string& version,
                                       std::vector<model::BoundaryPlan> boundaries,
                                       std::vector<model::ArcPlan> arcs) {
  model::ProjectPlan plan;
  plan.project = {name, version};
  plan.placement = aws();
  plan.boundaries = std::move(boundaries);
  plan.arcs = std::move(arcs);
  return plan;
}

inline flow::Deployment deployment_of(std::vector<model::ProjectPlan> plans) {
  std::vector<std::unique_ptr<const flow::Deployed>> projects;
  projects.reserve(plans.size());
  for (auto& plan : plans) {
    projects.push_back(std::make_unique<const flow::Deployed>(std::move(plan)));
  }
  return flow::Deployment(std::move(projects));
}

/// Orders 20240401: boundary `in` → `raw`, copyA: raw → a, copyB: a → c.
struct ReportWorld {
  explicit ReportWorld(std::vector<model::ProjectPlan> plans = default_plans())
      : deployment(deployment_of(std::move(plans))), logs(store) {}

  static std::vector<model::ProjectPlan> default_plans() {
    return {project_plan("Orders", "20240401", {boundary_plan("in", "raw")},
                         {arc_plan("copyA", "raw", "a"), arc_plan("copyB", "a", "c")})};
  }

  const flow::Deployed& project() const { return *deployment.projects().front(); }
  const record::Places& places() const { return project().places; }
  const model::ProjectId& id() const { return project().plan.project; }

  void put(const Uri& uri, const std::string& bytes = "") {
    if (!store.put(uri, bytes)) throw std::runtime_error(uri.to_string());
  }
  void arc_state(const std::string& arc, const lot::LotId& lot, record::ArcState state) {
    put(places().arc_state(id(), arc, lot, state));
  }
  void claim(const std::string& arc, const lot::LotId& lot, record::ClaimState state,
             std::optional<record::ClaimResult> result = {}) {
    record::Claim claim;
    claim.project = id().name;
    claim.projectVersion = id().version;
    claim.arc = arc;
    claim.lot = lot.to_string();
    claim.state = state;
    claim.result = result;
    put(places().claim(id(), arc, lot), json::write_record(claim));
  }
  void manifest(const std::string& dataset, const lot::LotId& lot, record::ManifestState state,
                const std::string& attempt = "", std::vector<std::string> uris = {}) {
    record::Manifest manifest{.state = state,
                              .comment = {},
                              .lotId = lot.to_string(),
                              .uriType = record::UriType::identifier,
                              .uris = std::move(uris)};
    put(places().manifest({dataset, "1"}, lot, state, attempt), record::write_manifest(manifest));
  }

  ManualClock clock{at("2024-05-01T12:00:00Z")};
  store::MemoryStore store{clock};
  flow::Deployment deployment;
  flow::LedgerLogs logs;
};

/// A window as users give it.
inline ReportFilter between(const std::string& earliest, const std::string& latest) {
  const Instant now = at("2024-06-01T00:00:00Z");
  ReportFilter filter;
  if (!earliest.empty()) filter.earliest = lot::Moment::parse(earliest, now).value();
  if (!latest.empty()) filter.latest = lot::Moment::parse(latest, now).value();
  return filter;
}

/// The rows as csv, without the header.
inline std::vector<std::string> csv_rows(const Report& report) {
  const std::string text = render(report, Format::Csv);
  std::vector<std::string> rows;
  for (std::size_t begin = text.find('\n') + 1; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    rows.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return rows;
}

}  // namespace cls::operate::testing
