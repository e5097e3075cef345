// SPDX-License-Identifier: Apache-2.0
#include "flow/deployment.h"

namespace cls::flow {

std::string BoundaryRef::to_string() const {
  return project->plan.project.to_string() + " " + boundary->name;
}

std::string ArcRef::to_string() const {
  return project->plan.project.to_string() + " " + arc->name;
}

LogFields BoundaryRef::log_fields(std::string lot) const {
  return {.project = project->plan.project.to_string(),
          .boundary = boundary->name,
          .arc = {},
          .lot = std::move(lot),
          .attempt = {}};
}

LogFields ArcRef::log_fields(std::string lot, std::string attempt) const {
  return {.project = project->plan.project.to_string(),
          .boundary = {},
          .arc = arc->name,
          .lot = std::move(lot),
          .attempt = std::move(attempt)};
}

Deployment::Deployment(std::vector<std::unique_ptr<const Deployed>> projects)
    : projects_(std::move(projects)) {
  for (const auto& project : projects_) {
    const auto& placement = project->plan.placement;
    for (const auto& boundary : project->plan.boundaries) {
      const BoundaryRef ref{project.get(), &boundary};
      boundaries_.push_back(ref);
      producers_[{placement, boundary.dataset.id()}] = ref;
    }
    for (const auto& arc : project->plan.arcs) {
      const ArcRef ref{project.get(), &arc};
      arcs_.push_back(ref);
      for (const auto& [role, sink] : arc.sinks) {
        producers_[{placement, sink.id()}] = ArcSinkRef{ref, role};
      }
      for (const auto& [role, source] : arc.sources) {
        if (source.subscribe) subscribers_.emplace(DatasetKey{placement, source.id()}, ref);
      }
    }
  }
}

Producer Deployment::producer_of(const model::Placement& placement,
                                 const model::DatasetId& dataset) const {
  const auto found = producers_.find({placement, dataset});
  return found == producers_.end() ? Producer{ForeignProducer{}} : found->second;
}

std::vector<ArcRef> Deployment::subscribers_of(const model::Placement& placement,
                                               const model::DatasetId& dataset) const {
  std::vector<ArcRef> found;
  const auto [first, last] = subscribers_.equal_range({placement, dataset});
  for (auto at = first; at != last; ++at) {
    // An arc may read one dataset in two roles.
    if (found.empty() || found.back() != at->second) found.push_back(at->second);
  }
  return found;
}

}  // namespace cls::flow
