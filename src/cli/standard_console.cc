// SPDX-License-Identifier: Apache-2.0
#include "cli/standard_console.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/format.h"
#include "base/standard_streams.h"

namespace cls::cli {

StandardConsole::StandardConsole(std::string program) : program_(std::move(program)) {
  std::signal(SIGPIPE, SIG_IGN);
  occupy_closed_streams();
}

void StandardConsole::out(std::string_view text) {
  const int error = write(standard_output, text);
  if (error != 0) out_error_ = error;
}

void StandardConsole::err(std::string_view text) {
  static_cast<void>(write(standard_error, text));  // there is nobody left to tell
}

std::size_t StandardConsole::width() const {
  return terminal_width(standard_output);
}

int StandardConsole::ended_with(int code) {
  const int error = out_error_;
  if (error == 0 || error == EPIPE) return code;
  err(format("{}: standard output cannot be written, what was printed is incomplete: {}\n",
             program_, std::strerror(error)));
  if (code != 0) return code;
  const bool full = error == ENOSPC || error == EDQUOT;
  return static_cast<int>(full ? ExitCode::Temporary : ExitCode::Failed);
}

int StandardConsole::write(int stream, std::string_view text) {
  const std::lock_guard lock(mutex_);
  return write_stream(stream, text);
}

}  // namespace cls::cli
