// SPDX-License-Identifier: Apache-2.0
// gone_soon(): whether a process ends, for tests that end one.
#pragma once

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "base/format.h"

namespace cls {

/// True once no process has this id; a zombie that waits for its reaper is as good as gone.
inline bool gone_soon(int pid) {
  using std::chrono::steady_clock;
  for (const auto end = steady_clock::now() + std::chrono::seconds(60); steady_clock::now() < end;
       std::this_thread::sleep_for(std::chrono::milliseconds(10))) {
    if (::kill(pid, 0) != 0) return errno == ESRCH;
    std::ifstream stat(format("/proc/{}/stat", pid));
    const std::string line{std::istreambuf_iterator<char>(stat), {}};
    if (line.find(") Z ") != std::string::npos) return true;
  }
  return false;
}

}  // namespace cls
