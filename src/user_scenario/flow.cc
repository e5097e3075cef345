// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/flow.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "local/home.h"
#include "scenario/virtual_files.h"
#include "user_scenario/clock_file.h"
#include "user_scenario/objects.h"

namespace cls::user_scenario {

namespace {

constexpr std::chrono::minutes command_limit{30};
/// Of a destroy after a signal; who sent it waits.
constexpr std::chrono::seconds hasty_limit{30};

/// A name as part of a path.
std::string as_file_name(const std::string& name) {
  constexpr std::size_t most = 60;
  std::string result;
  for (const char c : name.substr(0, most)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_';
    result += is_plain ? c : '_';
  }
  return result;
}

class Flow {
 public:
  Flow(const Scenario& scenario, std::size_t number, const Shared& shared, std::stop_token stop)
      : scenario_(scenario),
        shared_(shared),
        options_(shared.options),
        stop_(std::move(stop)),
        placements_(scenario.placements),
        virtual_clock_(virtual_start()),
        virtual_files_(shared.files, virtual_clock_) {
    if (placements_.empty()) placements_.emplace_back();
    logs_ = shared.work + "/" + placements_.front().folder();
    folder_ = format("{}/{}-{}", logs_, number, as_file_name(*scenario.name));
    home_ = shared.home.empty() ? folder_ + "/home" : shared.home;
  }

  Outcome run() {
    const auto begin = shared_.clock.monotonic();
    prepare();
    auto done = forward();
    if (drive_) outcome_.note = drive_->note();
    if (!done) failed_ = true;
    const auto undone = backward();
    conclude(!undone && (done || is_stopped(done)) ? undone : done);
    if (!undone && outcome_.message != undone.error().message) {
      outcome_.message += "\nand then: " + undone.error().message;
    }
    outcome_.took =
        std::chrono::duration_cast<std::chrono::milliseconds>(shared_.clock.monotonic() - begin);
    return outcome_;
  }

 private:
  void conclude(const Result<>& done) {
    outcome_.end = done ? End::Passed : is_stopped(done) ? End::Stopped : End::Failed;
    if (!done) outcome_.message = done.error().message;
    if (outcome_.end == End::Stopped) outcome_.why = stopped_words;
  }

  bool is_stopped(const Result<>& done) const {
    return !done && stop_.stop_requested() && done.error().message == stopped_words;
  }

  /// Its folders, its clock and its way of running commands.
  void prepare() {
    outcome_ = {.name = *scenario_.name, .file = scenario_.file, .folder = folder_};
    need(shared_.files.make_directories(folder_));
    for (const auto& placement : placements_) {
      need(shared_.files.make_directories(shared_.work + "/" + placement.folder()));
    }
    CommandSetup setup{.processes = shared_.processes,
                       .files = shared_.files,
                       .logs = shared_.logs,
                       .program = shared_.program,
                       .environment = shared_.environment,
                       .scenario = *scenario_.name,
                       .folder = folder_};
    const std::string clock_file = folder_ + "/clock";
    if (options_.virtual_time) {
      need(write_clock(shared_.files, clock_file, virtual_start()));
      setup.program.push_back(clock_file);
    }
    commands_.emplace(std::move(setup));
    const DriveSetup drive{
        .commands = *commands_, .home = home_, .log_folder = logs_, .stop = stop_};
    drive_ = options_.virtual_time ? virtual_drive(drive, virtual_clock_, clock_file)
                                   : live_drive(drive, shared_.clock);
  }

  Result<> forward() {
    if (options_.verify_only) return step("verify", [this] { return verify(); });
    auto done = step("bootstrap", [this] { return bootstrap(); });
    if (done) done = step("verify", [this] { return verify(); });
    if (done) done = step("deploy", [this] { return deploy(); });
    if (!done || options_.dry_run || options_.deploy_destroy_only) return done;
    done = step("start", [this] { return start(); });
    if (done) done = step("upload", [this] { return upload(); });
    for (const auto& watched : scenario_.watchedStores) {
      if (done) done = step("watch", [&] { return watch(watched); });
    }
    return done;
  }

  /// What runs is let finish only where all went well.
  Result<> backward() {
    Result<> stopped;
    if (failed_ && drive_) stopped = drive_->finish();
    Result<> destroyed;
    if (may_be_deployed_ && !options_.disable_destroy) {
      destroyed = step("destroy", [this] { return destroy(); });
    }
    if (!failed_ && drive_) stopped = drive_->finish();
    if (!destroyed) return destroyed;
    if (!stopped && outcome_.step.empty()) outcome_.step = "end";
    return stopped;
  }

  /// Whatever a step throws is its failure: what was deployed is still destroyed.
  static Result<> guarded(const auto& body) {
    try {
      return body();
    } catch (const std::exception& error) {
      return fail(FailureCode::Unavailable, error.what());
    }
  }

  /// Carries out one step and says how it went.
  Result<> step(const std::string& name, const auto& body) {
    said_.clear();
    const Result<> done = guarded(body);
    shared_.progress.done();
    std::string text = done ? "ok" : is_stopped(done) ? "stopped" : "FAILED";
    if (!said_.empty()) text += "  " + said_;
    shared_.progress.line(*scenario_.name, name, text);
    // What went wrong first counts.
    if (!done && !is_stopped(done) && outcome_.step.empty()) outcome_.step = name;
    return done;
  }

  /// A command in the scenario's home; what it says last, where it fails.
  Result<> command(std::vector<std::string> arguments, const std::string& log_folder,
                   bool in_haste = false) {
    arguments.insert(arguments.end(), {"--home", home_, "--substrate", "local"});
    const auto limit = in_haste ? hasty_limit : std::chrono::seconds(command_limit);
    // Destroy is not ended by what ended the scenario.
    const auto& stop = arguments.front() == "destroy" || is_undoing_ ? never_ : stop_;
    const auto ended = commands_->run(arguments, log_folder, stop, limit);
    if (!ended) return fail(ended.error().code, ended.error().message);
    if (ended->code == 0) return {};
    const auto& words = ended->err.empty() ? ended->out : ended->err;
    return fail(FailureCode::Conflict, format("cls {} ended with {}\n{}", arguments.front(),
                                              ended->code, last_lines(words)));
  }

  std::vector<std::string> with_projects(std::vector<std::string> arguments) const {
    for (const auto& project : scenario_.projectFiles) {
      arguments.insert(arguments.end(), {"-p", project});
    }
    return arguments;
  }

  Result<> bootstrap() {
    for (const auto& placement : placements_) {
      std::vector<std::string> arguments{"bootstrap"};
      for (const auto& [option, value] :
           {std::pair{"--account", placement.account}, std::pair{"--region", placement.region},
            std::pair{"--stage", placement.stage}}) {
        if (value) arguments.insert(arguments.end(), {option, *value});
      }
      if (options_.dry_run) arguments.emplace_back("--dry-run");
      auto done = command(std::move(arguments), shared_.work + "/" + placement.folder());
      if (!done) return done;
    }
    return {};
  }

  Result<> verify() {
    auto arguments = with_projects({"verify"});
    if (options_.dry_run && !options_.verify_on_dry_run) arguments.emplace_back("--dry-run");
    return command(std::move(arguments), logs_);
  }

  Result<> deploy() {
    auto arguments = with_projects({"deploy", "--retry"});
    if (options_.dry_run) {
      arguments.emplace_back("--dry-run");
      said_ = "a dry run: nothing was deployed";
    }
    // From here on something may be there to be destroyed, however it ends.
    may_be_deployed_ = !options_.dry_run;
    auto done = command(std::move(arguments), logs_);
    is_surely_deployed_ = done.has_value();
    return done;
  }

  Result<> start() {
    auto& files = options_.virtual_time ? static_cast<FileSystem&>(virtual_files_) : shared_.files;
    auto home = local::Home::open_existing(files, home_);
    if (!home) return fail(home.error().code, home.error().message);
    opened_ = std::move(*home);
    return drive_->start();
  }

  Result<> upload() {
    Uploads uploads(scenario_);
    const Instant begin = drive_->now();
    while (true) {
      const auto due = uploads.next();
      if (due.empty()) break;
      for (const auto& one : due) {
        if (auto waited = drive_->wait_until(begin + one.after); !waited) return waited;
        const Uri uri = uri_of(one, drive_->now());
        const auto put = opened_->store().put(uri, bytes_of(one.store->record));
        if (!put) {
          return fail(put.error().code, format("{}: {}", one.store->place, put.error().message));
        }
        shared_.progress.done();
      }
      if (auto told = drive_->arrived(); !told) return told;
    }
    said_ = counted(uploads.count(), "object");
    return {};
  }

  Result<> watch(const WatchedStore& watched) {
    const Instant begin = drive_->now();
    const std::chrono::seconds limit(watched.timeoutSec);
    const auto pause = drive_->pause(std::chrono::seconds(watched.pollingSleepSec), limit);
    while (true) {
      const auto count = count_objects(opened_->store(), watched.uri, watched.objectCount);
      if (!count) {
        return fail(count.error().code, format("{}: {}", watched.place, count.error().message));
      }
      const auto waited = std::chrono::floor<std::chrono::seconds>(drive_->now() - begin);
      said_ = format("{}: {} of {}", watched.uri.to_string(), *count,
                     counted(watched.objectCount, "object"));
      if (*count >= watched.objectCount) return {};
      if (waited >= limit) return not_there(watched, waited);
      const auto left = std::min(pause, limit - waited);
      if (auto passed = drive_->wait_until(drive_->now() + left); !passed) return passed;
    }
  }

  /// With what the home says is wrong, for who has to find out.
  Result<> not_there(const WatchedStore& watched, std::chrono::seconds waited) {
    const auto status =
        commands_->run({"status", "--home", home_}, logs_, stop_, std::chrono::minutes(1));
    return fail(FailureCode::NotFound,
                format("{}: {} after {}\n{}", watched.place, said_, readable_duration(waited),
                       status ? "cls status:\n" + last_lines(status->out, 20) : ""));
  }

  Result<> destroy() {
    is_undoing_ = true;
    const bool in_haste = stop_.stop_requested();
    auto arguments = with_projects({"destroy"});
    if (in_haste) {
      arguments.insert(arguments.end(), {"--wait", "0"});
    } else {
      arguments.emplace_back("--retry");
    }
    auto done = command(std::move(arguments), logs_, in_haste);
    if (!done && !is_surely_deployed_ &&
        done.error().message.find("no project ") != std::string::npos) {
      said_ = "nothing was deployed";
      done = Result<>{};
    }
    // A home that others use as well may have more deployed in it.
    if (!done || !shared_.home.empty()) return done;
    return command({"bootstrap", "--destroy"}, logs_, in_haste);
  }

  const Scenario& scenario_;
  const Shared& shared_;
  const Options& options_;
  std::stop_token stop_;
  std::stop_token never_;
  std::vector<Placement> placements_;
  ManualClock virtual_clock_;
  scenario::VirtualFiles virtual_files_;
  std::string logs_;    ///< of its first placement
  std::string folder_;  ///< its own
  std::string home_;
  std::optional<Commands> commands_;
  std::unique_ptr<Drive> drive_;
  std::unique_ptr<local::Home> opened_;
  bool may_be_deployed_ = false;
  bool is_surely_deployed_ = false;
  bool is_undoing_ = false;
  bool failed_ = false;
  std::string said_;  ///< what a step has to say beside how it ended
  Outcome outcome_;
};

}  // namespace

std::uint64_t things_to_do(const Scenario& scenario, const Options& options) {
  if (options.verify_only) return 1;
  const std::uint64_t steps = options.dry_run || options.disable_destroy ? 3 : 4;
  if (options.dry_run || options.deploy_destroy_only) return steps;
  return steps + 2 + Uploads(scenario).count() + scenario.watchedStores.size();
}

Outcome run_flow(const Scenario& scenario, std::size_t number, const Shared& shared,
                 const std::stop_token& stop) {
  return Flow(scenario, number, shared, stop).run();
}

}  // namespace cls::user_scenario
