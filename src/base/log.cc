// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <array>

namespace cls {

std::string_view name_of(LogLevel level) {
  static constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  return names.at(static_cast<std::size_t>(level));
}

void MemoryLog::write(LogLevel level, std::string_view line) {
  const std::lock_guard lock(mutex_);
  lines_.push_back(std::string(name_of(level)) + ": " + std::string(line));
}

std::vector<std::string> MemoryLog::lines() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

}  // namespace cls
