// SPDX-License-Identifier: Apache-2.0
// cls destroy: takes projects out of service; ledgers, claims, manifests and data stay.
#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/workspace.h"

namespace cls::cli {

namespace {

std::vector<model::ProjectId> named_projects(const Options& options, World& world) {
  std::vector<model::ProjectId> named;
  for (const auto& text : options.arguments) {
    const auto colon = text.find(':');
    if (colon == std::string::npos) {
      throw Error(format("'{}': write NAME:VERSION", text), ExitCode::Usage);
    }
    named.push_back({text.substr(0, colon), text.substr(colon + 1)});
  }
  if (!options.projects.empty()) {
    const auto checked = check_projects(options, world, Purpose::RunHere);
    if (!checked) throw Error("the project files have errors", checked.error());
    for (const auto& document : checked->documents) {
      named.push_back({document.model.project.name, document.model.project.version});
    }
  }
  if (named.empty()) throw Error("name a project: NAME:VERSION or -p FILE", ExitCode::Usage);
  return named;
}

}  // namespace

int destroy(const Options& options, World& world) {
  const auto named = named_projects(options, world);
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  std::vector<std::string> known;
  for (const auto& project : deployed.deployment->projects()) {
    known.push_back(project->plan.project.name + ":" + project->plan.project.version);
  }
  for (const auto& project : named) {
    const std::string text = project.name + ":" + project.version;
    if (std::ranges::find(known, text) == known.end()) {
      throw Error(format("no project {} is deployed in {}; {}", text, home->directory(),
                         known.empty() ? "none is" : "there are: " + join(known, ", ")));
    }
  }
  for (const auto& project : deployed.deployment->projects()) {
    if (std::ranges::find(named, project->plan.project) == named.end()) continue;
    auto removed = flow::remove_project(home->store(), project->places, project->plan.project);
    if (!removed) throw Error(removed.error());
    world.console.out(format("destroyed {}: its records and data stay in {}\n",
                             project->plan.project.to_string(), home->directory()));
  }
  home->ring();
  return 0;
}

}  // namespace cls::cli
