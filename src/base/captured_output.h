// SPDX-License-Identifier: Apache-2.0
// captured_output(): what a short program prints, kept in memory alone: it may be a secret.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace cls {

struct CaptureLimits {
  std::chrono::milliseconds time{60'000};
  std::size_t bytes = std::size_t{64} << 10U;
};

using ProcessEnvironment = std::map<std::string, std::string>;

/// The environment of this process.
ProcessEnvironment whole_environment();

/// Runs a command, with the environment given or else this process's, and no shell, and returns its
/// standard output.
/// NotFound or Denied where it cannot be started; Unavailable where it fails, takes too long or
/// prints more than the limit. Messages have the last line of its standard error.
Result<std::string> captured_output(const std::vector<std::string>& command,
                                    const CaptureLimits& limits = {},
                                    const std::optional<ProcessEnvironment>& environment = {});

}  // namespace cls
