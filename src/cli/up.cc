// SPDX-License-Identifier: Apache-2.0
// cls up: serves every project deployed in a home until it is asked to end.
#include <algorithm>

#include "base/byte_size.h"
#include "cli/commands.h"
#include "cli/observed.h"
#include "cli/served_stores.h"
#include "cli/stop_request.h"
#include "cli/workspace.h"
#include "local/caretaker.h"
#include "local/service.h"

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
  StopRequest stop(world, [](int) { return 0; });
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
  const auto gateway = serve_stores(options, world, *home, log);
  const local::Services services{.home = *home,
                                 .clock = world.clock,
                                 .ids = world.ids,
                                 .processes = world.processes,
                                 .log = log,
                                 .getenv = world.getenv,
                                 .workload_environment = environment_of(gateway)};
  const local::RetentionLimits limits = retention_of(options);
  const auto pages = serve_pages(options, services);
  ManagedService manager(world, services);
  const local::Caretaker caretaker(services, limits);
  local::Service service(services,
                         [&manager](const std::string& served) { manager.status(served); });
  const StopRequest::Listener listener(stop, [&] {
    manager.stopping();
    service.request_stop();
  });
  service.run();
  log.info("stopped");
  return 0;
}

}  // namespace cls::cli
