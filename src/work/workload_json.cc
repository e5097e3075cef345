// SPDX-License-Identifier: Apache-2.0
#include "work/workload_json.h"

#include <algorithm>
#include <string_view>

#include "base/format.h"
#include "base/text.h"

namespace cls::work {

using json::Value;

namespace {

Value dataset_json(const model::SinkDataset& dataset) {
  Value value = Value::object();
  value.add("name", Value::string(dataset.name));
  value.add("version", Value::string(dataset.version));
  value.add("pathURI", Value::string(dataset.pathURI));
  return value;
}

Value event_json(const flow::WorkloadContext& context, const flow::WorkloadSource& source) {
  Value event = Value::object();
  event.add("dataset", dataset_json(source.dataset));
  event.add("lot", Value::string(context.lot.to_string()));
  event.add("manifest", Value::string(source.manifest.to_string()));
  event.add("datasetId", Value::string(source.dataset.id().to_string()));
  return event;
}

const flow::WorkloadSource* find_source(const flow::WorkloadContext& context,
                                        std::string_view role) {
  const auto found = std::ranges::find(context.sources, role, &flow::WorkloadSource::role);
  return found == context.sources.end() ? nullptr : &*found;
}

/// What Step Functions calls the context object, with the attempt as the execution.
Value state_machine_json(const flow::WorkloadContext& context, Instant started) {
  const std::string name = context.project.project.to_string() + "/" + context.arc.name;
  const std::string at = format_instant(started);
  Value input = Value::object();
  if (const auto* source = main_source(context)) input.add("detail", event_json(context, *source));
  Value execution = Value::object();
  execution.add("Id",
                Value::string(format("{}/{}/{}", name, context.lot.to_string(), context.attempt)));
  execution.add("Input", std::move(input));
  execution.add("Name", Value::string(context.attempt));
  execution.add("RoleArn", Value::string(""));
  execution.add("StartTime", Value::string(at));
  Value state = Value::object();
  state.add("EnteredTime", Value::string(at));
  state.add("Name", Value::string("BatchSubmit"));
  state.add("RetryCount", Value::number(0));
  Value machine = Value::object();
  machine.add("Id", Value::string(name));
  machine.add("Name", Value::string(context.arc.name));
  Value value = Value::object();
  value.add("Execution", std::move(execution));
  value.add("State", std::move(state));
  value.add("StateMachine", std::move(machine));
  return value;
}

std::string as_argument(const Value& value) {
  return value.kind == json::Kind::String ? value.text : json::to_text(value);
}

Result<std::string> value_at(const Value& root, const std::string& argument,
                             std::string_view path) {
  const Value* value = &root;
  for (const auto& name : split(path, '.')) {
    const Value* inner = value->find(name);
    if (inner == nullptr) {
      std::vector<std::string> known;
      known.reserve(value->members.size());
      for (const auto& member : value->members) known.push_back(member.key);
      return fail(FailureCode::Invalid,
                  format("command: '{}': there is no '{}'; there is {}", argument, name,
                         known.empty() ? "nothing below it" : join(known, ", ")));
    }
    value = inner;
  }
  return as_argument(*value);
}

}  // namespace

const flow::WorkloadSource* main_source(const flow::WorkloadContext& context) {
  if (const auto* source = find_source(context, context.woken_by)) return source;
  if (const auto* source = find_source(context, "main")) return source;
  const auto subscribed =
      std::ranges::find(context.sources, true, &flow::WorkloadSource::subscribed);
  if (subscribed != context.sources.end()) return &*subscribed;
  return context.sources.empty() ? nullptr : &context.sources.front();
}

Value workload_context_json(const flow::WorkloadContext& context) {
  const auto* main = main_source(context);
  Value sources = Value::object();
  for (const auto& source : context.sources) sources.add(source.role, event_json(context, source));
  Value value = Value::object();
  value.add("role", main == nullptr ? Value{} : Value::string(main->role));
  value.add("arcNotifyEvent", main == nullptr ? Value{} : event_json(context, *main));
  value.add("existingPartialManifests", Value::object());
  value.add("sources", std::move(sources));
  return value;
}

Value arc_props_json(const flow::WorkloadContext& context, const model::CommandPlan& plan) {
  Value sources = Value::object();
  Value paths = Value::object();
  for (const auto& [role, declared] : context.arc.sources) {
    Value source = Value::object();
    source.add("name", Value::string(declared.name));
    source.add("version", Value::string(declared.version));
    source.add("subscribe", Value::boolean_value(declared.subscribe));
    if (const auto* published = find_source(context, role)) {
      source.add("pathURI", Value::string(published->dataset.pathURI));
    }
    sources.add(role, std::move(source));
    paths.add(role, Value::string(context.places.source_manifest_template(declared.id())));
  }
  Value sinks = Value::object();
  Value templates = Value::object();
  for (const auto& [role, sink] : context.arc.sinks) {
    sinks.add(role, dataset_json(sink));
    if (plan.manifest != model::ManifestMode::workload) continue;
    templates.add(role,
                  Value::string(context.places.private_manifest_template(
                      context.project.project, context.arc.name, context.attempt, sink.id())));
  }
  Value value = Value::object();
  value.add("sources", std::move(sources));
  value.add("sinks", std::move(sinks));
  value.add("sourceManifestPaths", std::move(paths));
  value.add("sinkManifestTemplates", std::move(templates));
  value.add("workloadProps", context.arc.workload_props);
  return value;
}

Result<std::vector<std::string>> expand_command(const flow::WorkloadContext& context,
                                                const model::CommandPlan& plan, Instant started) {
  const Value root = workload_context_json(context);
  const Value machine = state_machine_json(context, started);
  std::vector<std::string> command;
  for (const auto& argument : plan.command) {
    const std::string_view text = argument;
    if (text == "$") {
      command.push_back(json::to_text(root));
    } else if (text.starts_with("$.") || text.starts_with("$$.")) {
      const bool inner = text[1] == '$';
      auto value = value_at(inner ? machine : root, argument, text.substr(inner ? 3 : 2));
      if (!value) return pass(std::move(value));
      command.push_back(std::move(*value));
    } else {
      command.push_back(argument);
    }
  }
  return command;
}

}  // namespace cls::work
