// SPDX-License-Identifier: Apache-2.0
#include "cli/app.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>
#include <new>

#include "base/error.h"
#include "base/format.h"
#include "cli/commands.h"
#include "cli/progress_line.h"
#include "cli/settings.h"
#include "cli/workspace.h"

namespace cls::cli {

namespace {

int dispatch(const Options& options, World& world) {
  switch (options.command) {
    case Command::Verify:
      return verify(options, world);
    case Command::Synth:
      return synth(options, world);
    case Command::Info:
      return info(options, world);
    case Command::Diff:
      return diff(options, world);
    case Command::Bootstrap:
      return bootstrap(options, world);
    case Command::Deploy:
      return deploy(options, world);
    case Command::Destroy:
      return destroy(options, world);
    case Command::Up:
      return up(options, world);
    case Command::Run:
      return run(options, world);
    case Command::Retry:
      return retry(options, world);
    case Command::Enable:
    case Command::Disable:
      return enable(options, world);
    case Command::Status:
      return status(options, world);
    case Command::Arcs:
    case Command::Boundaries:
    case Command::ArcsStatus:
    case Command::Datasets:
    case Command::DatasetsStatus:
    case Command::Projects:
    case Command::Placements:
      return report(options, world);
    case Command::Audit:
      return audit(options, world);
    case Command::Simulate:
      return simulate(options, world);
    case Command::Logs:
      return logs(options, world);
    case Command::Graph:
      return graph(options, world);
    case Command::Local:
      return local_script(options, world);
    case Command::Recover:
      return recover(options, world);
    case Command::Regions:
    case Command::Substrates:
      return known(options, world);
    case Command::Show:
      return show(options, world);
    case Command::Schema:
      return schema(options, world);
    case Command::Help:
      return help(options, world);
    case Command::Completion:
      return completion(options, world);
    case Command::Init:
      return init(options, world);
    case Command::Config:
      return config_show(options, world);
    case Command::ConfigInit:
      return config_init(options, world);
    case Command::Import:
      return refuse_import(options, world);
    case Command::None:
      break;
  }
  return static_cast<int>(ExitCode::Usage);
}

/// Says why a command ended, on standard error; in the log's form where there is one for programs.
int failed(const Options& options, World& world, const std::string& why, ExitCode code) {
  const bool logs = options.command == Command::Up || options.command == Command::Run;
  const auto wants_json = [&] {
    try {
      return logs && logs_json(options, world);
    } catch (const Error&) {
      return false;  // that is what is being said
    }
  };
  world.console.err(wants_json() ? json_log_line(world.clock.now(), LogLevel::Error, why)
                                 : format("cls: {}\n", why));
  return static_cast<int>(code);
}

/// -P chooses among what reports show, and nothing else.
void check_providers(const Options& options) {
  constexpr std::array reports{Command::Status,    Command::Arcs,           Command::ArcsStatus,
                               Command::Datasets,  Command::DatasetsStatus, Command::Boundaries,
                               Command::Projects,  Command::Placements,     Command::Regions,
                               Command::Substrates};
  if (options.placements.providers.empty()) return;
  if (std::ranges::find(reports, options.command) != reports.end()) return;
  throw Error(
      "--providers chooses what reports show; where a project runs is said by its placement, or "
      "by --substrate",
      ExitCode::Usage);
}

/// Shows how far a command is, as long as it lives.
class ShownProgress {
 public:
  ShownProgress(const Options& options, World& world) : world_(world) {
    const auto terminal = world.getenv("TERM").value_or("");
    if (!may_show_progress(world.console, terminal, options.quiet)) return;
    world.progress = &line_.emplace(world.console, world.clock);
  }
  ShownProgress(const ShownProgress&) = delete;
  ShownProgress& operator=(const ShownProgress&) = delete;
  ~ShownProgress() { world_.progress = nullptr; }

 private:
  World& world_;
  std::optional<ProgressLine> line_;
};

/// How a command ended.
struct Ended {
  int code = 0;
  bool may_pass = false;  ///< it could not go on, for a reason that may be gone in a while
};

Ended carry_out(const Options& options, World& world) {
  const auto could_not = [&](const std::string& why, ExitCode code) {
    return Ended{failed(options, world, why, code), code == ExitCode::Temporary};
  };
  const ShownProgress progress(options, world);
  try {
    check_properties(options);
    check_providers(options);
    return {dispatch(options, world)};
  } catch (const Error& error) {
    return could_not(error.what(), error.exit_code());
  } catch (const std::bad_alloc&) {
    return could_not("out of memory", ExitCode::Temporary);
  } catch (const std::exception& error) {
    return could_not(format("a fault of cls itself, please report it: {}", error.what()),
                     ExitCode::Failed);
  }
}

/// --retry: three attempts, with 30 and 60 seconds between them.
int carry_out_again(const Options& options, World& world) {
  // Standard input can be read once only.
  world.read_standard_input = [read = world.read_standard_input,
                               text = std::optional<std::string>()]() mutable {
    if (!text) text = read();
    return *text;
  };
  std::chrono::seconds pause{30};
  for (int attempts = 1;; ++attempts, pause *= 2) {
    const Ended ended = carry_out(options, world);
    if (!ended.may_pass || attempts == 3) return ended.code;
    world.console.err(format("cls: trying again in {} seconds\n", pause.count()));
    world.clock.sleep_for(pause);
  }
}

}  // namespace

int run(const std::vector<std::string>& arguments, World& world) {
  const auto parsed = parse_options(arguments, version);
  if (const auto* answer = std::get_if<Answer>(&parsed)) {
    world.console.out(answer->out);
    world.console.err(answer->err);
    return answer->exit_code;
  }
  const auto& options = std::get<Options>(parsed);
  return options.execution.retry ? carry_out_again(options, world) : carry_out(options, world).code;
}

}  // namespace cls::cli
