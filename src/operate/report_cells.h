// SPDX-License-Identifier: Apache-2.0
// The columns that say what a report's row is about, and their cells.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/deployment.h"
#include "operate/report.h"

namespace cls::operate {

/// `placement.provider` … `placement.region`.
std::vector<std::string> placement_columns();
/// Those of `arcs` and `boundaries`: placement, project and name.
std::vector<std::string> arc_columns();
/// Those of `datasets`: placement, dataset name and version.
std::vector<std::string> dataset_columns();

std::vector<Cell> placement_cells(const model::Placement& placement);
std::vector<Cell> arc_cells(const flow::ArcRef& arc);
std::vector<Cell> boundary_cells(const flow::BoundaryRef& boundary);
std::vector<Cell> dataset_cells(const model::Placement& placement, const model::DatasetId& dataset);

/// The text, or nothing.
Cell cell_of(const std::optional<std::string>& text);
/// Counts are below 2^63.
Cell cell_of(std::uint64_t number);

}  // namespace cls::operate
