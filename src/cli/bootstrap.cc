// SPDX-License-Identifier: Apache-2.0
// cls bootstrap: makes the home of the local substrate.
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/workspace.h"

namespace cls::cli {

namespace {

/// The home stays: its records are the past of what was deployed.
int undo(const Options& options, World& world) {
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  const auto& projects = deployed.deployment->projects();
  std::vector<std::string> names;
  names.reserve(projects.size());
  for (const auto& project : projects) {
    names.push_back(project->plan.project.to_string());
  }
  if (!names.empty()) {
    throw Error(
        format("deployed in {}: {}; destroy them first", home->directory(), join(names, ", ")),
        ExitCode::Refused);
  }
  world.console.out(
      format("nothing is deployed in {}; records and data stay there until you "
             "delete the folder\n",
             home->directory()));
  return 0;
}

}  // namespace

int bootstrap(const Options& options, World& world) {
  if (options.substrate == "aws") {
    throw Error("bootstrap makes homes of the local substrate only, so far", ExitCode::Refused);
  }
  if (options.bootstrap.destroy) return undo(options, world);
  if (options.execution.dry_run) {
    world.console.out(format("would make {} a home\n", home_directory(options, world)));
    return 0;
  }
  const auto home = open_home(options, world);
  world.console.out(format("{} is a home\n", home->directory()));
  return 0;
}

}  // namespace cls::cli
