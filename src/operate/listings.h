// SPDX-License-Identifier: Apache-2.0
// Listings: which placements, projects, arcs and datasets are there. docs/formats/reports.md.
#pragma once

#include <vector>

#include "flow/deployment.h"
#include "model/types.h"
#include "operate/report.h"
#include "operate/report_filter.h"

namespace cls::operate {

/// Each placement that the filter keeps once, in the order given.
Report placements_report(const std::vector<model::Placement>& placements,
                         const PlacementFilter& filter = {});
/// The deployed projects that the filter keeps, by placement, name and version.
Report projects_report(const flow::Deployment& deployment, const ReportFilter& filter = {});
/// The arcs that the filter keeps (its moments do not matter here), by placement, project and name.
Report arcs_report(const flow::Deployment& deployment, const ReportFilter& filter);
/// The boundaries that the filter keeps, in the same order.
Report boundaries_report(const flow::Deployment& deployment, const ReportFilter& filter);
/// The datasets that a deployed project owns and the filter keeps.
Report datasets_report(const flow::Deployment& deployment, const ReportFilter& filter);

/// A dataset that a deployed project owns.
struct OwnedDatasetRef {
  const flow::Deployed* project = nullptr;
  const model::SinkDataset* dataset = nullptr;
  flow::Producer producer;
};

/// What the filter keeps, in the order of the reports.
std::vector<flow::ArcRef> selected_arcs(const flow::Deployment& deployment,
                                        const ReportFilter& filter);
std::vector<flow::BoundaryRef> selected_boundaries(const flow::Deployment& deployment,
                                                   const ReportFilter& filter);
std::vector<OwnedDatasetRef> selected_datasets(const flow::Deployment& deployment,
                                               const ReportFilter& filter);

}  // namespace cls::operate
