// SPDX-License-Identifier: Apache-2.0
// Arcs whose workload is one function of ours: copies, and partitions of tables.
#include <utility>

#include "aws/arc_machine.h"
#include "aws/components.h"
#include "aws/function.h"
#include "base/format.h"
#include "base/text.h"

namespace cls::aws {

namespace {

/// A workload that is one function.
struct FunctionWorkload {
  std::string state;
  std::string handler;
  model::LambdaProps props;
  Value workload_props;
  std::vector<Need> needs;
};

void refuse_long_attempts(Scope& scope, const ArcParts& parts) {
  constexpr unsigned most_minutes = 15;
  if (parts.declared.timeoutMin.value_or(0) <= most_minutes) return;
  scope.findings.error(parts.place.below("timeoutMin"),
                       format("an attempt of {} minutes: a function of Lambda ends after {}",
                              *parts.declared.timeoutMin, most_minutes));
}

Piece function_arc(Scope& scope, const ArcParts& parts, FunctionWorkload workload) {
  refuse_long_attempts(scope, parts);
  workload.props.timeoutMin = parts.declared.timeoutMin.value_or(workload.props.timeoutMin);
  Piece piece;
  add_function(scope, piece,
               {.id = "WorkloadFunction",
                .name = scope.names.function(parts.declared.name, "func"),
                .handler = workload.handler,
                .props = workload.props,
                .environment = workload_environment(scope, parts, workload.workload_props),
                .needs = std::move(workload.needs),
                .place = parts.place});
  const std::string state = workload.state;
  add_arc(
      scope, piece, parts,
      {.first = state,
       .states =
           [&](StateMachine& machine) { add_workload_call(machine, state, "WorkloadFunctionArn"); },
       .substitutions = {{"WorkloadFunctionArn", get_att("WorkloadFunction", "Arn")}},
       .needs = {{.why = "call the workload",
                  .actions = {"lambda:InvokeFunction"},
                  .resources = {scope.names.function_arn(parts.declared.name, "func")}}},
       .longest_seconds = 60 * static_cast<std::int64_t>(workload.props.timeoutMin)});
  return piece;
}

template <class Arc>
FunctionWorkload workload_of(const Scope& scope, const Arc& arc, const ArcParts& parts,
                             std::string_view state, std::string_view handler) {
  auto needs = workload_needs(scope, parts);
  add(needs, RecordNeeds(scope).data(parts.datasets));
  return {.state = std::string(state),
          .handler = std::string(handler),
          .props = arc.workload.runtimeProps,
          .workload_props = json::encode(arc.workload.workloadProps),
          .needs = std::move(needs)};
}

template <class Arc>
Piece copy_arc(Scope& scope, const Arc& arc, const model::Place& place) {
  const ArcParts parts = parts_of(scope, arc, place);
  return function_arc(scope, parts, workload_of(scope, arc, parts, "S3CopyFunction", "copy"));
}

/// Tables that sinks `glue://[catalog]/database/table[/…]` name.
Need table_need(const Scope& scope, const ArcDatasets& datasets) {
  Need need{.why = "add partitions",
            .actions = {"glue:GetTable", "glue:GetPartitions", "glue:CreatePartition",
                        "glue:BatchCreatePartition"},
            .resources = {scope.names.arn("glue", "catalog")}};
  for (const auto& sink : datasets.sinks) {
    const auto uri = Uri::parse(sink.pathURI);
    const auto parts = uri ? split(uri->key, '/') : std::vector<std::string>{};
    if (parts.size() < 2 || uri->scheme != "glue") continue;  // validation has said so
    need.resources.push_back(scope.names.arn("glue", "database/" + parts[0]));
    need.resources.push_back(scope.names.arn("glue", format("table/{}/{}", parts[0], parts[1])));
  }
  return need;
}

template <class Arc>
Piece partitions_arc(Scope& scope, const Arc& arc, const model::Place& place) {
  const ArcParts parts = parts_of(scope, arc, place);
  auto workload = workload_of(scope, arc, parts, "AddPartitionsFunction", "add-partitions");
  add(workload.needs, table_need(scope, parts.datasets));
  return function_arc(scope, parts, std::move(workload));
}

}  // namespace

Piece piece_of(Scope& scope, const model::CoreCopyArc& arc, const model::Place& place) {
  return copy_arc(scope, arc, place);
}

Piece piece_of(Scope& scope, const model::AwsS3CopyArc& arc, const model::Place& place) {
  return copy_arc(scope, arc, place);
}

Piece piece_of(Scope& scope, const model::CoreAddPartitionsArc& arc, const model::Place& place) {
  return partitions_arc(scope, arc, place);
}

Piece piece_of(Scope& scope, const model::AwsGlueAddPartitionsArc& arc, const model::Place& place) {
  return partitions_arc(scope, arc, place);
}

}  // namespace cls::aws
