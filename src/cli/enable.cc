// SPDX-License-Identifier: Apache-2.0
// cls enable, cls disable: switches boundaries and arcs on or off without deploying again.
#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/workspace.h"
#include "local/owners.h"

namespace cls::cli {

namespace {

/// A boundary or an arc, by its subscription.
struct Component {
  model::ProjectId project;
  std::string name;
  Uri subscription;

  std::string to_string() const { return project.to_string() + " " + name; }
  bool is_of(const std::string& named) const {
    return project.name == named || project.name + ":" + project.version == named;
  }
};

std::vector<Component> components_of(const flow::Deployment& deployment) {
  std::vector<Component> all;
  for (const auto& project : deployment.projects()) {
    const auto& id = project->plan.project;
    for (const auto& one : project->plan.boundaries) {
      all.push_back({id, one.name, project->places.boundary_subscription(id, one.name)});
    }
    for (const auto& one : project->plan.arcs) {
      all.push_back({id, one.name, project->places.arc_subscription(id, one.name)});
    }
  }
  return all;
}

[[noreturn]] void unknown(const std::string& what, const std::string& name,
                          const std::set<std::string>& known) {
  const auto near = closest(name, {known.begin(), known.end()});
  const std::string hint =
      near            ? format("did you mean '{}'?", *near)
      : known.empty() ? "nothing is deployed"
                      : "there are: " + join(std::vector(known.begin(), known.end()), ", ");
  throw Error(format("no {} '{}' is deployed; {}", what, name, hint));
}

std::set<std::string> names_of(const std::vector<Component>& components) {
  std::set<std::string> names;
  for (const auto& one : components) names.insert(one.name);
  return names;
}

/// What the arguments name: all of a project, or one boundary or arc.
std::vector<Component> chosen(std::vector<Component> all,
                              const std::vector<std::string>& arguments) {
  const std::string& first = arguments.front();
  std::set<std::string> known;
  std::vector<Component> found;
  for (const auto& one : all) {
    known.insert(one.project.name);
    if (one.is_of(first)) found.push_back(one);
  }
  if (!found.empty() && arguments.size() == 1) return found;
  const bool is_project = !found.empty();
  if (!is_project && arguments.size() > 1) unknown("project", first, known);
  if (is_project) all = std::move(found);
  const auto names = names_of(all);
  const std::string& name = arguments.back();
  std::erase_if(all, [&](const auto& one) { return one.name != name; });
  if (is_project && all.empty()) unknown("boundary or arc", name, names);
  known.insert(names.begin(), names.end());
  if (all.empty()) unknown("project, boundary or arc", name, known);
  const auto of_another = [&](const auto& one) { return one.project != all.front().project; };
  if (!is_project && std::ranges::any_of(all, of_another)) {
    throw Error(format("'{}' is in several projects: name one of them before it", name),
                ExitCode::Usage);
  }
  return all;
}

}  // namespace

int enable(const Options& options, World& world) {
  const bool enabled = options.command == Command::Enable;
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  const std::string by = local::make_owner(world.ids).id;
  bool any = false;
  for (const auto& one : chosen(components_of(*deployed.deployment), options.arguments)) {
    auto changed = flow::set_enabled(home->store(), world.clock, one.subscription, enabled, by);
    if (!changed) {
      if (any) home->ring();
      throw Error(changed.error());
    }
    any = any || *changed;
    world.console.out(format("{}: {}{}\n", one.to_string(), *changed ? "" : "was already ",
                             enabled ? "enabled" : "disabled"));
  }
  if (any) home->ring();
  return 0;
}

}  // namespace cls::cli
