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
      throw Error(format("'{}': write NAME:VERSION, as in `cls projects`", text), ExitCode::Usage);
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
  std::ranges::sort(named);
  const auto twice = std::ranges::unique(named);
  named.erase(twice.begin(), twice.end());
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
                                     .waiting =
                                         [&](const auto& lots) {
                                           if (options.wait > 0) tell(lots, "waiting for ");
                                         },
                                     .progress = world.progress});
  if (!running) throw Error(running.error());
  if (running->empty()) return 0;
  tell(*running, "still running, and ends by itself: ");
  return static_cast<int>(ExitCode::Temporary);
}

using Projects = std::vector<const flow::Deployed*>;

Projects deployed_of(const std::vector<model::ProjectId>& named, const flow::Deployment& deployment,
                     const local::Home& home) {
  Projects found;
  std::vector<std::string> known;
  const auto text = [](const model::ProjectId& id) { return id.name + ":" + id.version; };
  for (const auto& project : deployment.projects()) known.push_back(text(project->plan.project));
  for (const auto& id : named) {
    const auto before = found.size();
    for (const auto& project : deployment.projects()) {
      if (project->plan.project == id) found.push_back(project.get());
    }
    if (found.size() > before) continue;
    const auto near = closest(text(id), known);
    throw Error(format("no project {} is deployed in {}; {}", text(id), home.directory(),
                       near            ? format("did you mean '{}'?", *near)
                       : known.empty() ? "none is"
                                       : "there are: " + join(known, ", ")));
  }
  return found;
}

/// An Error where a project that stays reads a dataset of one that goes.
void refuse_read(const Projects& going, const flow::Deployment& deployment) {
  for (const auto& arc : deployment.arcs()) {
    if (std::ranges::find(going, arc.project) != going.end()) continue;
    for (const auto& [role, source] : arc.arc->sources) {
      const auto producer = deployment.producer_of(arc.project->plan.placement, source.id());
      const flow::Deployed* owner = nullptr;
      if (const auto* boundary = std::get_if<flow::BoundaryRef>(&producer)) {
        owner = boundary->project;
      } else if (const auto* sink = std::get_if<flow::ArcSinkRef>(&producer)) {
        owner = sink->arc.project;
      }
      if (owner == nullptr || std::ranges::find(going, owner) == going.end()) continue;
      throw Error(format("{} reads the dataset {} of {}: destroy that project too, or leave the "
                         "records; nothing was changed",
                         arc.to_string(), source.id().to_string(), owner->plan.project.to_string()),
                  ExitCode::Refused);
    }
  }
}

int destroy_with_records(World& world, local::Home& home, const flow::Deployment& deployment,
                         const Projects& projects) {
  const auto lock = home.close_to_others();
  if (!lock) throw Error(lock.error());
  if (!*lock) {
    throw Error(
        format("a process is at work in {}: end `cls up` and `cls run` there first, because "
               "what they write now would stay behind; nothing was changed",
               home.directory()),
        ExitCode::Refused);
  }
  refuse_read(projects, deployment);
  for (const auto* project : projects) {
    // The records first: cut off, the project is still deployed, and can be destroyed again.
    const auto count = flow::delete_records(home.store(), *project);
    if (!count) throw Error(count.error());
    auto removed = flow::remove_project(home.store(), *project);
    if (!removed) throw Error(removed.error());
    world.console.out(format("destroyed {} and deleted {}; its data stays in {}\n",
                             project->plan.project.to_string(), counted(*count, "record"),
                             home.directory()));
  }
  return 0;
}

}  // namespace

int destroy(const Options& options, World& world) {
  const auto named = named_projects(options, world);
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  const auto projects = deployed_of(named, *deployed.deployment, *home);
  if (options.execution.dry_run) {
    for (const auto* project : projects) {
      world.console.out(format("would destroy {}{}\n", project->plan.project.to_string(),
                               options.delete_records ? " and delete its records" : ""));
    }
    return 0;
  }
  if (options.delete_records) {
    return destroy_with_records(world, *home, *deployed.deployment, projects);
  }
  std::vector<flow::ArcRef> arcs;
  for (const auto* project : projects) {
    auto removed = flow::remove_project(home->store(), *project);
    if (!removed) throw Error(removed.error());
    for (const auto& arc : project->plan.arcs) arcs.push_back({project, &arc});
    world.console.out(format("destroyed {}: its records and data stay in {}\n",
                             project->plan.project.to_string(), home->directory()));
  }
  // Whoever serves the project hears it now, and takes no other lot.
  if (home->ring() > 0 && options.wait > 0) world.clock.sleep_for(notice_time);
  return wait_for_end(options, world, *home, std::move(arcs));
}

}  // namespace cls::cli
