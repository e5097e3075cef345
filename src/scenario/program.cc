// SPDX-License-Identifier: Apache-2.0
#include "scenario/program.h"

#include "base/error.h"
#include "base/format.h"
#include "scenario/parse.h"
#include "scenario/runner.h"

namespace cls::scenario {

namespace {

constexpr std::string_view usage =
    "usage: scenario [--keep] [--cls FILE] [--s3] DIRECTORY...\n"
    "Runs the scenario.txt of each directory (docs/formats/scenario.md); --keep leaves its "
    "sandbox; FILE is the\nprogram that `up` starts; --s3 plays it once more with all stores on S3 "
    "and compares the records.\n";

/// `directory` without slashes at its end.
std::string without_slashes(std::string directory) {
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  return directory;
}

struct Order {
  Playing playing;
  bool on_s3_too = false;
};

/// Plays the scenarios of directories, and says how that went.
class Program {
 public:
  Program(Order order, cli::Console& console, const Command& command)
      : order_(std::move(order)), console_(console), command_(command) {}

  /// False where it failed.
  bool run(const std::string& directory) {
    const std::string file = directory + "/scenario.txt";
    const auto text = files_.read(file, 0, std::nullopt);
    if (!text) {
      console_.err(text.error().message + "\n");
      return false;
    }
    const Parsed parsed = parse_scenario(*text, file);
    for (const auto& problem : parsed.problems) console_.err(problem + "\n");
    if (!parsed.problems.empty()) return false;
    const Report report = play(parsed.scenario, directory, Where::Files);
    if (!order_.on_s3_too || !report.failures.empty()) return report.failures.empty();
    const Report again = play(parsed.scenario, directory, Where::S3);
    if (!again.failures.empty()) return false;
    const auto differences = compare(report.records, again.records);
    for (const auto& difference : differences) console_.err(format("{}: {}\n", file, difference));
    return differences.empty();
  }

 private:
  Report play(const Scenario& scenario, const std::string& directory, Where where) {
    Playing playing = order_.playing;
    playing.where = where;
    Report report = run_scenario(scenario, directory, playing, command_);
    const bool ok = report.failures.empty();
    for (const auto& failure : report.failures) console_.err(failure + "\n");
    const bool kept = playing.keep == Keep::Always || !ok;
    console_.out(format("{} {}{}{}\n", ok ? "ok" : "FAILED", directory,
                        where == Where::S3 ? " on S3" : "",
                        kept ? " (left in " + report.sandbox + ")" : ""));
    return report;
  }

  Order order_;
  cli::Console& console_;
  const Command& command_;
  PosixFileSystem files_;
};

}  // namespace

int run_program(const std::vector<std::string>& arguments, cli::Console& console,
                const Command& command) {
  Order order;
  std::vector<std::string> directories;
  bool names_program = false;
  for (const auto& argument : arguments) {
    if (std::exchange(names_program, false)) {
      order.playing.program = argument;
    } else if (argument == "--cls") {
      names_program = true;
    } else if (argument == "--keep") {
      order.playing.keep = Keep::Always;
    } else if (argument == "--s3") {
      order.on_s3_too = true;
    } else if (argument.starts_with('-')) {
      console.err(format("scenario: unknown option {}\n{}", argument, usage));
      return static_cast<int>(ExitCode::Usage);
    } else {
      directories.push_back(without_slashes(argument));
    }
  }
  if (directories.empty()) {
    console.err(std::string(usage));
    return static_cast<int>(ExitCode::Usage);
  }
  Program program(std::move(order), console, command);
  bool all_ok = true;
  for (const auto& directory : directories) all_ok = program.run(directory) && all_ok;
  return static_cast<int>(all_ok ? ExitCode::Ok : ExitCode::Failed);
}

}  // namespace cls::scenario
