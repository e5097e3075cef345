// SPDX-License-Identifier: Apache-2.0
// cls: the composition root. Nothing is decided here; the real world is put together.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <mutex>

#include "base/posix_process_runner.h"
#include "base/standard_streams.h"
#include "base/stop_signals.h"
#include "cli/app.h"

namespace {

/// The process's own streams; each text in one piece.
class StandardConsole final : public cls::cli::Console {
 public:
  void out(std::string_view text) override { write(cls::standard_output, text); }
  void err(std::string_view text) override { write(cls::standard_error, text); }
  std::size_t width() const override { return cls::terminal_width(cls::standard_output); }

 private:
  void write(int stream, std::string_view text) {
    const std::lock_guard lock(mutex_);
    cls::write_stream(stream, text);
  }
  std::mutex mutex_;
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
  return cls::cli::run(std::vector<std::string>(argv + 1, argv + argc), world);
}
