// SPDX-License-Identifier: Apache-2.0
// call_in_child: a function whose time and memory nobody can know, in a process of its own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"

namespace cls {

struct ChildLimits {
  std::chrono::milliseconds time{30'000};
  std::uint64_t memory = std::uint64_t{1} << 30U;  ///< resident bytes
  std::size_t bytes = std::size_t{64} << 20U;      ///< of what it returns
};

/// How the call ended.
enum class ChildEnd : std::uint8_t {
  Returned,
  OutOfTime,
  OutOfMemory,
  TooLong,  ///< what it returned
  Died,     ///< by a signal or an exception
};

struct ChildReturn {
  ChildEnd end = ChildEnd::Died;
  std::string bytes;  ///< what it returned
};

/// Calls `call` in a copy of this process, made by fork(), and gives back what it returns; nothing
/// else that it changes in memory is seen here. It may start no threads, and holds no locks of
/// other threads. The copy dies with the calling thread. Unavailable where no process can be made.
Result<ChildReturn> call_in_child(const std::function<std::string()>& call,
                                  const ChildLimits& limits);

}  // namespace cls
