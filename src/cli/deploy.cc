// SPDX-License-Identifier: Apache-2.0
// cls deploy: records projects in a home, so that `cls up` and `cls run` serve them.
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/workspace.h"
#include "model/plan_of.h"

namespace cls::cli {

int deploy(const Options& options, World& world) {
  const flow::Since since = since_of(options, world, {});
  const auto checked = check_projects(options, world, Purpose::Deploy);
  if (!checked) return static_cast<int>(checked.error());
  if (checked->for_aws) {
    throw Error(
        "cls cannot deploy to aws yet; on this machine the same project runs with --substrate "
        "local, cls run and cls up",
        ExitCode::Refused);
  }
  if (options.execution.dry_run) {
    for (const auto& document : checked->documents) {
      const auto plan = model::plan_of(document.model);
      world.console.out(format("would deploy {}: {}, {}\n", plan.project.to_string(),
                               counted(plan.boundaries.size(), "boundary", "boundaries"),
                               counted(plan.arcs.size(), "arc")));
    }
    return 0;
  }
  const auto home = open_home(options, world);
  deploy_projects(*home, world, *checked, since);
  return 0;
}

}  // namespace cls::cli
