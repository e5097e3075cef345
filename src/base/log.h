// SPDX-License-Identifier: Apache-2.0
// Log: one line per event for operators. Injected, never global. Secrets do not belong in it.
// As JSON: docs/formats/log.md.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace cls {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };

/// `debug`, `info`, `warning` or `error`.
std::string_view name_of(LogLevel level);

/// What a line is about, as far as that is known, for programs that read the log; people find it in
/// the line's words. What is empty is left out.
struct LogFields {
  std::string project;  ///< `name/version`
  std::string boundary;
  std::string arc;
  std::string lot;
  std::string attempt;
};

/// Takes lines from any thread.
class Log {
 public:
  virtual ~Log() = default;
  virtual void write(LogLevel level, std::string_view line, const LogFields& about) = 0;
  void debug(std::string_view line, const LogFields& about = {}) {
    write(LogLevel::Debug, line, about);
  }
  void info(std::string_view line, const LogFields& about = {}) {
    write(LogLevel::Info, line, about);
  }
  void warning(std::string_view line, const LogFields& about = {}) {
    write(LogLevel::Warning, line, about);
  }
  void error(std::string_view line, const LogFields& about = {}) {
    write(LogLevel::Error, line, about);
  }
};

/// The line as one JSON object with a newline at its end. Control characters are escaped, bytes
/// that are no UTF-8 become U+FFFD.
std::string json_log_line(Instant at, LogLevel level, std::string_view line,
                          const LogFields& about = {});
/// The line as people read it, `level: line`, with a newline at its end. Control characters but
/// newline and tab become `\xNN`, so that no file's name plays with a terminal.
std::string text_log_line(LogLevel level, std::string_view line);

/// Keeps its lines, for tests.
class MemoryLog final : public Log {
 public:
  void write(LogLevel level, std::string_view line, const LogFields& about) override;
  std::vector<std::string> lines() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace cls
