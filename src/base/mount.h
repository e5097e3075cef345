// SPDX-License-Identifier: Apache-2.0
// Mount: what kind of file system a path lies on, where that makes a difference.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cls {

struct Mount {
  std::string_view name;  ///< `nfs`, `fuse`, …; `local` for all others
  /// Other machines may have it too: locks need not hold against them, and the kernel does not
  /// tell of what they change.
  bool remote = false;
};

/// By the number that statfs(2) gives.
Mount mount_of_type(std::uint64_t type);

/// Of the file system that an existing path lies on.
Result<Mount> mount_of(const std::string& path);

}  // namespace cls
