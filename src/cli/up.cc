// SPDX-License-Identifier: Apache-2.0
// cls up: serves every project deployed in a home until it is asked to end.
#include <algorithm>

#include "base/byte_size.h"
#include "base/format.h"
#include "cli/commands.h"
#include "cli/engine_stop.h"
#include "cli/observed.h"
#include "cli/workspace.h"
#include "local/caretaker.h"

namespace cls::cli {

namespace {

local::RetentionLimits retention_of(const Options& options) {
  local::RetentionLimits limits;
  if (!options.keep_attempts.empty()) {
    const auto age = parse_duration(options.keep_attempts);
    if (!age) throw Error("--keep-attempts: " + age.error().message, ExitCode::Usage);
    // Longer than any home has been there is for ever.
    limits.age = std::min<std::chrono::seconds>(*age, std::chrono::hours(24 * 36'500));
  }
  if (!options.keep_attempts_bytes.empty()) {
    const auto bytes = parse_byte_size(options.keep_attempts_bytes);
    if (!bytes) throw Error("--keep-attempts-bytes: " + bytes.error().message, ExitCode::Usage);
    limits.bytes = *bytes;
  }
  return limits;
}

}  // namespace

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
  ConsoleLog log(options, world, LogLevel::Info);
  const local::Services services{.home = *home,
                                 .clock = world.clock,
                                 .ids = world.ids,
                                 .processes = world.processes,
                                 .log = log,
                                 .getenv = world.getenv};
  const local::RetentionLimits limits = retention_of(options);
  const auto pages = serve_pages(options, services);
  ManagedService manager(world, services);
  const local::Caretaker caretaker(services, limits);
  while (true) {
    auto deployed = deployed_in(*home, log);
    services.metrics->damaged("project", home->directory(), deployed.broken.size());
    const std::string fingerprint = deployed.fingerprint;
    local::Engine engine(services, std::move(deployed.deployment), local::Engine::Mode::Serve);
    const EngineStop stop(world, engine, [&manager] { manager.stopping(); });
    const std::string served =
        format("serving {} in {}: {}, {}",
               counted(engine.deployment().projects().size(), "project"), home->directory(),
               counted(engine.deployment().boundaries().size(), "boundary", "boundaries"),
               counted(engine.deployment().arcs().size(), "arc"));
    log.info(served);
    manager.status(served);
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
