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

namespace {

constexpr std::string_view clear_line = "\r\x1b[K";

}  // namespace

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

std::size_t StandardConsole::progress_width() const {
  return terminal_width(standard_error);
}

void StandardConsole::show_progress(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (line == shown_) return;
  const std::string text = std::string(clear_line) + std::string(line);
  static_cast<void>(write_stream(standard_error, text));
  shown_ = line;
}

int StandardConsole::write(int stream, std::string_view text) {
  const std::lock_guard lock(mutex_);
  if (shown_.empty() || text.empty()) return write_stream(stream, text);
  static_cast<void>(write_stream(standard_error, clear_line));
  const int error = write_stream(stream, text);
  // Behind half a line it would be taken for its rest.
  if (!text.ends_with('\n')) shown_.clear();
  static_cast<void>(write_stream(standard_error, shown_));
  return error;
}

}  // namespace cls::cli
