// SPDX-License-Identifier: Apache-2.0
#include "cli/expected_records.h"

#include "operate/lot_window.h"

namespace cls::cli {

namespace {

using Expected = store::ObservedStore::Expected;

Uri claims_of(const flow::ArcRef& arc) {
  return arc.project->places.claims_prefix(arc.project->plan.project, arc.arc->name);
}

Uri segments_of(const flow::BoundaryRef& boundary) {
  return boundary.project->places.segments_prefix(boundary.project->plan.project,
                                                  boundary.boundary->name);
}

}  // namespace

void expect_audit(local::Home& home, const flow::Deployment& deployment,
                  const flow::AuditOptions& audit) {
  if (!home.is_observed()) return;
  const auto covered = [&](const store::ObjectInfo& info) {
    const auto lot = operate::lot_of_name(info.uri.key.substr(info.uri.key.rfind('/') + 1));
    return !lot || audit.covers(*lot);
  };
  std::vector<Expected> expected;
  for (const auto& arc : deployment.arcs()) {
    expected.push_back({.prefix = claims_of(arc), .counts = covered});
  }
  for (const auto& boundary : deployment.boundaries()) {
    const bool is_followed =
        !deployment
             .subscribers_of(boundary.project->plan.placement, boundary.boundary->dataset.id())
             .empty();
    expected.push_back({.prefix = segments_of(boundary), .times = is_followed ? 2U : 1U});
  }
  home.expect("records", expected);
}

void expect_report(local::Home& home, const flow::Deployment& deployment,
                   const operate::ReportFilter& filter, ReportReads reads) {
  if (!home.is_observed() || !filter.keeps_all()) return;
  std::vector<Expected> expected;
  for (const auto& arc : deployment.arcs()) expected.push_back({.prefix = claims_of(arc)});
  if (reads == ReportReads::ClaimsAndSegments) {
    for (const auto& boundary : deployment.boundaries()) {
      expected.push_back({.prefix = segments_of(boundary)});
    }
  }
  home.expect("records", expected);
}

}  // namespace cls::cli
