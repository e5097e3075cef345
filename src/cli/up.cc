// SPDX-License-Identifier: Apache-2.0
// cls up: serves every project deployed in a home until it is asked to end.
#include "base/format.h"
#include "cli/commands.h"
#include "cli/engine_stop.h"
#include "cli/workspace.h"

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
  const local::Services services{.home = *home,
                                 .clock = world.clock,
                                 .ids = world.ids,
                                 .processes = world.processes,
                                 .log = log,
                                 .getenv = world.getenv};
  while (true) {
    auto deployed = deployed_in(*home, world);
    const std::string fingerprint = deployed.fingerprint;
    local::Engine engine(services, std::move(deployed.deployment), local::Engine::Mode::Serve);
    const EngineStop stop(world, engine);
    log.info(format("serving {} in {}: {}, {}",
                    counted(engine.deployment().projects().size(), "project"), home->directory(),
                    counted(engine.deployment().boundaries().size(), "boundary", "boundaries"),
                    counted(engine.deployment().arcs().size(), "arc")));
    const auto end = engine.serve([&] {
      const auto now = local::read_deployed(*home);
      return now && now->fingerprint != fingerprint;
    });
    if (end == local::Engine::End::Stopped) break;
    log.info("another deployment: starting over with it");
  }
  log.info("stopped");
  return 0;
}

}  // namespace cls::cli
