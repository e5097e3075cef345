// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/program.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <stop_token>
#include <system_error>

#include "base/child_process.h"
#include "base/error.h"
#include "base/format.h"
#include "base/parallel.h"
#include "base/text.h"
#include "user_scenario/flow.h"
#include "user_scenario/junit.h"
#include "user_scenario/load.h"

namespace cls::user_scenario {

namespace {

/// Exit codes from 126 on mean something else to shells.
constexpr std::size_t most_failures = 125;

std::string absolute(std::string path, const World& world) {
  if (!path.starts_with('/')) path = world.working_directory + "/" + path;
  return std::filesystem::path(path).lexically_normal().string();
}

/// Without slashes at its end, but for the root's.
std::string folder_of(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// One run of the program.
class Program {
 public:
  Program(const Options& options, World& world) : options_(options), world_(world) {}

  int run() {
    if (!options_.server.empty()) {
      world_.console.err("cls-scenario: --server is not used: there is no workflow server\n");
    }
    if (!load()) return static_cast<int>(ExitCode::Failed);
    const auto enabled = static_cast<std::size_t>(
        std::ranges::count_if(scenarios_, [](const Scenario& one) { return one.enabled; }));
    if (enabled == 0) {
      world_.console.out(
          format("nothing to do: none of {} is enabled\n", counted(scenarios_.size(), "scenario")));
      report_junit();
      return 0;
    }
    choose_program();
    report_junit();  // where it cannot be written, nothing runs: it is what the run is for
    make_work();
    world_.console.out(format("{} in {}{}; logs are in {}\n", counted(enabled, "scenario"),
                              folder_of(options_.scenarios),
                              options_.virtual_time ? ", in virtual time" : "", work_));
    run_all();
    return conclude();
  }

 private:
  /// False where there are errors in the scenarios; all of them are said.
  bool load() {
    const std::string directory = folder_of(absolute(options_.scenarios, world_));
    const auto paths = find_scenarios(world_.files, directory);
    if (!paths) {
      const bool is_absent = paths.error().code == FailureCode::NotFound;
      throw Error(paths.error().message, is_absent ? ExitCode::NoFile : ExitCode::Failed);
    }
    Diagnostics problems;
    scenarios_ =
        load_scenarios(world_.files, *paths, directory, folder_of(options_.scenarios), problems);
    problems.sort();
    for (const auto& problem : problems.all()) world_.console.err(problem.to_string() + "\n");
    for (const auto& one : scenarios_) {
      outcomes_.push_back({.name = one.name.value_or(""),
                           .file = one.file,
                           .why = one.enabled ? "the run had ended before" : "not enabled"});
    }
    return !problems.has_errors();
  }

  /// What runs in place of a typed `cls`.
  void choose_program() {
    if (options_.virtual_time) {
      program_ = {world_.self, as_cls};
      return;
    }
    const std::string name = options_.cls_app.empty() ? "cls" : options_.cls_app;
    const auto found = find_command({.command = {name},
                                     .environment = world_.environment,
                                     .working_directory = world_.working_directory,
                                     .stdout_path = {},
                                     .stderr_path = {}});
    if (!found) {
      throw Error(format("{}; name it with --cls-app PATH, or use --virtual-time, which needs none",
                         found.error().message),
                  ExitCode::NoFile);
    }
    program_ = {absolute(*found, world_)};
  }

  void make_work() {
    is_scratch_ = options_.work.empty();
    if (is_scratch_) {
      const auto named = world_.environment.find("TMPDIR");
      const bool has_name = named != world_.environment.end() && !named->second.empty();
      work_ = absolute(has_name ? named->second : "/tmp", world_) + "/cls-scenario-run-" +
              world_.ids.next();
    } else {
      work_ = folder_of(absolute(options_.work, world_));
      const auto entries = world_.files.entries(work_);
      if (entries && !entries->empty()) {
        throw Error(format("--work: {} is not empty; logs and homes of a former run are not "
                           "mixed with new ones",
                           work_),
                    ExitCode::Refused);
      }
    }
    need(world_.files.make_directories(work_));
  }

  void run_all() {
    world_.on_stop([this](int signal) {
      signal_ = signal;
      stop_.request_stop();
    });
    std::vector<std::size_t> enabled;
    std::size_t name_width = 0;
    std::uint64_t things = 0;
    for (std::size_t i = 0; i < scenarios_.size(); ++i) {
      if (!scenarios_[i].enabled) continue;
      enabled.push_back(i);
      name_width = std::max(name_width, scenarios_[i].name->size());
      things += things_to_do(scenarios_[i], options_);
    }
    SharedLogs logs(world_.files);
    const auto terminal = world_.environment.find("TERM");
    const bool shown = cli::may_show_progress(
        world_.console, terminal == world_.environment.end() ? "" : terminal->second,
        options_.quiet);
    Progress progress(world_.console, world_.clock, shown, name_width, things);
    const Shared shared{.options = options_,
                        .files = world_.files,
                        .clock = world_.clock,
                        .processes = world_.processes,
                        .logs = logs,
                        .progress = progress,
                        .environment = world_.environment,
                        .program = program_,
                        .work = work_,
                        .home = options_.home.empty() ? "" : absolute(options_.home, world_)};
    for_each_job(enabled.size(), options_.jobs, stop_.get_token(), [&](std::size_t job) {
      run_one(enabled[job], shared);
      return true;
    });
  }

  void run_one(std::size_t i, const Shared& shared) {
    Outcome& outcome = outcomes_[i];
    try {
      outcome = run_flow(scenarios_[i], i + 1, shared, stop_.get_token());
    } catch (const std::exception& error) {  // of this scenario alone; the others go on
      outcome.end = End::Failed;
      outcome.step = "prepare";
      outcome.message = error.what();
    }
    shared.progress.line(outcome.name, verdict(outcome), readable(outcome.took));
    if (outcome.end == End::Failed && options_.stop_on_failure) stop_.request_stop();
  }

  static std::string verdict(const Outcome& outcome) {
    switch (outcome.end) {
      case End::Passed:
        return "PASSED";
      case End::Failed:
        return "FAILED";
      case End::Stopped:
        return "STOPPED";
      case End::NotRun:
        break;
    }
    return "NOT RUN";
  }

  static std::string readable(std::chrono::milliseconds took) {
    if (took < std::chrono::minutes(1)) {
      return format("in {}.{} s", took.count() / 1000, took.count() % 1000 / 100);
    }
    return "in " + readable_duration(std::chrono::floor<std::chrono::seconds>(took));
  }

  std::size_t count(End end) const {
    return static_cast<std::size_t>(std::ranges::count(outcomes_, end, &Outcome::end));
  }

  /// Says what went wrong, writes the report, removes what nobody needs; the exit code.
  int conclude() {
    world_.on_stop({});
    const std::size_t failed = count(End::Failed);
    for (const auto& outcome : outcomes_) {
      if (outcome.end == End::Failed) {
        world_.console.err(format("cls-scenario: {}: {}: {}{}  its files: {}\n", outcome.name,
                                  outcome.step, outcome.message,
                                  outcome.message.ends_with('\n') ? "" : "\n", outcome.folder));
      } else if (!outcome.note.empty()) {
        world_.console.err(format("cls-scenario: {}: {}\n", outcome.name, outcome.note));
      }
    }
    const bool is_kept = !is_scratch_ || failed > 0 || options_.disable_destroy;
    if (!is_kept) {
      std::error_code ignored;  // what is left lies in the folder for temporary files
      std::filesystem::remove_all(work_, ignored);
    }
    std::string text =
        format("{}: {} passed", counted(outcomes_.size(), "scenario"), count(End::Passed));
    if (failed > 0) text += format(", {} failed", failed);
    if (count(End::Stopped) > 0) text += format(", {} stopped", count(End::Stopped));
    if (count(End::NotRun) > 0) text += format(", {} not run", count(End::NotRun));
    if (is_kept) text += format("; logs and homes stay in {}", work_);
    world_.console.out(text + "\n");
    report_junit();
    if (signal_ != 0) return 128 + signal_;
    return static_cast<int>(std::min(failed, most_failures));
  }

  void report_junit() const {
    if (options_.junit.empty()) return;
    const std::string path = absolute(options_.junit, world_);
    const std::string next = path + "." + world_.ids.next();
    auto written = world_.files.write_new(next, junit_xml(outcomes_));
    if (written) written = world_.files.rename(next, path);
    if (written) return;
    static_cast<void>(world_.files.unlink(next));  // it may not be there
    const bool is_absent = written.error().code == FailureCode::NotFound;
    throw Error("--junit: " + written.error().message,
                is_absent ? ExitCode::NoFile : ExitCode::Failed);
  }

  const Options& options_;
  World& world_;
  std::vector<Scenario> scenarios_;
  std::vector<Outcome> outcomes_;  ///< one for each scenario
  std::vector<std::string> program_;
  std::string work_;
  bool is_scratch_ = true;
  std::stop_source stop_;
  std::atomic<int> signal_ = 0;
};

}  // namespace

int run_program(const Options& options, World& world) {
  return Program(options, world).run();
}

}  // namespace cls::user_scenario
