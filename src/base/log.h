// SPDX-License-Identifier: Apache-2.0
// Log: one line per event for operators. Injected, never global. Secrets do not belong in it.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cls {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

/// `debug`, `info`, `warning` or `error`.
std::string_view name_of(LogLevel level);

/// Takes lines from any thread.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view line) = 0;
  void debug(std::string_view line) { write(LogLevel::Debug, line); }
  void info(std::string_view line) { write(LogLevel::Info, line); }
  void warning(std::string_view line) { write(LogLevel::Warning, line); }
  void error(std::string_view line) { write(LogLevel::Error, line); }
};

/// Keeps its lines, for tests.
class MemoryLog final : public Log {
 public:
  void write(LogLevel level, std::string_view line) override;
  std::vector<std::string> lines() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace cls
