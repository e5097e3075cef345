// SPDX-License-Identifier: Apache-2.0
// Error: the exception for "this operation cannot go on". Caught only in the CLI's main, the
// workload supervisor, the queue dispatch and the server loops; everybody else lets it pass.
#pragma once

#include <concepts>
#include <cstdint>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace cls {

/// The documented exit codes of every command (docs/exit-codes.md).
enum class ExitCode : std::uint8_t {
  Ok = 0,
  Failed = 1,
  Usage = 2,
  Incomplete = 3,
  Refused = 4,
  Trouble = 5,
  Changes = 6,
  NoFile = 74,
  Temporary = 75,
};

/// Carries what went wrong, outer frames first, and the exit code a command ends with.
class Error : public std::exception {
 public:
  explicit Error(std::string message, ExitCode exit_code = ExitCode::Failed)
      : message_(std::move(message)), exit_code_(exit_code) {}
  /// From a failure nobody could branch on; NoSpace and Unavailable are temporary (exit 75).
  explicit Error(const Failure& failure);

  /// Adds what was being done around it; the outermost frame comes first in the text.
  void add_frame(const std::string& doing);
  const char* what() const noexcept override { return message_.c_str(); }
  ExitCode exit_code() const noexcept { return exit_code_; }

 private:
  std::string message_;
  ExitCode exit_code_;
};

/// Runs `body` and adds `doing` as a frame to an Error that passes through.
template <std::invocable Body>
auto within(const std::string& doing, Body&& body) -> decltype(body()) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.add_frame(doing);
    throw;
  }
}

/// The value of `result`, or an Error from its failure: for callers that cannot branch.
template <class T>
T need(Result<T>&& result) {
  if (!result) throw Error(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

}  // namespace cls
