// SPDX-License-Identifier: Apache-2.0
// What the parts of the one-machine substrate need of the process.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/process_runner.h"
#include "base/ulid.h"
#include "local/home.h"

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
};

}  // namespace cls::local
