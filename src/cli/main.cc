// SPDX-License-Identifier: Apache-2.0
// cls: the composition root. Nothing is decided here; the real world is put together.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "base/posix_process_runner.h"
#include "base/stop_signals.h"
#include "cli/app.h"
#include "cli/standard_console.h"

namespace {

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

/// The command line; under the name `cls-aws` the substrate is given.
std::vector<std::string> arguments_of(int argc, char** argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  const bool is_aws = argc > 0 && std::filesystem::path(argv[0]).filename() == "cls-aws";
  if (is_aws) arguments.insert(arguments.begin(), {"--substrate", "aws"});
  return arguments;
}

}  // namespace

int main(int argc, char** argv) {
  cls::cli::StandardConsole console("cls");
  cls::StopSignals signals;
  cls::SystemClock clock;
  cls::PosixFileSystem files;
  cls::UlidSource ids(clock);
  cls::PosixProcessRunner processes;
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
  return console.ended_with(cls::cli::run(arguments_of(argc, argv), world));
}
