// SPDX-License-Identifier: Apache-2.0
#include "scenario/program.h"

#include "base/error.h"
#include "base/format.h"
#include "scenario/parse.h"
#include "scenario/runner.h"

namespace cls::scenario {

namespace {

constexpr std::string_view usage =
    "usage: scenario [--keep] [--cls FILE] DIRECTORY...\n"
    "Runs the scenario.txt of each directory (docs/formats/scenario.md); --keep leaves its "
    "sandbox; FILE is the\nprogram that `up` starts.\n";

/// False where it failed.
bool run_one(std::string directory, Keep keep, cli::Console& console, const Command& command,
             const std::string& program) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  const std::string file = directory + "/scenario.txt";
  PosixFileSystem files;
  const auto text = files.read(file, 0, std::nullopt);
  if (!text) {
    console.err(text.error().message + "\n");
    return false;
  }
  const Parsed parsed = parse_scenario(*text, file);
  for (const auto& problem : parsed.problems) console.err(problem + "\n");
  if (!parsed.problems.empty()) return false;
  const Report report = run_scenario(parsed.scenario, directory, keep, command, program);
  for (const auto& failure : report.failures) console.err(failure + "\n");
  const bool kept = keep == Keep::Always || !report.failures.empty();
  console.out(format("{} {}{}\n", report.failures.empty() ? "ok" : "FAILED", directory,
                     kept ? " (left in " + report.sandbox + ")" : ""));
  return report.failures.empty();
}

}  // namespace

int run_program(const std::vector<std::string>& arguments, cli::Console& console,
                const Command& command) {
  Keep keep = Keep::OnFailure;
  std::vector<std::string> directories;
  std::string program;
  bool names_program = false;
  for (const auto& argument : arguments) {
    if (std::exchange(names_program, false)) {
      program = argument;
    } else if (argument == "--cls") {
      names_program = true;
    } else if (argument == "--keep") {
      keep = Keep::Always;
    } else if (argument.starts_with('-')) {
      console.err(format("scenario: unknown option {}\n{}", argument, usage));
      return static_cast<int>(ExitCode::Usage);
    } else {
      directories.push_back(argument);
    }
  }
  if (directories.empty()) {
    console.err(std::string(usage));
    return static_cast<int>(ExitCode::Usage);
  }
  bool all_ok = true;
  for (const auto& directory : directories) {
    all_ok = run_one(directory, keep, console, command, program) && all_ok;
  }
  return static_cast<int>(all_ok ? ExitCode::Ok : ExitCode::Failed);
}

}  // namespace cls::scenario
