// SPDX-License-Identifier: Apache-2.0
#include "cli/workspace.h"

#include <algorithm>
#include <filesystem>

#include "base/format.h"
#include "base/text.h"
#include "cli/project_parts.h"
#include "cli/project_sources.h"
#include "local/owners.h"

namespace cls::cli {

namespace {

model::Substrate substrate_of(const model::LoadedDocument& document, const Options& options,
                              Purpose purpose) {
  if (purpose == Purpose::RunHere || options.substrate == "local") return model::Substrate::Local;
  if (options.substrate == "aws") return model::Substrate::Aws;
  return document.model.placement.provider == "aws" ? model::Substrate::Aws
                                                    : model::Substrate::Local;
}

/// Where --store says that buckets are.
local::StoreContext store_context(const Options& options, World& world) {
  Clock& network = world.network_clock == nullptr ? world.clock : *world.network_clock;
  local::StoreContext context{
      .map = {}, .clock = &world.clock, .network_clock = &network, .getenv = world.getenv};
  for (const auto& text : options.stores) {
    const auto added = context.map.add(text, world.working_directory);
    if (!added) throw Error("--store " + added.error().message, ExitCode::Usage);
  }
  return context;
}

void need_stores(const Result<>& checked) {
  if (!checked) throw refusal(checked.error());
}

/// The home, there or not; nullopt where nothing says which.
std::optional<std::string> named_home(const Options& options, const World& world) {
  if (!options.home.empty()) return absolute(options.home, world);
  if (const auto named = world.getenv("CLS_HOME"); named && !named->empty()) {
    return absolute(*named, world);
  }
  const auto user = world.getenv("HOME");
  if (!user || user->empty()) return std::nullopt;
  return absolute(*user + "/.local/share/clusterless", world);
}

/// `run` tells itself how far it is, and `up` never ends.
void observe(local::Home& home, const Options& options, World& world) {
  const bool works = options.command == Command::Run || options.command == Command::Up;
  if (!works && world.progress != nullptr) home.observe(*world.progress);
}

/// What the home holds already, if there is one; kept as long as the answers are needed.
struct Present {
  std::unique_ptr<local::Home> home;
  local::DeployedProjects projects;
  model::Deployed view;
};

Present present_in(const Options& options, World& world) {
  Present present;
  const auto directory = named_home(options, world);
  if (!directory) return present;  // whoever needs one says so
  auto home = local::Home::open_existing(world.files, *directory, store_context(options, world));
  if (!home) {
    if (home.error().code != FailureCode::NotFound) throw refusal(home.error());
    return present;
  }
  need_stores((*home)->stores().check());
  present.home = std::move(*home);
  observe(*present.home, options, world);
  present.projects = deployed_in(*present.home, world);
  present.view = local::deployed_view(*present.projects.deployment, present.home->store());
  return present;
}

json::Value to_json(const Diagnostic& problem) {
  json::Value value = json::Value::object();
  value.add("severity",
            json::Value::string(problem.severity == Severity::Error ? "error" : "warning"));
  value.add("file", json::Value::string(problem.file));
  value.add("line", json::Value::number(static_cast<std::int64_t>(problem.line)));
  value.add("column", json::Value::number(static_cast<std::int64_t>(problem.column)));
  value.add("pointer", json::Value::string(problem.pointer));
  value.add("message", json::Value::string(problem.message));
  value.add("hint", json::Value::string(problem.hint));
  return value;
}

void print(const Diagnostics& problems, const Options& options, Purpose purpose, World& world) {
  if (purpose == Purpose::Verify && options.output == operate::Format::Json) {
    json::Value list = json::Value::array();
    for (const auto& problem : problems.all()) list.items.push_back(to_json(problem));
    world.console.out(json::to_pretty(list) + "\n");
    return;
  }
  std::string text;
  for (const auto& problem : problems.all()) text += problem.to_string() + "\n";
  world.console.err(text);
}

LogLevel log_level(const Options& options, const World& world, LogLevel least) {
  const auto wanted =
      options.log_level.empty() ? world.getenv("CLS_LOG_LEVEL").value_or("") : options.log_level;
  for (const auto level : {LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error}) {
    if (name_of(level) == wanted) return level;
  }
  if (!wanted.empty()) {
    throw Error(format("CLS_LOG_LEVEL is {}; it may be debug, info, warning or error", wanted),
                ExitCode::Usage);
  }
  if (options.verbose >= 2) return LogLevel::Debug;
  if (options.verbose == 1) return std::min(least, LogLevel::Info);
  return least;
}

}  // namespace

ConsoleLog::ConsoleLog(const Options& options, World& world, LogLevel least)
    : console_(world.console),
      clock_(world.clock),
      least_(log_level(options, world, least)),
      json_(logs_json(options, world)) {}

void ConsoleLog::write(LogLevel level, std::string_view line, const LogFields& about) {
  if (level < least_) return;
  console_.err(json_ ? json_log_line(clock_.now(), level, line, about)
                     : text_log_line(level, line));
}

bool logs_json(const Options& options, const World& world) {
  if (!options.log.empty()) return options.log == "json";
  const auto wanted = world.getenv("CLS_LOG").value_or("");
  if (wanted.empty() || wanted == "text") return false;
  if (wanted == "json") return true;
  throw Error(format("CLS_LOG is {}; it may be text or json", wanted), ExitCode::Usage);
}

Error refusal(const Failure& failure) {
  const bool in_the_way =
      failure.code == FailureCode::Conflict || failure.code == FailureCode::Unsupported;
  return in_the_way ? Error(failure.message, ExitCode::Refused) : Error(failure);
}

std::string absolute(const std::string& path, const World& world) {
  std::string text =
      (std::filesystem::path(world.working_directory) / path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string home_directory(const Options& options, const World& world) {
  auto directory = named_home(options, world);
  if (!directory) {
    throw Error("no home: name one with --home DIR, or set CLS_HOME", ExitCode::Usage);
  }
  return std::move(*directory);
}

std::unique_ptr<local::Home> open_home(const Options& options, World& world) {
  auto home = local::Home::open(world.files, world.ids, home_directory(options, world),
                                cli::version, store_context(options, world));
  if (!home) throw refusal(home.error());
  need_stores((*home)->stores().check());
  need_stores((*home)->stores().check_records());
  observe(**home, options, world);
  return std::move(*home);
}

std::unique_ptr<local::Home> existing_home(const Options& options, World& world) {
  auto home = local::Home::open_existing(world.files, home_directory(options, world),
                                         store_context(options, world));
  if (!home) throw refusal(home.error());
  need_stores((*home)->stores().check());
  observe(**home, options, world);
  return std::move(*home);
}

local::DeployedProjects deployed_in(local::Home& home, Log& log) {
  auto deployed = local::read_deployed(home);
  if (!deployed) throw Error(deployed.error());
  for (const auto& broken : deployed->broken) log.error(format("left out: {}", broken));
  return std::move(*deployed);
}

local::DeployedProjects deployed_in(local::Home& home, World& world) {
  auto deployed = local::read_deployed(home);
  if (!deployed) throw Error(deployed.error());
  for (const auto& broken : deployed->broken) {
    world.console.err(format("warning: left out: {}\n", broken));
  }
  return std::move(*deployed);
}

tl::expected<CheckedProjects, ExitCode> check_projects(const Options& options, World& world,
                                                       Purpose purpose,
                                                       const FurtherCheck& further) {
  Diagnostics problems;
  model::Options checks{.substrate = model::Substrate::Local,
                        .strict = purpose != Purpose::Verify,
                        .version = cli::version};
  CheckedProjects checked{
      .documents = model::load(read_sources(options, world, problems), checks, problems)};
  leave_out(options.parts, checked.documents);
  std::vector<model::LoadedDocument> here;
  std::vector<model::LoadedDocument> on_aws;
  for (const auto& document : checked.documents) {
    const bool aws = substrate_of(document, options, purpose) == model::Substrate::Aws;
    (aws ? on_aws : here).push_back(document);
  }
  if (!here.empty()) {
    const Present present = present_in(options, world);
    model::validate(here, checks, present.view, problems);
    local::check_directories(world.files, here, world.working_directory, problems);
  }
  if (!on_aws.empty()) {
    checks.substrate = model::Substrate::Aws;
    model::validate(on_aws, checks, {}, problems);
    checked.for_aws = true;
    if (further && !problems.has_errors()) further(on_aws, problems);
  }
  problems.sort();
  print(problems, options, purpose, world);
  if (problems.has_errors()) {
    if (purpose != Purpose::Verify) world.console.err("cls: nothing was changed\n");
    return tl::unexpected(problems.only_refusals() ? ExitCode::Refused : ExitCode::Failed);
  }
  return checked;
}

flow::Since since_of(const Options& options, const World& world, const flow::Since& otherwise) {
  if (options.since.empty()) return otherwise;
  if (options.since == "all") return {.all = true, .at = std::nullopt};
  if (options.since == "now") return {};
  const auto at = lot::parse_moment(options.since, world.clock.now());
  if (!at) {
    throw Error(
        format("--since {}: {}; now, all, a time or a lot id", options.since, at.error().message),
        ExitCode::Usage);
  }
  return {.all = false, .at = *at};
}

void deploy_projects(local::Home& home, World& world, const CheckedProjects& projects,
                     const flow::Since& since) {
  const auto deployed = local::deploy(home, world.clock,
                                      {.documents = projects.documents,
                                       .since = since,
                                       .by = local::make_owner(world.ids).id,
                                       .working_directory = world.working_directory,
                                       .progress = world.progress});
  if (!deployed) throw refusal(deployed.error());
  world.console.show_progress("");  // what comes next may be quiet for ever
  for (const auto& one : *deployed) {
    std::string line =
        format("deployed {}: {}, {}", one.project.to_string(),
               counted(one.boundaries, "boundary", "boundaries"), counted(one.arcs, "arc"));
    if (one.retried > 0) {
      line += format("; {} of changed arcs will be tried again", counted(one.retried, "lot"));
    }
    world.console.out(line + "\n");
  }
}

operate::Look look_of(const Options& options, const World& world) {
  return {.width = world.console.width(), .local_time = options.local_time};
}

operate::ReportFilter filter_of(const Options& options, const World& world) {
  operate::ReportFilter filter;
  filter.projects = options.project_filter;
  filter.names = options.names;
  filter.placements = {.providers = options.placements.providers,
                       .account = options.placements.account,
                       .region = options.placements.region,
                       .stage = options.placements.stage};
  for (const auto& label : options.labels) {
    const auto equals = label.find('=');
    if (equals == std::string::npos) {
      throw Error(format("--label {}: write key=value", label), ExitCode::Usage);
    }
    filter.labels[label.substr(0, equals)] = label.substr(equals + 1);
  }
  const auto moment = [&](const std::string& text, std::string_view option) {
    std::optional<lot::Moment> at;
    if (text.empty()) return at;
    auto parsed = lot::Moment::parse(text, world.clock.now());
    if (!parsed) {
      throw Error(format("{} {}: {}", option, text, parsed.error().message), ExitCode::Usage);
    }
    at = *parsed;
    return at;
  };
  filter.earliest = moment(options.earliest, "--earliest");
  filter.latest = moment(options.latest, "--latest");
  return filter;
}

}  // namespace cls::cli
