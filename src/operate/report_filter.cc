// SPDX-License-Identifier: Apache-2.0
#include "operate/report_filter.h"

#include <algorithm>

namespace cls::operate {

namespace {

/// True if `wanted` is empty or says `name`, or `name:version` (F16: exactly this one).
bool wanted_is(const std::vector<std::string>& wanted, const std::string& name,
               const std::string& version) {
  return wanted.empty() || std::ranges::any_of(wanted, [&](const std::string& text) {
           return text == name || text == name + ":" + version;
         });
}

bool has_labels(const model::Labels& labels, const std::map<std::string, std::string>& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& label) {
    const auto found = labels.find(label.first);
    return found != labels.end() && found->second == label.second;
  });
}

bool has_name(const std::vector<std::string>& wanted, const std::string& name) {
  return wanted.empty() || std::ranges::find(wanted, name) != wanted.end();
}

}  // namespace

bool PlacementFilter::keeps_all() const {
  return providers.empty() && account.empty() && region.empty() && !stage;
}

bool PlacementFilter::keeps(const model::Placement& placement) const {
  const auto is = [](const std::string& wanted, const std::optional<std::string>& has) {
    return wanted.empty() || has == wanted;
  };
  return has_name(providers, placement.provider) && is(account, placement.account) &&
         is(region, placement.region) && (!stage || placement.stage.value_or("") == *stage);
}

bool ReportFilter::keeps_all() const {
  return projects.empty() && names.empty() && labels.empty() && !earliest && !latest &&
         placements.keeps_all();
}

bool ReportFilter::keeps(const flow::Deployed& project) const {
  const auto& id = project.plan.project;
  return placements.keeps(project.plan.placement) && wanted_is(projects, id.name, id.version);
}

bool ReportFilter::keeps(const flow::ArcRef& arc) const {
  return keeps(*arc.project) && has_name(names, arc.arc->name) &&
         has_labels(arc.arc->labels, labels);
}

bool ReportFilter::keeps(const flow::BoundaryRef& boundary) const {
  return keeps(*boundary.project) && has_name(names, boundary.boundary->name) &&
         has_labels(boundary.boundary->labels, labels);
}

bool ReportFilter::keeps(const flow::Deployed& owner, const model::SinkDataset& dataset) const {
  return keeps(owner) && wanted_is(names, dataset.name, dataset.version) &&
         has_labels(dataset.labels, labels);
}

}  // namespace cls::operate
