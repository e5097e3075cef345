// SPDX-License-Identifier: Apache-2.0
#include "scenario/stage.h"

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"

namespace cls::scenario {

namespace {

/// Keeps what a command prints. Thread-safe.
class KeptConsole final : public cli::Console {
 public:
  explicit KeptConsole(Outcome& outcome) : outcome_(outcome) {}
  void out(std::string_view text) override {
    const std::lock_guard lock(mutex_);
    outcome_.out += text;
  }
  void err(std::string_view text) override {
    const std::lock_guard lock(mutex_);
    outcome_.err += text;
  }

 private:
  std::mutex mutex_;
  Outcome& outcome_;
};

Result<> done(const std::error_code& error, const std::string& path) {
  if (!error) return {};
  return fail(FailureCode::Unavailable, format("{}: {}", path, error.message()));
}

std::error_code make_parent(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  return error;
}

}  // namespace

Result<ProcessResult> CountedProcesses::run(const ProcessSpec& spec, const std::stop_token& stop,
                                            const Started& started) {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  return processes_.run(spec, stop, started);
}

std::size_t CountedProcesses::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

Stage::Stage(const std::string& directory, Instant start, Command command, std::string program,
             Where where)
    : sandbox_(directory),
      clock_(start),
      files_(disk_, clock_),
      ids_(clock_),
      command_(std::move(command)),
      program_(std::move(program)) {
  variables_["CLS_HOME"] = sandbox_.home();
  variables_["HOME"] = sandbox_.root();
  // Workloads need their interpreters; nothing else of the machine's environment is seen.
  if (const char* path = std::getenv("PATH")) variables_["PATH"] = path;
  if (where == Where::Files) return;
  served_ = std::make_unique<Served>(sandbox_, variables_["PATH"]);
  variables_.merge(served_->environment());
}

/// `arguments`, and where the buckets are.
Result<std::vector<std::string>> Stage::placed(const std::vector<std::string>& arguments) {
  if (!served_ || arguments.empty()) return arguments;
  if (auto stamped = served_->stamp(); !stamped) return pass(std::move(stamped));
  auto all = served_->options();
  if (all) all->insert(all->end(), arguments.begin(), arguments.end());
  return all;
}

void Stage::move_clock(Instant to) {
  const Instant now = clock_.now();
  if (to >= now) {
    clock_.advance(to - now);
  } else {
    clock_.set(to);
  }
}

const Outcome& Stage::run(const std::vector<std::string>& arguments) {
  last_ = Outcome{.command = "cls " + join(arguments, " "), .exit_code = 0, .out = {}, .err = {}};
  KeptConsole console(last_);
  cli::World world{.console = console,
                   .clock = clock_,
                   .files = files_,
                   .ids = ids_,
                   .processes = processes_,
                   .working_directory = sandbox_.root(),
                   .getenv = [this](const std::string& name) -> std::optional<std::string> {
                     const auto found = variables_.find(name);
                     if (found == variables_.end()) return std::nullopt;
                     return found->second;
                   },
                   .read_standard_input = [] { return std::string(); },
                   .on_stop = [](const std::function<void(int signal)>&) {},
                   .end_now = {},
                   .network_clock = &network_clock_};
  const auto all = placed(arguments);
  if (!all) throw Error(all.error().message);
  last_.exit_code = command_(*all, world);
  return last_;
}

Result<> Stage::act(const Hold& hold) {
  const std::string path = sandbox_.resolve(hold.path);
  if (auto made = done(make_parent(path), path); !made) return made;
  auto [found, opened] = held_.try_emplace(path);
  if (opened) found->second.open(path, std::ios::binary | std::ios::trunc);
  found->second << hold.text << std::flush;
  if (found->second) return {};
  return fail(FailureCode::Unavailable, format("cannot write {}", path));
}

Result<> Stage::act(const Close& close) {
  const std::string path = sandbox_.resolve(close.path);
  if (held_.erase(path) == 1) return {};
  return fail(FailureCode::NotFound, format("{} is not held", path));
}

Result<> Stage::act(const Link& link) {
  const std::string to = sandbox_.resolve(link.to);
  std::error_code error = make_parent(to);
  std::filesystem::create_hard_link(sandbox_.resolve(link.from), to, error);
  return done(error, to);
}

Result<> Stage::act(const Symlink& symlink) {
  const std::string path = sandbox_.resolve(symlink.path);
  std::error_code error = make_parent(path);
  std::filesystem::create_symlink(symlink.target, path, error);
  return done(error, path);
}

Result<> Stage::act(const Up& up) {
  if (program_.empty()) {
    return fail(FailureCode::Invalid, "up needs the program: scenario --cls FILE");
  }
  if (resident_) return fail(FailureCode::Conflict, "one is up already");
  resident_ = std::make_unique<Resident>(program_, sandbox_.root(), variables_);
  last_ = Outcome{.command = "cls up", .exit_code = 0, .out = {}, .err = {}};
  auto arguments = placed(up.arguments);
  if (!arguments) return pass(std::move(arguments));
  auto started = resident_->start(*arguments);
  keep_up();
  return started;
}

Result<> Stage::act(const Stop&) {
  if (!resident_) return fail(FailureCode::NotFound, "none is up");
  auto stopped = resident_->stop();
  last_ = Outcome{.command = "cls up", .exit_code = 0, .out = {}, .err = resident_->log()};
  resident_.reset();
  return stopped;
}

void Stage::keep_up() {
  if (!resident_) return;
  move_clock(SystemClock().now());
  if (last_.command == "cls up") last_.err = resident_->log();
}

}  // namespace cls::scenario
