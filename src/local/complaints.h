// SPDX-License-Identifier: Apache-2.0
// Complaints: what went wrong and was not given up for: logged at once, and kept for the report.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"

namespace cls::local {

/// Thread-safe. Keeps the first `limit` complaints and counts the others; `total` counts those of
/// the whole process and outlives this.
class Complaints {
 public:
  Complaints(Log& log, std::atomic<std::uint64_t>& total) : log_(log), total_(total) {}

  void add(const std::string& what, const LogFields& about = {}) {
    log_.error(what, about);
    ++total_;
    const std::lock_guard lock(mutex_);
    if (kept_.size() < limit) kept_.push_back(what);
    ++count_;
  }
  std::vector<std::string> kept() const {
    const std::lock_guard lock(mutex_);
    return kept_;
  }
  std::uint64_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  static constexpr std::size_t limit = 1000;
  Log& log_;
  std::atomic<std::uint64_t>& total_;
  mutable std::mutex mutex_;
  std::vector<std::string> kept_;
  std::uint64_t count_ = 0;
};

}  // namespace cls::local
