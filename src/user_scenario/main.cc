// SPDX-License-Identifier: Apache-2.0
// cls-scenario: puts the real world together; or, in a child of itself, one whose clock stands.
#include <cstdlib>
#include <filesystem>

#include "base/error.h"
#include "base/format.h"
#include "base/posix_process_runner.h"
#include "base/stop_signals.h"
#include "cli/standard_console.h"
#include "scenario/virtual_files.h"
#include "user_scenario/clock_file.h"
#include "user_scenario/program.h"

namespace cls::user_scenario {

namespace {

/// `cls` with a clock that is moved by what waits, from what the file says on.
int run_as_cls(const std::string& clock_file, const std::vector<std::string>& arguments,
               cli::Console& console, StopSignals& signals) {
  PosixFileSystem disk;
  ManualClock clock(need(read_clock(disk, clock_file)));
  scenario::VirtualFiles files(disk, clock);
  UlidSource ids(clock);
  PosixProcessRunner processes;
  cli::World world{
      .console = console,
      .clock = clock,
      .files = files,
      .ids = ids,
      .processes = processes,
      .working_directory = std::filesystem::current_path().string(),
      .getenv = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        return value == nullptr ? std::nullopt : std::optional<std::string>(value);
      },
      .read_standard_input = [] { return std::string(); },
      .on_stop = [&signals](std::function<void(int)> stop) { signals.call(std::move(stop)); },
      .end_now = [](int exit_code) { std::_Exit(exit_code); }};
  const int exit_code = cli::run(arguments, world);
  need(write_clock(disk, clock_file, clock.now()));
  return exit_code;
}

int run_as_user(const std::vector<std::string>& arguments, cli::Console& console,
                StopSignals& signals) {
  const auto parsed = parse_options(arguments);
  if (const auto* answer = std::get_if<Answer>(&parsed)) {
    console.out(answer->out);
    console.err(answer->err);
    return answer->exit_code;
  }
  SystemClock clock;
  PosixFileSystem files;
  UlidSource ids(clock);
  PosixProcessRunner processes;
  World world{
      .console = console,
      .clock = clock,
      .files = files,
      .ids = ids,
      .processes = processes,
      .environment = whole_environment(),
      .working_directory = std::filesystem::current_path().string(),
      .self = "/proc/self/exe",
      .on_stop = [&signals](std::function<void(int)> stop) { signals.call(std::move(stop)); }};
  return run_program(std::get<Options>(parsed), world);
}

int run_either(const std::vector<std::string>& arguments, cli::Console& console,
               StopSignals& signals) {
  try {
    if (arguments.size() > 2 && arguments.front() == as_cls) {
      return run_as_cls(arguments[1], {arguments.begin() + 2, arguments.end()}, console, signals);
    }
    return run_as_user(arguments, console, signals);
  } catch (const Error& error) {
    console.err(format("cls-scenario: {}\n", error.what()));
    return static_cast<int>(error.exit_code());
  } catch (const std::exception& error) {
    console.err(format("cls-scenario: a fault of its own, please report it: {}\n", error.what()));
    return static_cast<int>(ExitCode::Failed);
  }
}

}  // namespace

}  // namespace cls::user_scenario

int main(int argc, char** argv) {
  cls::cli::StandardConsole console("cls-scenario");
  cls::StopSignals signals;
  return console.ended_with(
      cls::user_scenario::run_either({argv + 1, argv + argc}, console, signals));
}
