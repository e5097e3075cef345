// SPDX-License-Identifier: Apache-2.0
// cls diff: what deploying projects would change; nothing is changed.
#include "cli/commands.h"
#include "cli/workspace.h"
#include "operate/project_diff.h"

namespace cls::cli {

int diff(const Options& options, World& world) {
  const auto checked = check_projects(options, world, Purpose::RunHere);
  if (!checked) return static_cast<int>(checked.error());
  const auto home = existing_home(options, world);
  const auto projects = local::compare(*home, {.documents = checked->documents,
                                               .since = {},
                                               .by = {},
                                               .working_directory = world.working_directory,
                                               .progress = world.progress});
  if (!projects) throw refusal(projects.error());
  world.console.out(operate::render(*projects, options.output));
  const bool found = options.exit_code && operate::any_change(*projects);
  return found ? static_cast<int>(ExitCode::Changes) : 0;
}

}  // namespace cls::cli
