// SPDX-License-Identifier: Apache-2.0
// cls local: one attempt of an arc as a shell script, or run here and now.
#include <algorithm>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/workspace.h"
#include "flow/sources.h"
#include "local/stores.h"
#include "work/containers.h"
#include "work/local_script.h"

namespace cls::cli {

namespace {

/// What is deployed in the home, or what the project files would deploy.
struct Stage {
  std::unique_ptr<local::Home> home;
  std::unique_ptr<const flow::Deployment> deployment;
};

Stage stage_of(const Options& options, World& world) {
  if (options.projects.empty()) {
    auto home = existing_home(options, world);
    auto deployed = deployed_in(*home, world);
    return {std::move(home), std::move(deployed.deployment)};
  }
  const auto checked = check_projects(options, world, Purpose::RunHere);
  if (!checked) throw Error("the project files cannot be used", checked.error());
  auto home = existing_home(options, world);
  auto planned = local::planned(*home, {.documents = checked->documents,
                                        .since = {},
                                        .by = {},
                                        .working_directory = world.working_directory,
                                        .progress = world.progress});
  if (!planned) throw Error(planned.error());
  return {std::move(home), std::move(*planned)};
}

flow::ArcRef arc_of(const Options& options, const flow::Deployment& deployment) {
  std::vector<flow::ArcRef> found;
  std::vector<std::string> names;
  for (const auto& arc : deployment.arcs()) {
    names.push_back(arc.arc->name);
    if (lower(arc.arc->name) == lower(options.arc)) found.push_back(arc);
  }
  if (found.size() == 1) return found.front();
  if (found.size() > 1) {
    throw Error(format("{} projects have an arc '{}': say which by -p", found.size(), options.arc));
  }
  const auto near = closest(options.arc, names);
  throw Error(format("no arcs found for: {}{}", options.arc,
                     near            ? format("; did you mean '{}'?", *near)
                     : names.empty() ? "; none is deployed, and no -p given"
                                     : "; there are: " + join(names, ", ")));
}

/// A source of the lot as it is published; else the manifest that would be, without members.
flow::WorkloadSource source_of(const Options& options, World& world, flow::SourceReader& reader,
                               const flow::ArcRef& arc, const lot::LotId& lot,
                               const std::string& role, const model::SourceDataset& declared) {
  const auto published = reader.find(*arc.project, declared.id(), lot);
  if (!published) throw Error(published.error());
  flow::WorkloadSource source;
  source.role = role;
  source.subscribed = declared.subscribe;
  if (*published) {
    auto members = reader.members(*arc.project, **published);
    if (!members) throw Error(members.error());
    source.dataset = (*published)->dataset;
    source.manifest = (*published)->manifest;
    source.state = (*published)->state;
    source.members = std::move(*members);
  } else {
    world.console.err(format("warning: {} has not published {}: the source '{}' has no members\n",
                             declared.id().to_string(), lot.to_string(), role));
    source.dataset.name = declared.name;
    source.dataset.version = declared.version;
    source.manifest = arc.project->places.manifest(declared.id(), lot, source.state);
  }
  if (!options.manifest_state.empty()) {
    source.state = json::from_name<record::ManifestState>(options.manifest_state)
                       .value_or(record::ManifestState::complete);
    const bool of_attempt = source.state == record::ManifestState::partial ||
                            source.state == record::ManifestState::removed;
    source.manifest =
        arc.project->places.manifest(declared.id(), lot, source.state, of_attempt ? "0" : "");
  }
  return source;
}

/// Where --store says that buckets of S3 are.
std::function<std::optional<work::S3Location>(const std::string&)> buckets_on_s3(
    const Options& options, const World& world) {
  local::StoreMap map;
  for (const auto& text : options.stores) {
    // What is wrong with one was said when the home was opened.
    static_cast<void>(map.add(text, world.working_directory));
  }
  return [places = map.s3](const std::string& bucket) -> std::optional<work::S3Location> {
    const auto found = places.find(bucket);
    if (found == places.end()) return std::nullopt;
    const auto& place = found->second;
    return work::S3Location{place.endpoint.to_string(), place.bucket, place.region};
  };
}

int run_script(World& world, const std::string& scratch, const std::string& script,
               std::chrono::seconds timeout) {
  auto made = world.files.make_directories(scratch);
  if (!made) throw Error(made.error());
  ProcessSpec spec;
  spec.command = {"bash", "-c", script};
  // What the engine of containers and the AWS CLI look for, too.
  for (const char* name :
       {"PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
        "XDG_DATA_HOME", "DOCKER_HOST", "DOCKER_CONFIG", "CONTAINER_HOST", "AWS_PROFILE",
        "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"}) {
    if (auto value = world.getenv(name)) spec.environment[name] = std::move(*value);
  }
  spec.working_directory = scratch;
  spec.stdout_path = scratch + "/stdout";
  spec.stderr_path = scratch + "/stderr";
  spec.timeout = timeout;
  const auto result = world.processes.run(spec, {}, [](int) {});
  if (!result) throw Error(result.error());
  if (const auto out = world.files.read(spec.stdout_path)) world.console.out(*out);
  if (const auto err = world.files.read(spec.stderr_path)) world.console.err(*err);
  const bool well = result->end == ProcessEnd::Exited && result->code == 0;
  world.console.err(format("cls: {} after {:.1f} s; its output is in {}\n",
                           result->end == ProcessEnd::Exited
                               ? format("ended with exit status {}", result->code)
                               : format("ended by signal {}", result->code),
                           static_cast<double>(result->wall.count()) / 1000, scratch));
  return static_cast<int>(well ? ExitCode::Ok : ExitCode::Failed);
}

}  // namespace

int local_script(const Options& options, World& world) {
  const auto lot = lot::LotId::parse(options.lot);
  if (!lot) throw Error(format("--lot {}: {}", options.lot, lot.error().message), ExitCode::Usage);
  const Stage stage = stage_of(options, world);
  const flow::ArcRef arc = arc_of(options, *stage.deployment);
  if (!std::holds_alternative<model::CommandPlan>(arc.arc->workload)) {
    throw Error(
        format("local exec is unsupported by this arc: {}; only arcs that run a command "
               "can be run by hand",
               arc.arc->type));
  }
  if (!options.role.empty() &&
      std::ranges::find(arc.arc->sources, options.role,
                        &std::pair<std::string, model::SourceDataset>::first) ==
          arc.arc->sources.end()) {
    throw Error(format("arc '{}' has no source with the role '{}'", arc.arc->name, options.role));
  }
  flow::LedgerLogs logs(stage.home->store());
  flow::SourceReader reader(stage.home->store(), *stage.deployment, logs);
  flow::WorkloadContext context{.project = arc.project->plan,
                                .arc = *arc.arc,
                                .places = arc.project->places,
                                .lot = *lot,
                                .attempt = world.ids.next(),
                                .sources = {},
                                .woken_by = options.role,
                                .stop = {}};
  for (const auto& [role, declared] : arc.arc->sources) {
    context.sources.push_back(source_of(options, world, reader, arc, *lot, role, declared));
  }
  auto& stores = stage.home->stores();
  ConsoleLog log(options, world, LogLevel::Warning);
  work::Containers containers({.files = world.files,
                               .processes = world.processes,
                               .log = log,
                               .getenv = world.getenv,
                               .folder = stage.home->containers(),
                               .attempts = stage.home->attempts(),
                               .home_id = stage.home->id()});
  const work::CommandHost host{
      .files = world.files,
      .attempts_dir = {},
      .stores_dir = stage.home->stores_directory(),
      .local_path = [&stores](const Uri& uri) { return stores.local_path(uri); },
      .getenv = world.getenv,
      .started = {},
      .containers = &containers};
  const std::string scratch =
      absolute(options.scratch.empty() ? format("cls-local/{}-{}", arc.arc->name, lot->to_string())
                                       : options.scratch,
               world);
  const auto script = work::local_script(
      context, host,
      {.scratch = scratch, .now = world.clock.now(), .locate = buckets_on_s3(options, world)});
  if (!script) throw Error(script.error().message);
  if (options.run) return run_script(world, scratch, *script, arc.arc->timeout);
  world.console.out(*script);
  return 0;
}

}  // namespace cls::cli
