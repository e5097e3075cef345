// SPDX-License-Identifier: Apache-2.0
// cls run: deploys, takes in what is there, works until nothing is left.
#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/served_stores.h"
#include "cli/stop_request.h"
#include "cli/workspace.h"
#include "local/engine.h"
#include "local/owners.h"

namespace cls::cli {

namespace {

struct UnfinishedArc {
  flow::ArcRef arc;
  lot::LotSet lots;
};

/// The arcs with lots that ended missing or partial.
std::vector<UnfinishedArc> unfinished_arcs(const local::Engine& engine,
                                           const local::RunReport& report) {
  std::vector<UnfinishedArc> found;
  for (const auto& arc : engine.deployment().arcs()) {
    const auto lots = report.unfinished.find(local::arc_key(arc));
    if (lots != report.unfinished.end() && !lots->second.empty()) {
      found.push_back({arc, lots->second});
    }
  }
  return found;
}

std::string as_json(const local::RunReport& report, const std::vector<UnfinishedArc>& unfinished) {
  json::Value arcs = json::Value::array();
  for (const auto& one : unfinished) {
    json::Value arc = json::Value::object();
    arc.add("project", json::encode(one.arc.project->plan.project));
    arc.add("name", json::Value::string(one.arc.arc->name));
    arc.add("lots", json::Value::string(one.lots.to_string()));
    arcs.items.push_back(std::move(arc));
  }
  json::Value value = json::Value::object();
  value.add("arrivals", json::Value::number(static_cast<std::int64_t>(report.arrivals)));
  value.add("attempts", json::Value::number(static_cast<std::int64_t>(report.attempts)));
  value.add("openLots", json::encode(report.open_lots));
  value.add("unfinished", std::move(arcs));
  value.add("failures", json::encode(report.failures));
  return json::to_pretty(value) + "\n";
}

std::string as_text(const local::RunReport& report, const std::vector<UnfinishedArc>& unfinished) {
  std::string text = format("took in {}, ran {}\n", counted(report.arrivals, "object"),
                            counted(report.attempts, "attempt"));
  for (const auto& lot : report.open_lots) {
    text += format("open: {}; it is closed when its interval has ended, or now by --seal\n", lot);
  }
  for (const auto& one : unfinished) {
    text += format("not complete: {} {}: {}; after mending: cls retry {}\n", one.arc.to_string(),
                   counted(one.lots.count(), "lot"), one.lots.to_string(), one.arc.arc->name);
  }
  return text;
}

}  // namespace

int run(const Options& options, World& world) {
  const auto exit_code = [](int signal) { return 128 + signal; };
  StopRequest stop(world, exit_code);
  const flow::Since since = since_of(options, world, {.all = true, .at = std::nullopt});
  std::optional<CheckedProjects> checked;
  if (!options.projects.empty()) {
    auto found = check_projects(options, world, Purpose::RunHere);
    if (!found) return static_cast<int>(found.error());
    checked = std::move(*found);
  }
  const auto home = checked ? open_home(options, world) : existing_home(options, world);
  if (checked) deploy_projects(*home, world, *checked, since);
  ConsoleLog log(options, world, LogLevel::Warning);
  auto deployed = deployed_in(*home, log);
  const bool whole = deployed.broken.empty();
  const auto gateway = serve_stores(options, world, *home, log);
  local::Tenure tenure{.self = local::make_owner(world.ids), .held = {}};
  local::Engine engine({.home = *home,
                        .clock = world.clock,
                        .ids = world.ids,
                        .processes = world.processes,
                        .log = log,
                        .getenv = world.getenv,
                        .workload_environment = environment_of(gateway)},
                       std::move(deployed.deployment), local::Engine::Mode::Run, tenure);
  const StopRequest::Listener listener(stop, [&engine] { engine.request_stop(); });
  const auto report = engine.run(
      {.until_idle = options.until_idle, .seal = options.seal, .progress = world.progress});
  const auto unfinished = unfinished_arcs(engine, report);
  world.console.out(options.output == operate::Format::Json ? as_json(report, unfinished)
                                                            : as_text(report, unfinished));
  if (report.stopped) return exit_code(stop.signal());
  if (report.failure_count > 0 || !whole) return static_cast<int>(ExitCode::Failed);
  return static_cast<int>(unfinished.empty() ? ExitCode::Ok : ExitCode::Incomplete);
}

}  // namespace cls::cli
