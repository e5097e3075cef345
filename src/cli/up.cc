// SPDX-License-Identifier: Apache-2.0
// cls up: serves every project deployed in a home until it is asked to end.
#include "cli/commands.h"
#include "cli/stop_request.h"
#include "cli/workspace.h"
#include "local/service.h"

namespace cls::cli {

int up(const Options& options, World& world) {
  const flow::Since since = since_of(options, world, {});
  std::optional<CheckedProjects> checked;
  if (!options.projects.empty()) {
    auto found = check_projects(options, world, Purpose::RunHere);
    if (!found) return static_cast<int>(found.error());
    checked = std::move(*found);
  }
  const auto home = open_home(options, world);
  if (checked) deploy_projects(*home, world, *checked, since);
  ConsoleLog log(world.console, log_level(options, LogLevel::Info));
  local::Service service({.home = *home,
                          .clock = world.clock,
                          .ids = world.ids,
                          .processes = world.processes,
                          .log = log,
                          .getenv = world.getenv});
  const StopRequest stop(world, [&service] { service.request_stop(); }, [](int) { return 0; });
  service.run();
  log.info("stopped");
  return 0;
}

}  // namespace cls::cli
