// SPDX-License-Identifier: Apache-2.0
// What the parts of the one-machine substrate need of the process.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/process_runner.h"
#include "base/ulid.h"
#include "local/health.h"
#include "local/home.h"
#include "local/metrics.h"
#include "work/containers.h"

namespace cls::local {

/// All of it outlives who is given it.
struct Services {
  Home& home;
  Clock& clock;
  UlidSource& ids;
  ProcessRunner& processes;
  Log& log;
  /// A variable of this process's environment; called from any thread.
  std::function<std::optional<std::string>(const std::string&)> getenv;
  /// Variables that programs get beside the inherited ones: how they reach stores/ by S3.
  std::map<std::string, std::string> workload_environment = {};
  /// What operators see; a process that serves keeps them from one engine to the next.
  std::shared_ptr<Metrics> metrics = std::make_shared<Metrics>();
  std::shared_ptr<Health> health = std::make_shared<Health>();
};

/// What runs images in a home.
inline work::ContainerHost container_host(const Services& services) {
  return {.files = services.home.files(),
          .processes = services.processes,
          .log = services.log,
          .getenv = services.getenv,
          .folder = services.home.containers(),
          .attempts = services.home.attempts(),
          .home_id = services.home.id()};
}

}  // namespace cls::local
