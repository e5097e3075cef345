// SPDX-License-Identifier: Apache-2.0
#include "scenario/stage.h"

#include <cstdlib>

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

Stage::Stage(const std::string& directory, Instant start, Command command)
    : sandbox_(directory),
      clock_(start),
      files_(disk_, clock_),
      ids_(clock_),
      command_(std::move(command)) {
  variables_["CLS_HOME"] = sandbox_.home();
  variables_["HOME"] = sandbox_.root();
  // Workloads need their interpreters; nothing else of the machine's environment is seen.
  if (const char* path = std::getenv("PATH")) variables_["PATH"] = path;
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
                   .end_now = {}};
  last_.exit_code = command_(arguments, world);
  return last_;
}

}  // namespace cls::scenario
