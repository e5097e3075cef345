// SPDX-License-Identifier: Apache-2.0
// cls graph: a picture of what is deployed, or of project files.
#include "cli/commands.h"
#include "cli/workspace.h"
#include "model/plan_of.h"
#include "operate/pipeline_graph.h"

namespace cls::cli {

namespace {

flow::Deployment deployment_of(const CheckedProjects& projects) {
  std::vector<model::Deployable> documents;
  documents.reserve(projects.documents.size());
  for (const auto& document : projects.documents) documents.push_back(document.model);
  std::vector<std::unique_ptr<const flow::Deployed>> deployed;
  for (const auto& one : model::merged(std::move(documents))) {
    deployed.push_back(std::make_unique<const flow::Deployed>(model::plan_of(one)));
  }
  return flow::Deployment(std::move(deployed));
}

}  // namespace

int graph(const Options& options, World& world) {
  const auto format = json::from_name<operate::GraphFormat>(options.graph_format)
                          .value_or(operate::GraphFormat::dot);
  if (!options.projects.empty()) {
    const auto checked = check_projects(options, world, Purpose::Verify);
    if (!checked) return static_cast<int>(checked.error());
    world.console.out(operate::render(operate::graph_of(deployment_of(*checked)), format));
    return 0;
  }
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  world.console.out(operate::render(operate::graph_of(*deployed.deployment), format));
  return 0;
}

}  // namespace cls::cli
