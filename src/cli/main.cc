// SPDX-License-Identifier: Apache-2.0
// cls: the composition root. Nothing is decided here; the real world is put together.
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <mutex>

#include "base/error.h"
#include "base/format.h"
#include "base/posix_process_runner.h"
#include "base/standard_streams.h"
#include "base/stop_signals.h"
#include "cli/app.h"

namespace {

/// The process's own streams; each text in one piece.
class StandardConsole final : public cls::cli::Console {
 public:
  void out(std::string_view text) override {
    const int error = write(cls::standard_output, text);
    if (error != 0) out_error_ = error;
  }
  void err(std::string_view text) override {
    static_cast<void>(write(cls::standard_error, text));  // there is nobody left to tell
  }
  bool out_lost() const override { return out_error_ != 0; }
  std::size_t width() const override { return cls::terminal_width(cls::standard_output); }

  /// The exit code of a command that would end with `code`: what it printed may be lost. A reader
  /// that went away had enough.
  int ended_with(int code) {
    const int error = out_error_;
    if (error == 0 || error == EPIPE) return code;
    err(cls::format("cls: standard output cannot be written, what was printed is incomplete: {}\n",
                    std::strerror(error)));
    if (code != 0) return code;
    const bool full = error == ENOSPC || error == EDQUOT;
    return static_cast<int>(full ? cls::ExitCode::Temporary : cls::ExitCode::Failed);
  }

 private:
  int write(int stream, std::string_view text) {
    const std::lock_guard lock(mutex_);
    return cls::write_stream(stream, text);
  }
  std::mutex mutex_;
  std::atomic<int> out_error_ = 0;
};

std::string read_all(std::FILE* stream) {
  std::string text;
  std::array<char, 65536> buffer{};
  while (const auto count = std::fread(buffer.data(), 1, buffer.size(), stream)) {
    text.append(buffer.data(), count);
  }
  return text;
}

std::optional<std::string> environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

int main(int argc, char** argv) {
  // Who reads what is printed may go away; a service goes on.
  std::signal(SIGPIPE, SIG_IGN);
  cls::occupy_closed_streams();
  cls::StopSignals signals;
  cls::SystemClock clock;
  cls::PosixFileSystem files;
  cls::UlidSource ids(clock);
  cls::PosixProcessRunner processes;
  StandardConsole console;
  std::error_code error;
  cls::cli::World world{
      .console = console,
      .clock = clock,
      .files = files,
      .ids = ids,
      .processes = processes,
      .working_directory = std::filesystem::current_path(error).string(),
      .getenv = environment,
      .read_standard_input = [] { return read_all(stdin); },
      .on_stop = [&signals](std::function<void(int)> stop) { signals.call(std::move(stop)); },
      .end_now = [](int exit_code) { std::_Exit(exit_code); }};
  if (error) {
    console.err("cls: the working directory does not exist\n");
    return 1;
  }
  return console.ended_with(cls::cli::run(std::vector<std::string>(argv + 1, argv + argc), world));
}
