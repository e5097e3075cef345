// SPDX-License-Identifier: Apache-2.0
// The file by which cls-scenario and the commands that it runs in virtual time agree on the time.
#pragma once

#include <string>

#include "base/file_system.h"
#include "base/time.h"

namespace cls::user_scenario {

/// When virtual time begins, as that of `cls simulate`.
Instant virtual_start();

Result<> write_clock(FileSystem& files, const std::string& path, Instant now);
Result<Instant> read_clock(FileSystem& files, const std::string& path);

}  // namespace cls::user_scenario
