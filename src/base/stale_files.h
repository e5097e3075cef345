// SPDX-License-Identifier: Apache-2.0
// Files that a killed process left behind.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace cls {

struct StaleFiles {
  std::uint64_t looked_at = 0;  ///< names in all directories
  std::uint64_t removed = 0;
  std::uint64_t bytes = 0;  ///< of those removed
};

/// Removes the regular files below `directory` whose names begin with `prefix`, that were not
/// written since `before`, and that no process has open: a write lease is had on each (fcntl
/// F_SETLEASE), which the kernel gives for nothing that is open elsewhere, and not at all for a
/// file of a network or of another user. Links are not followed. Ends early when `stop` says so; it
/// is asked every thousand names.
StaleFiles remove_stale_files(const std::string& directory, std::string_view prefix, Instant before,
                              const std::function<bool()>& stop);

}  // namespace cls
