// SPDX-License-Identifier: Apache-2.0
#include "operate/report_cells.h"

namespace cls::operate {

std::vector<std::string> placement_columns() {
  return {"placement.provider", "placement.stage", "placement.account", "placement.region"};
}

std::vector<std::string> arc_columns() {
  auto columns = placement_columns();
  columns.insert(columns.end(), {"project.name", "project.version", "name"});
  return columns;
}

std::vector<std::string> dataset_columns() {
  auto columns = placement_columns();
  columns.insert(columns.end(), {"dataset.name", "dataset.version"});
  return columns;
}

std::vector<Cell> placement_cells(const model::Placement& placement) {
  return {placement.provider, cell_of(placement.stage), cell_of(placement.account),
          cell_of(placement.region)};
}

std::vector<Cell> arc_cells(const flow::ArcRef& arc) {
  auto cells = placement_cells(arc.project->plan.placement);
  const auto& project = arc.project->plan.project;
  cells.insert(cells.end(), {project.name, project.version, arc.arc->name});
  return cells;
}

std::vector<Cell> boundary_cells(const flow::BoundaryRef& boundary) {
  auto cells = placement_cells(boundary.project->plan.placement);
  const auto& project = boundary.project->plan.project;
  cells.insert(cells.end(), {project.name, project.version, boundary.boundary->name});
  return cells;
}

std::vector<Cell> dataset_cells(const model::Placement& placement,
                                const model::DatasetId& dataset) {
  auto cells = placement_cells(placement);
  cells.insert(cells.end(), {dataset.name, dataset.version});
  return cells;
}

Cell cell_of(const std::optional<std::string>& text) {
  return text ? Cell(*text) : Cell();
}

Cell cell_of(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}

}  // namespace cls::operate
