// SPDX-License-Identifier: Apache-2.0
#include "operate/listings.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "operate/report_cells.h"

namespace cls::operate {

namespace {

auto place_of(const flow::Deployed& project) {
  return std::tie(project.plan.placement, project.plan.project);
}

}  // namespace

std::vector<flow::ArcRef> selected_arcs(const flow::Deployment& deployment,
                                        const ReportFilter& filter) {
  std::vector<flow::ArcRef> arcs;
  std::ranges::copy_if(deployment.arcs(), std::back_inserter(arcs),
                       [&](const flow::ArcRef& arc) { return filter.keeps(arc); });
  std::ranges::sort(arcs, {}, [](const flow::ArcRef& arc) {
    return std::tuple_cat(place_of(*arc.project), std::tie(arc.arc->name));
  });
  return arcs;
}

std::vector<flow::BoundaryRef> selected_boundaries(const flow::Deployment& deployment,
                                                   const ReportFilter& filter) {
  std::vector<flow::BoundaryRef> boundaries;
  std::ranges::copy_if(deployment.boundaries(), std::back_inserter(boundaries),
                       [&](const flow::BoundaryRef& boundary) { return filter.keeps(boundary); });
  std::ranges::sort(boundaries, {}, [](const flow::BoundaryRef& boundary) {
    return std::tuple_cat(place_of(*boundary.project), std::tie(boundary.boundary->name));
  });
  return boundaries;
}

std::vector<OwnedDatasetRef> selected_datasets(const flow::Deployment& deployment,
                                               const ReportFilter& filter) {
  std::vector<OwnedDatasetRef> datasets;
  const auto add = [&](const flow::Deployed* project, const model::SinkDataset& dataset,
                       flow::Producer producer) {
    if (filter.keeps(*project, dataset)) {
      datasets.push_back({project, &dataset, std::move(producer)});
    }
  };
  for (const auto& boundary : deployment.boundaries()) {
    add(boundary.project, boundary.boundary->dataset, boundary);
  }
  for (const auto& arc : deployment.arcs()) {
    for (const auto& [role, sink] : arc.arc->sinks) {
      add(arc.project, sink, flow::ArcSinkRef{arc, role});
    }
  }
  std::ranges::sort(datasets, {}, [](const OwnedDatasetRef& owned) {
    return std::tie(owned.project->plan.placement, owned.dataset->name, owned.dataset->version);
  });
  return datasets;
}

Report placements_report(const std::vector<model::Placement>& placements,
                         const PlacementFilter& filter) {
  Report report{.columns = {"provider", "stage", "account", "region"}};
  std::set<model::Placement> seen;
  for (const auto& placement : placements) {
    if (!filter.keeps(placement)) continue;
    if (seen.insert(placement).second) report.rows.push_back(placement_cells(placement));
  }
  return report;
}

Report projects_report(const flow::Deployment& deployment, const ReportFilter& filter) {
  std::vector<const flow::Deployed*> projects;
  for (const auto& project : deployment.projects()) {
    if (filter.keeps(*project)) projects.push_back(project.get());
  }
  std::ranges::sort(projects, {}, [](const flow::Deployed* project) { return place_of(*project); });
  Report report{.columns = placement_columns()};
  report.columns.insert(report.columns.end(), {"project.name", "project.version"});
  for (const auto* project : projects) {
    auto row = placement_cells(project->plan.placement);
    row.insert(row.end(), {project->plan.project.name, project->plan.project.version});
    report.rows.push_back(std::move(row));
  }
  return report;
}

Report arcs_report(const flow::Deployment& deployment, const ReportFilter& filter) {
  Report report{.columns = arc_columns()};
  for (const auto& arc : selected_arcs(deployment, filter)) report.rows.push_back(arc_cells(arc));
  return report;
}

Report boundaries_report(const flow::Deployment& deployment, const ReportFilter& filter) {
  Report report{.columns = arc_columns()};
  for (const auto& boundary : selected_boundaries(deployment, filter)) {
    report.rows.push_back(boundary_cells(boundary));
  }
  return report;
}

Report datasets_report(const flow::Deployment& deployment, const ReportFilter& filter) {
  Report report{.columns = dataset_columns()};
  for (const auto& owned : selected_datasets(deployment, filter)) {
    report.rows.push_back(dataset_cells(owned.project->plan.placement, owned.dataset->id()));
  }
  return report;
}

}  // namespace cls::operate
