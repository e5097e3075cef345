// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <array>
#include <unistd.h>

namespace cls {

namespace {

std::string_view name_of(LogLevel level) {
  static constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  return names.at(static_cast<std::size_t>(level));
}

}  // namespace

void FdLog::write(LogLevel level, std::string_view line) {
  if (level < least_) return;
  std::string text(name_of(level));
  text += ": ";
  text += line;
  text += '\n';
  // A log that cannot be written has nobody left to tell.
  [[maybe_unused]] const auto written = ::write(fd_, text.data(), text.size());
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
