// SPDX-License-Identifier: Apache-2.0
#include "local/deployed.h"

#include <algorithm>

#include "base/format.h"
#include "base/hash.h"
#include "flow/deploy.h"
#include "model/plan_of.h"

namespace cls::local {

namespace {

/// Arcs in a ring cannot be deployed; a limit all the same.
constexpr int chain_limit = 1000;

Result<model::ProjectPlan> plan_from(const Uri& uri, std::string text) {
  Diagnostics problems;
  std::vector<model::Source> sources{{uri.to_string(), std::move(text)}};
  auto documents = model::load(std::move(sources), {}, problems);
  if (problems.has_errors() || documents.size() != 1) {
    return fail(FailureCode::Invalid, problems.all().empty()
                                          ? format("{} holds no project", uri.to_string())
                                          : problems.all().front().to_string());
  }
  return model::plan_of(documents.front().model);
}

/// The unit of a dataset's lots: that of the boundary at the beginning of its chain.
std::optional<lot::LotUnit> unit_of(const flow::Deployment& deployment,
                                    const model::Placement& placement,
                                    const model::DatasetId& dataset, int depth = 0) {
  const auto producer = deployment.producer_of(placement, dataset);
  if (const auto* boundary = std::get_if<flow::BoundaryRef>(&producer)) {
    return boundary->boundary->unit;
  }
  const auto* sink = std::get_if<flow::ArcSinkRef>(&producer);
  if (sink == nullptr || depth > chain_limit) return std::nullopt;
  for (const auto& [role, source] : sink->arc.arc->sources) {
    if (auto unit = unit_of(deployment, placement, source.id(), depth + 1)) return unit;
  }
  return std::nullopt;
}

std::vector<model::DeployedDataset> datasets_in(const flow::Deployment& deployment,
                                                const model::Placement& placement) {
  std::vector<model::DeployedDataset> found;
  for (const auto& project : deployment.projects()) {
    if (project->plan.placement != placement) continue;
    for (const auto& boundary : project->plan.boundaries) {
      found.push_back({project->plan.project, boundary.dataset, boundary.unit, true});
    }
    for (const auto& arc : project->plan.arcs) {
      for (const auto& [role, sink] : arc.sinks) {
        found.push_back(
            {project->plan.project, sink, unit_of(deployment, placement, sink.id()), false});
      }
    }
  }
  return found;
}

}  // namespace

Result<std::vector<model::Placement>> placements_of(Home& home) {
  std::vector<model::Placement> placements;
  auto buckets = home.stores().buckets();
  if (!buckets) return pass(std::move(buckets));
  for (const auto& bucket : *buckets) {
    const auto name = record::parse_store_name(bucket);
    if (name && name->kind == record::StoreKind::Metadata) {
      placements.push_back(model::resolved(name->placement));
    }
  }
  return placements;
}

Result<DeployedProjects> read_deployed(Home& home) {
  auto placements = placements_of(home);
  if (!placements) return pass(std::move(placements));
  std::vector<std::unique_ptr<const flow::Deployed>> projects;
  DeployedProjects result;
  Digest digest = Digest::sha256();
  for (const auto& placement : *placements) {
    auto stored = flow::stored_projects(home.store(), record::Places(placement));
    if (!stored) return pass(std::move(stored));
    for (auto& [uri, text] : *stored) {
      digest.update(uri.to_string() + "\n" + text + "\n");
      auto plan = plan_from(uri, std::move(text));
      if (plan) {
        projects.push_back(std::make_unique<const flow::Deployed>(std::move(*plan)));
      } else {
        result.broken.push_back(plan.error().message);
      }
    }
  }
  result.deployment = std::make_unique<const flow::Deployment>(std::move(projects));
  result.fingerprint = digest.hex();
  return result;
}

model::Deployed deployed_view(const flow::Deployment& deployment, store::ObjectStore& store) {
  const auto all = [&deployment](const model::Placement& placement) {
    return datasets_in(deployment, placement);
  };
  const auto find = [&deployment, &store](
                        const model::Placement& placement,
                        const model::DatasetId& dataset) -> std::optional<model::DeployedDataset> {
    for (auto& one : datasets_in(deployment, placement)) {
      if (one.dataset.id() == dataset) return std::move(one);
    }
    // A dataset whose project is not deployed here, as one that the reference wrote.
    auto owner = flow::stored_owner(store, record::Places(placement), dataset);
    if (!owner || !*owner) return std::nullopt;
    return model::DeployedDataset{(*owner)->owner, (*owner)->dataset, std::nullopt, false};
  };
  return {.find = find, .all = all};
}

}  // namespace cls::local
