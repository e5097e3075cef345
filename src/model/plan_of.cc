// SPDX-License-Identifier: Apache-2.0
#include "model/plan_of.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace cls::model {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

/// True for the reference's types, which keep its defaults.
template <class T>
constexpr bool is_aws = T::type.starts_with("aws:");

bool is_origin(const json::Member& member) {
  return member.key == directory_extra || member.key == declaration_extra;
}

std::string text_extra(const json::Extras& extras, std::string_view key) {
  const auto found = std::ranges::find(extras, key, &json::Member::key);
  return found != extras.end() && found->value.kind == json::Kind::String ? found->value.text
                                                                          : std::string();
}

/// `path` as seen from `directory`; `..` stays, because a link may be on the way.
std::string seen_from(const std::string& directory, std::string_view path) {
  if (directory.empty() || path.empty() || path.starts_with('/')) return std::string(path);
  while (path.starts_with("./")) path.remove_prefix(2);
  if (path.empty() || path == ".") return directory;
  return (directory.ends_with('/') ? directory : directory + '/') + std::string(path);
}

/// What the component says, else its project, else its file.
Labels labels_of(const Deployable& deployable, const Labels& own) {
  Labels labels = own;
  labels.insert(deployable.project.labels.begin(), deployable.project.labels.end());
  labels.insert(deployable.labels.begin(), deployable.labels.end());
  return labels;
}

template <class Listener>
BoundaryPlan boundary_plan(const Deployable& deployable, const Listener& boundary) {
  const bool frequent = boundary.is_frequent();
  BoundaryPlan plan;
  plan.name = boundary.name;
  plan.dataset = boundary.dataset;
  plan.unit = boundary.lotUnit.unit;
  plan.arrival = frequent ? EventArrival::frequent : EventArrival::infrequent;
  plan.lot_source = boundary.lot_source();
  plan.key_regex = boundary.keyRegex.value_or("");
  plan.settle = seconds(boundary.settleSec.value_or(frequent ? 60 : 0));
  plan.quiet = seconds(boundary.quietSec);
  plan.lateness = boundary.lateness;
  plan.max_ahead_lots = boundary.maxAheadLots;
  plan.overwrites = boundary.overwrites;
  plan.empty_lots =
      boundary.emptyLots.value_or(is_aws<Listener> ? EmptyLots::publish : EmptyLots::skip);
  plan.poll = seconds(boundary.pollSec);
  plan.filter = boundary.filter;
  plan.hide_unfinished = !is_aws<Listener>;
  plan.labels = labels_of(deployable, boundary.labels);
  return plan;
}

CopyPlan copy_plan(const S3CopyProps& props, OnConflict usual) {
  CopyPlan plan;
  plan.filter = props.filter;
  plan.partial_fraction = props.failArcOnPartialPercent;
  plan.on_conflict = props.onConflict.value_or(usual);
  return plan;
}

CommandPlan command_plan(const std::vector<std::string>& command, const Environment& environment,
                         const std::string& working_dir, const std::string& directory) {
  CommandPlan plan;
  plan.command = command;
  plan.environment = environment;
  for (auto& [name, value] : plan.environment) {
    if (value.from == EnvironmentValue::From::File) value.text = seen_from(directory, value.text);
  }
  plan.working_dir = seen_from(directory, working_dir);
  return plan;
}

/// The workload of each type that runs on one machine, and its time limit.
void take_workload(const CopyWorkload& copy, const std::string&, ArcPlan& plan) {
  CopyPlan workload = copy_plan(copy.workloadProps, OnConflict::beside);
  for (const auto& rule : copy.workloadProps.rename) {
    workload.rename.push_back({rule.match, rule.to});
  }
  workload.partition = copy.workloadProps.partition;
  plan.workload = std::move(workload);
  plan.workload_props = json::encode(copy.workloadProps);
  plan.timeout = minutes(copy.runtimeProps.timeoutMin);
}

void take_workload(const S3CopyWorkload& copy, const std::string&, ArcPlan& plan) {
  plan.workload = copy_plan(copy.workloadProps, OnConflict::replace);
  plan.workload_props = json::encode(copy.workloadProps);
  plan.timeout = minutes(copy.runtimeProps.timeoutMin);
}

void take_workload(const CommandWorkload& command, const std::string& directory, ArcPlan& plan) {
  const std::string working_dir = command.workingDir.value_or(command.imagePath.value_or(""));
  CommandPlan workload = command_plan(command.command, command.environment, working_dir, directory);
  workload.manifest = command.manifest;
  workload.memory_mb = command.memorySizeMB.value_or(0);
  workload.cpus = command.cpu.value_or(0);
  workload.sandbox = command.sandbox;
  workload.image = command.image.value_or("");
  if (command.imagePath) workload.image_path = workload.working_dir;
  workload.on_conflict = command.onConflict;
  workload.fetch = command.fetch;
  plan.workload = std::move(workload);
  plan.workload_props = command.workloadProps;
}

void take_workload(const BatchWorkload& batch, const std::string& directory, ArcPlan& plan) {
  CommandPlan workload = command_plan(batch.command, batch.environment, batch.imagePath, directory);
  workload.manifest = ManifestMode::workload;
  workload.memory_mb = batch.batchRuntimeProps.memorySizeMB;
  workload.image_path = workload.working_dir;
  workload.on_conflict = OnConflict::replace;
  plan.workload = std::move(workload);
  plan.workload_props = batch.workloadProps;
  plan.timeout = minutes(batch.batchRuntimeProps.timeoutMin);
}

template <class T>
ArcPlan arc_plan(const Deployable& deployable, const T& arc) {
  ArcPlan plan;
  plan.name = arc.name;
  plan.type = T::type;
  plan.sources = arc.sources;
  plan.sinks = arc.sinks;
  plan.attempts = arc.attempts;
  plan.backoff = seconds(arc.backoffSec);
  plan.lease = seconds(arc.leaseSec);
  plan.concurrency = arc.concurrency;
  plan.parallel = arc.parallel;
  plan.declaration = text_extra(arc.extras, declaration_extra);
  plan.labels = labels_of(deployable, arc.labels);
  plan.timeout = minutes(15);
  take_workload(arc.workload, text_extra(arc.extras, directory_extra), plan);
  if (arc.timeoutMin) plan.timeout = minutes(*arc.timeoutMin);
  return plan;
}

/// Calls `body` for every component of a list that is not excluded and runs on one machine.
template <class Variant, class Body>
void each_that_runs(const std::vector<Variant>& list, Body&& body) {
  for (const auto& component : list) {
    std::visit(
        [&]<class T>(const T& alternative) {
          if constexpr (!std::is_same_v<T, Undecoded>) {
            if constexpr (T::runs.local) {
              if (!alternative.exclude) body(alternative);
            }
          }
        },
        component);
  }
}

/// Appends what `from` has, lists in order; of labels and extras the first of a name counts.
template <class T>
void append(std::vector<T>& to, std::vector<T>&& from) {
  std::ranges::move(from, std::back_inserter(to));
}

void join_extras(json::Extras& to, json::Extras&& from) {
  for (auto& member : from) {
    const bool known = std::ranges::find(to, member.key, &json::Member::key) != to.end();
    if (!known) to.push_back(std::move(member));
  }
}

void join_document(Deployable& to, Deployable&& from) {
  append(to.resources, std::move(from.resources));
  append(to.activities, std::move(from.activities));
  append(to.boundaries, std::move(from.boundaries));
  append(to.barriers, std::move(from.barriers));
  append(to.arcs, std::move(from.arcs));
  to.labels.merge(from.labels);
  to.project.labels.merge(from.project.labels);
  join_extras(to.project.extras, std::move(from.project.extras));
  join_extras(to.placement.extras, std::move(from.placement.extras));
  join_extras(to.extras, std::move(from.extras));
  if (!to.required_version) to.required_version = std::move(from.required_version);
}

}  // namespace

ProjectPlan plan_of(const Deployable& deployable) {
  ProjectPlan plan;
  const ProjectId& project = deployable.project;
  plan.project = project;
  plan.placement = resolved(deployable.placement);
  each_that_runs(deployable.resources, [&]<class T>(const T& resource) {
    if constexpr (std::is_base_of_v<BucketResource, T>) plan.buckets.push_back(resource.bucketName);
  });
  each_that_runs(deployable.boundaries, [&](const auto& boundary) {
    plan.boundaries.push_back(boundary_plan(deployable, boundary));
  });
  each_that_runs(deployable.arcs,
                 [&](const auto& arc) { plan.arcs.push_back(arc_plan(deployable, arc)); });
  return plan;
}

void set_origin(Arc& arc, const std::string& directory, const std::string& declaration) {
  std::visit(
      [&]<class T>(T& alternative) {
        if constexpr (std::is_same_v<T, Undecoded>) {
          throw Error("an arc that could not be read has no origin");
        } else {
          std::erase_if(alternative.extras, is_origin);
          alternative.extras.push_back(
              {std::string(directory_extra), json::Value::string(directory), 0});
          alternative.extras.push_back(
              {std::string(declaration_extra), json::Value::string(declaration), 0});
        }
      },
      arc);
}

std::string declaration_json(const Arc& arc) {
  json::Value value = to_json(arc);
  std::erase_if(value.members, is_origin);
  return json::to_text(value);
}

std::vector<Deployable> merged(std::vector<Deployable> documents) {
  std::vector<Deployable> result;
  for (auto& document : documents) {
    const ProjectId& project = document.project;
    const Placement placement = resolved(document.placement);
    const auto same = std::ranges::find_if(result, [&](const Deployable& one) {
      const ProjectId& other = one.project;
      return other == project && resolved(one.placement) == placement;
    });
    if (same == result.end()) {
      result.push_back(std::move(document));
    } else {
      join_document(*same, std::move(document));
    }
  }
  return result;
}

}  // namespace cls::model
