// SPDX-License-Identifier: Apache-2.0
#include "aws/arc_machine.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "aws/components.h"
#include "aws/function.h"
#include "aws/messages.h"
#include "base/format.h"

namespace cls::aws {

namespace {

constexpr unsigned gate_memory = 512;
constexpr unsigned gate_minutes = 5;
constexpr unsigned gate_retries = 2;
constexpr std::size_t most_pattern_characters = 2048;  ///< of a rule, by EventBridge's quota
constexpr std::string_view metrics = "Clusterless";    ///< their name space

/// What the start gate is given: the lot's event, and who runs it.
Value start_payload() {
  return object({{"event.$", text("$")},
                 {"execution.$", text("$$.Execution.Id")},
                 {"startedAt.$", text("$$.State.EnteredTime")}});
}

void add_start(StateMachine& machine, const std::string& workload) {
  machine.add("CurrentStateChoice",
              PassState{.paths = {.output = "$.detail"}, .next = "StartInvoke"});
  TaskState start = call_of("StartFunctionArn", start_payload(), "StateStart");
  start.catches = {{.result_path = "$.workloadError", .next = "StartInvokeCatch"}};
  machine.add("StartInvoke", start);
  machine.add("StartInvokeCatch", fail_by_error());
  const auto current = [](std::string_view state, std::string next) {
    return ChoiceRule{{is_present("$.currentState"), equals("$.currentState", state)},
                      std::move(next)};
  };
  machine.add("StateStart",
              ChoiceState{{{{is_present("$.previousState"), equals("$.previousState", "running")},
                            "AlreadyRunning"},
                           current("complete", "AlreadyComplete"),
                           current("missing", "AlreadyComplete"),
                           current("waiting", "WaitingForSources"),
                           current("running", workload)},
                          "UnknownStart"});
  machine.add_success("AlreadyRunning");
  machine.add_success("AlreadyComplete");
  machine.add_success("WaitingForSources");
  machine.add("UnknownStart", FailState{.cause = "the start gate gave a state that is unknown"});
}

ChoiceState complete_choice() {
  const Value failed = is_present("$.workloadError.Error");
  // A path that leads nowhere ends an execution at once, unless it is asked for first.
  const Value present = is_present("$.currentState");
  const auto with = [&](std::string_view state, std::string next) {
    return ChoiceRule{{failed, present, equals("$.currentState", state)}, std::move(next)};
  };
  const auto without = [&](std::string_view state, std::string next) {
    return ChoiceRule{{present, equals("$.currentState", state)}, std::move(next)};
  };
  return {{without("retrying", "RetryWait"), with("partial", "PartialWithError"),
           with("missing", "MissingWithError"), ChoiceRule{{failed}, "UnknownError"},
           without("partial", "Partial"), without("missing", "Missing"),
           without("complete", "Complete")},
          "UnknownComplete"};
}

void add_complete(StateMachine& machine) {
  TaskState complete = call_of("CompleteFunctionArn", context_payload(), "StateComplete");
  complete.catches = {{.result_path = "$.workloadError", .next = "CompleteInvokeCatch"}};
  machine.add(std::string(complete_state), complete);
  machine.add("CompleteInvokeCatch", fail_by_error());
  machine.add("StateComplete", complete_choice());
  machine.add("RetryWait", WaitState{.seconds_path = "$.retryAfterSec", .next = "RetryEvent"});
  machine.add("RetryEvent", PassState{.paths = {.output = "$.arcWorkloadContext.arcNotifyEvent"},
                                      .next = "StartInvoke"});
  for (const auto* end : {"Partial", "Missing", "Complete"}) machine.add_success(end);
  machine.add("PartialWithError", FailState{.cause = "the workload failed; its lot is partial"});
  machine.add("MissingWithError", FailState{.cause = "the workload failed; its lot is missing"});
  machine.add("UnknownError",
              FailState{.cause = "the workload failed; its lot is in no known state"});
  machine.add("UnknownComplete",
              FailState{.cause = "the complete gate gave a state that is unknown"});
}

/// The variables of each of an arc's functions.
std::vector<std::pair<std::string, std::string>> arc_environment(const Scope& scope,
                                                                 const ArcParts& parts) {
  return {{"CLS_PLACEMENT_JSON", placement_json(scope)},
          {"CLS_PROJECT", scope.project().to_string()},
          {"CLS_ARC", parts.declared.name},
          {"CLS_LEASE_SEC", format("{}", parts.lease_seconds)}};
}

/// CLS_ARC_STATE_PROPS_JSON.
std::string arc_state_props(const Scope& scope, const model::ArcBase& arc) {
  const Uri path = scope.places.arc_state_path(scope.project(), arc.name, std::nullopt);
  return json::to_text(object({{"project", json::encode(scope.project())},
                               {"name", text(arc.name)},
                               {"sources", json::encode(arc.sources)},
                               {"sinks", json::encode(arc.sinks)},
                               {"arcStatePath", text(path.to_string() + "lot={lot}/{state}.arc")},
                               {"eventBusName", text(scope.names.event_bus())}}));
}

/// CLS_ARC_PROPS_JSON.
std::string arc_props(const Scope& scope, const model::ArcBase& arc, const Value& workload_props) {
  Value source_paths = Value::object();
  for (const auto& [role, source] : arc.sources) {
    source_paths.add(role, text(scope.places.source_manifest_template(source.id())));
  }
  Value sink_templates = Value::object();
  for (const auto& [role, sink] : arc.sinks) {
    sink_templates.add(role, text(scope.places.manifest_template(sink.id())));
  }
  return json::to_text(object({{"sources", json::encode(arc.sources)},
                               {"sinks", json::encode(arc.sinks)},
                               {"sourceManifestPaths", std::move(source_paths)},
                               {"sinkManifestTemplates", std::move(sink_templates)},
                               {"workloadProps", workload_props}}));
}

struct Gate {
  std::string_view id;
  std::string suffix;
  std::vector<Need> needs;
  std::optional<FailedCalls> failed_calls;
};

void add_gate(Scope& scope, Piece& piece, const ArcParts& parts, Gate gate) {
  auto environment = arc_environment(scope, parts);
  environment.emplace_back("CLS_ARC_STATE_PROPS_JSON", arc_state_props(scope, parts.declared));
  add_function(scope, piece,
               {.id = std::string(gate.id),
                .name = scope.names.function(parts.declared.name, gate.suffix),
                .handler = gate.suffix,
                .props = {.memorySizeMB = gate_memory,
                          .retryAttempts = gate_retries,
                          .timeoutMin = gate_minutes},
                .environment = std::move(environment),
                .needs = std::move(gate.needs),
                .place = parts.place,
                .failed_calls = std::move(gate.failed_calls)});
}

std::vector<Need> gate_needs(const Scope& scope, const ArcParts& parts) {
  const RecordNeeds records(scope);
  std::vector<Need> needs{records.project(), records.subscription_of_arc(parts.declared.name)};
  add(needs, records.claims(parts.declared.name));
  add(needs, records.arc_states(parts.declared.name));
  add(needs, records.sources(parts.datasets.sources));
  return needs;
}

std::string machine_arn(const Scope& scope, const ArcParts& parts) {
  return scope.names.arn("states",
                         "stateMachine:" + scope.names.state_machine(parts.declared.name));
}

void add_gates(Scope& scope, Piece& piece, const ArcParts& parts) {
  const RecordNeeds records(scope);
  add_gate(scope, piece, parts, {"StartFunction", "start", gate_needs(scope, parts), {}});
  auto completes = gate_needs(scope, parts);
  add(completes, records.sink_manifests(parts.datasets.sinks));
  add(completes, records.private_manifests(parts.declared.name));
  add(completes, records.attempt_notes(parts.declared.name));
  add(completes, records.announce());
  auto sweeps = completes;
  // Lots that nothing announces again: of arcs that hear of none, and whose owner is lost.
  add(sweeps, Need{.why = "start lots again",
                   .actions = {"states:StartExecution"},
                   .resources = {machine_arn(scope, parts)}});
  add_gate(scope, piece, parts, {"CompleteFunction", "complete", std::move(completes), {}});
  if (scope.options.alarms) {
    add(sweeps, Need{.why = "measure the oldest lot",
                     .actions = {"cloudwatch:PutMetricData"},
                     .resources = {"*"},
                     .name_space = std::string(metrics)});
  }
  add_gate(scope, piece, parts,
           {"SweepFunction", "sweep", std::move(sweeps),
            FailedCalls{"DeadLetters", scope.names.dead_letters_of_arc(parts.declared.name)}});
}

/// What Step Functions needs to write executions to a log group: these have no resources.
Need log_delivery() {
  return {.why = "deliver logs",
          .actions = {"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery",
                      "logs:DeleteLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy",
                      "logs:DescribeResourcePolicies", "logs:DescribeLogGroups"},
          .resources = {"*"}};
}

std::optional<Value> logging_of(Scope& scope, Piece& piece, const std::string& machine) {
  if (scope.options.execution_logging == ExecutionLogging::Off) return std::nullopt;
  add_log_group(scope, piece, "MachineLogGroup", "/aws/vendedlogs/states/" + machine);
  const bool all = scope.options.execution_logging == ExecutionLogging::All;
  const Value destination = object(
      {{"CloudWatchLogsLogGroup", object({{"LogGroupArn", get_att("MachineLogGroup", "Arn")}})}});
  return object({{"Level", text(all ? "ALL" : "ERROR")},
                 {"IncludeExecutionData", flag(true)},
                 {"Destinations", list({destination})}});
}

Value machine_definition(const ArcParts& parts, const WorkloadSegment& workload) {
  StateMachine machine;
  add_start(machine, workload.first);
  workload.states(machine);
  add_complete(machine);
  return machine.to_json(format("a lot of arc {}", parts.declared.name));
}

void add_machine(Scope& scope, Piece& piece, const ArcParts& parts,
                 const WorkloadSegment& workload) {
  const std::string name = scope.names.state_machine(parts.declared.name);
  Value substitutions = object({{"StartFunctionArn", get_att("StartFunction", "Arn")},
                                {"CompleteFunctionArn", get_att("CompleteFunction", "Arn")}});
  for (const auto& [key, value] : workload.substitutions) substitutions.add(key, value);
  std::vector<Need> needs{
      {.why = "call the gates",
       .actions = {"lambda:InvokeFunction"},
       .resources = {scope.names.function_arn(parts.declared.name, "start"),
                     scope.names.function_arn(parts.declared.name, "complete")}}};
  add(needs, workload.needs);
  const auto logging = logging_of(scope, piece, name);
  if (logging) add(needs, log_delivery());
  add_role(piece.content, "MachineRole", "states.amazonaws.com", needs);
  piece.handlers.push_back({.function = "MachineRole", .name = "machine", .needs = needs});
  piece.content.add(
      "Machine",
      Resource{.type = "AWS::StepFunctions::StateMachine",
               .properties = object({{"StateMachineName", text(name)},
                                     {"StateMachineType", text("STANDARD")},
                                     {"RoleArn", get_att("MachineRole", "Arn")},
                                     {"Definition", machine_definition(parts, workload)},
                                     {"DefinitionSubstitutions", std::move(substitutions)},
                                     {"LoggingConfiguration", logging}})});
}

Value lots_pattern(Value dataset_ids) {
  return object({{"source", list({text("clusterless.arc")})},
                 {"detail-type", list({text("Clusterless Arc Notification")})},
                 {"detail", object({{"datasetId", std::move(dataset_ids)}})}});
}

/// One rule for lots of the subscribed sources, or as many as their ids need.
std::vector<RuleSpec> lots_rules(const Scope& scope, const ArcParts& parts) {
  std::vector<Value> patterns;
  for (const auto& [role, source] : parts.declared.sources) {
    if (!source.subscribe) continue;
    Value ids = Value::array();
    if (!patterns.empty()) ids = *patterns.back().find("detail")->find("datasetId");
    ids.items.push_back(text(source.id().to_string()));
    Value pattern = lots_pattern(std::move(ids));
    if (patterns.empty()) {
      patterns.push_back(std::move(pattern));
    } else if (json::to_text(pattern).size() > most_pattern_characters) {
      patterns.push_back(lots_pattern(list({text(source.id().to_string())})));
    } else {
      patterns.back() = std::move(pattern);
    }
  }
  std::vector<RuleSpec> rules;
  for (auto& pattern : patterns) {
    const std::string number = rules.empty() ? "" : format("{}", rules.size() + 1);
    const std::string suffix = rules.empty() ? "-rule" : "-rule-" + number;
    rules.push_back({.id = "LotsRule" + number,
                     .name = scope.names.arc_rule(parts.declared.name, suffix),
                     .bus = scope.names.event_bus(),
                     .pattern = std::move(pattern),
                     .description = format("lots for arc {}", parts.declared.name),
                     .target = {.arn = ref_to("Machine"),
                                .role = get_att("LotsRole", "Arn"),
                                .dead_letters = "DeadLetters"}});
  }
  return rules;
}

/// Executions that ended without their complete gate.
RuleSpec ended_rule(const Scope& scope, const ArcParts& parts) {
  const Value detail = object({{"stateMachineArn", list({text(machine_arn(scope, parts))})},
                               {"status", texts({"FAILED", "TIMED_OUT", "ABORTED"})}});
  return {
      .id = "EndedRule",
      .name = scope.names.arc_rule(parts.declared.name, "-ended"),
      .pattern = object({{"source", list({text("aws.states")})},
                         {"detail-type", list({text("Step Functions Execution Status Change")})},
                         {"detail", detail}}),
      .description = format("executions of arc {} that failed", parts.declared.name),
      .target = {.arn = get_att("SweepFunction", "Arn"), .dead_letters = "DeadLetters"}};
}

RuleSpec reclaim_rule(const Scope& scope, const ArcParts& parts) {
  return {.id = "ReclaimRule",
          .name = scope.names.arc_rule(parts.declared.name, "-reclaim"),
          .schedule = rate_of(scope.options.reclaim_minutes),
          .description = format("lots and leases that arc {} has lost", parts.declared.name),
          .target = {.arn = get_att("SweepFunction", "Arn"), .dead_letters = "DeadLetters"}};
}

void add_rules(Scope& scope, Piece& piece, const ArcParts& parts) {
  std::vector<RuleSpec> rules{ended_rule(scope, parts), reclaim_rule(scope, parts)};
  for (const auto& rule : rules) {
    permit_call(piece, "SweepFunction", "events.amazonaws.com", rule_arn(scope.names, rule),
                rule.id);
  }
  auto lots = lots_rules(scope, parts);
  if (!lots.empty()) {
    const Need starts{.why = "start executions",
                      .actions = {"states:StartExecution"},
                      .resources = {machine_arn(scope, parts)}};
    add_role(piece.content, "LotsRole", "events.amazonaws.com", {starts});
    piece.handlers.push_back({.function = "LotsRole", .name = "rule", .needs = {starts}});
    std::ranges::move(lots, std::back_inserter(rules));
  }
  std::vector<Sender> senders;
  for (const auto& rule : rules) {
    add_rule(piece, rule);
    senders.push_back(sender_of(scope.names, rule));
  }
  add_dead_letter_queue(scope, piece, "DeadLetters",
                        scope.names.dead_letters_of_arc(parts.declared.name), senders,
                        scope.names.alarm(parts.declared.name, "arc-dead-letters"));
}

void add_alarms(const Scope& scope, Piece& piece, const ArcParts& parts,
                std::int64_t longest_seconds) {
  if (!scope.options.alarms) return;
  const std::string& arc = parts.declared.name;
  add_alarm(scope, piece,
            {.id = "FailedAlarm",
             .name = scope.names.alarm(arc, "failed"),
             .description = format("executions of arc {} failed", arc),
             .space = "AWS/States",
             .metric = "ExecutionsFailed",
             .dimension = "StateMachineArn",
             .dimension_value = ref_to("Machine"),
             .statistic = "Sum"});
  add_alarm(scope, piece,
            {.id = "OldestAlarm",
             .name = scope.names.alarm(arc, "oldest-running"),
             .description = format("a lot of arc {} runs longer than two attempts may", arc),
             .space = std::string(metrics),
             .metric = "OldestRunningSeconds",
             .dimension = "StateMachine",
             .dimension_value = text(scope.names.state_machine(arc)),
             .threshold = 2 * longest_seconds});
}

}  // namespace

Catch catch_of(const std::string& state) {
  return {.next = state + "Catch"};
}

void add_catch(StateMachine& machine, const std::string& state) {
  machine.add(state + "Catch", PassState{.next = std::string(complete_state)});
}

void add_workload_call(StateMachine& machine, const std::string& state, std::string_view function,
                       std::string next) {
  TaskState call = call_of(function, context_payload(), std::move(next));
  call.paths = {.input = "$.arcWorkloadContext", .result = "$.sinkManifests"};
  call.catches = {catch_of(state)};
  machine.add(state, call);
  add_catch(machine, state);
}

ArcParts parts_of(const Scope& scope, const model::ArcBase& arc, const model::Place& place) {
  ArcParts parts{arc, place, {}, arc.leaseSec};
  for (const auto& [role, source] : arc.sources) {
    // Validation has said where nobody owns it.
    if (const auto* owner = scope.owner_of(source.id())) parts.datasets.sources.push_back(owner);
  }
  for (const auto& [role, sink] : arc.sinks) parts.datasets.sinks.push_back(sink);
  return parts;
}

void add_arc(Scope& scope, Piece& piece, const ArcParts& parts, const WorkloadSegment& workload) {
  add_gates(scope, piece, parts);
  add_machine(scope, piece, parts, workload);
  add_rules(scope, piece, parts);
  add_alarms(scope, piece, parts, workload.longest_seconds);
}

std::vector<Need> workload_needs(const Scope& scope, const ArcParts& parts) {
  const RecordNeeds records(scope);
  std::vector<Need> needs{records.project()};
  add(needs, records.claims(parts.declared.name));
  add(needs, records.sources(parts.datasets.sources));
  add(needs, records.private_manifests(parts.declared.name));
  add(needs, records.attempt_notes(parts.declared.name));
  return needs;
}

std::vector<std::pair<std::string, std::string>> workload_environment(const Scope& scope,
                                                                      const ArcParts& parts,
                                                                      const Value& workload_props) {
  auto environment = arc_environment(scope, parts);
  environment.emplace_back("CLS_ARC_PROPS_JSON", arc_props(scope, parts.declared, workload_props));
  return environment;
}

}  // namespace cls::aws
