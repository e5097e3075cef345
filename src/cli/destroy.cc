// SPDX-License-Identifier: Apache-2.0
// cls destroy: takes projects out of service; ledgers, claims, manifests and data stay.
#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/workspace.h"
#include "local/drain.h"

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

/// What is rung is heard within milliseconds.
constexpr std::chrono::milliseconds notice_time{300};

/// Waits for the attempts that run: they end under the declaration that they began with.
int wait_for_end(const Options& options, World& world, local::Home& home,
                 std::vector<flow::ArcRef> arcs) {
  const auto tell = [&](const std::vector<local::RunningLot>& running, std::string_view what) {
    for (const auto& one : running) world.console.err(format("cls: {}{}\n", what, one.to_string()));
  };
  const auto running = local::drain(home, world.clock, world.ids,
                                    {.arcs = std::move(arcs),
                                     .most = std::chrono::seconds(options.wait),
                                     .waiting = [&](const auto& lots) {
                                       if (options.wait > 0) tell(lots, "waiting for ");
                                     }});
  if (!running) throw Error(running.error());
  if (running->empty()) return 0;
  tell(*running, "still running, and ends by itself: ");
  return static_cast<int>(ExitCode::Temporary);
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
  std::vector<flow::ArcRef> arcs;
  for (const auto& project : deployed.deployment->projects()) {
    if (std::ranges::find(named, project->plan.project) == named.end()) continue;
    auto removed = flow::remove_project(home->store(), project->places, project->plan.project);
    if (!removed) throw Error(removed.error());
    for (const auto& arc : project->plan.arcs) arcs.push_back({project.get(), &arc});
    world.console.out(format("destroyed {}: its records and data stay in {}\n",
                             project->plan.project.to_string(), home->directory()));
  }
  // Whoever serves the project hears it now, and takes no other lot.
  if (home->ring() > 0 && options.wait > 0) world.clock.sleep_for(notice_time);
  return wait_for_end(options, world, *home, std::move(arcs));
}

}  // namespace cls::cli
