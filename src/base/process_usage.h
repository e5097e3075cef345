// SPDX-License-Identifier: Apache-2.0
// ProcessUsage: what this process uses of the machine.
#pragma once

#include <cstdint>

namespace cls {

/// What cannot be found out is 0.
struct ProcessUsage {
  double started = 0;  ///< seconds since 1970
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t most_descriptors = 0;
};

ProcessUsage process_usage();
/// The memory of another process that is resident; 0 where it cannot be found out.
std::uint64_t resident_bytes_of(int pid);

}  // namespace cls
