// SPDX-License-Identifier: Apache-2.0
// sync_file: makes durable what another process has written into a file.
#pragma once

#include <string>

#include "base/result.h"

namespace cls {

/// fsync(2) of a file that exists; its directory is not synced.
Result<> sync_file(const std::string& path);

}  // namespace cls
