// SPDX-License-Identifier: Apache-2.0
#include "aws/explanation.h"

#include <array>
#include <cstdint>

#include "base/format.h"

namespace cls::aws {

namespace {

/// Types of components that become the same.
enum class Kind : std::uint8_t {
  None,
  Bucket,
  Database,
  Table,
  DatabaseAndTable,
  ComputeEnvironment,
  EventBus,
  LogExport,
  Boundary,
  FunctionArc,
  JobArc,
};

struct Row {
  std::string_view type;
  Kind kind;
};

constexpr auto rows = std::to_array<Row>({
    {"aws:core:s3Bucket", Kind::Bucket},
    {"core:bucket", Kind::Bucket},
    {"aws:core:glueDatabase", Kind::Database},
    {"aws:core:glueTable", Kind::Table},
    {"core:table", Kind::DatabaseAndTable},
    {"aws:core:computeEnvironment", Kind::ComputeEnvironment},
    {"aws:core:eventBus", Kind::EventBus},
    {"aws:core:cloudWatchExport", Kind::LogExport},
    {"aws:core:s3PutListenerBoundary", Kind::Boundary},
    {"core:putListenerBoundary", Kind::Boundary},
    {"aws:core:s3CopyArc", Kind::FunctionArc},
    {"core:copyArc", Kind::FunctionArc},
    {"aws:core:glueAddPartitionsArc", Kind::FunctionArc},
    {"core:addPartitionsArc", Kind::FunctionArc},
    {"aws:core:batchExecArc", Kind::JobArc},
    {"core:commandArc", Kind::JobArc},
});

Kind kind_of(std::string_view type) {
  for (const auto& row : rows) {
    if (row.type == type) return row.kind;
  }
  return Kind::None;
}

std::vector<Part> function_parts() {
  return {{"AWS::Lambda::Function", "a function of ours, with variables that say what it is for"},
          {"AWS::IAM::Role", "what it may do: its own records and data, by prefix"},
          {"AWS::Logs::LogGroup", "its log"}};
}

void append(std::vector<Part>& parts, const std::vector<Part>& more) {
  parts.insert(parts.end(), more.begin(), more.end());
}

std::vector<Part> called_by_clock() {
  auto parts = function_parts();
  append(parts, {{"AWS::Events::Rule", "calls it"},
                 {"AWS::Lambda::Permission", "lets the rule call it"},
                 {"AWS::Lambda::EventInvokeConfig", "tries a call that failed again"},
                 {"AWS::SQS::Queue", "calls that could not be made, or failed"},
                 {"AWS::SQS::QueuePolicy", "only these rules, and TLS"}});
  return parts;
}

std::vector<Part> boundary_parts() {
  auto parts = function_parts();
  append(parts, {{"AWS::SQS::Queue", "what arrived, and one for what could not be dealt with"},
                 {"AWS::SQS::QueuePolicy", "only the bucket or the rule, and TLS"},
                 {"AWS::Events::Rule",
                  "the clock; what arrived, where the bucket does not tell the queue"},
                 {"AWS::Lambda::Permission", "lets the clock call it"},
                 {"AWS::Lambda::EventInvokeConfig", "tries a call of the clock that failed again"},
                 {"AWS::Lambda::EventSourceMapping", "infrequent: the queue calls the function"}});
  return parts;
}

std::vector<Part> arc_parts() {
  return {{"AWS::Lambda::Function", "start and complete gate, sweep, workload"},
          {"AWS::IAM::Role", "what each of them may do"},
          {"AWS::Logs::LogGroup", "logs of functions and executions"},
          {"AWS::StepFunctions::StateMachine", "takes one lot through gates and workload"},
          {"AWS::Events::Rule", "lots of its sources; executions that failed; the sweep's clock"},
          {"AWS::Lambda::Permission", "lets the rules call the sweep"},
          {"AWS::Lambda::EventInvokeConfig", "tries a sweep that failed again"},
          {"AWS::SQS::Queue", "events that could not be delivered"},
          {"AWS::SQS::QueuePolicy", "only these rules, and TLS"}};
}

std::vector<Part> resource_parts(Kind kind) {
  const Part database{"AWS::Glue::Database", "the database"};
  const Part table{"AWS::Glue::Table", "the table, with its columns and where its files lie"};
  switch (kind) {
    case Kind::Bucket:
      return {{"AWS::S3::Bucket", "the bucket, encrypted, without public access"},
              {"AWS::S3::BucketPolicy", "nothing without TLS"}};
    case Kind::Database:
      return {database};
    case Kind::Table:
      return {table};
    case Kind::DatabaseAndTable:
      return {database, table};
    case Kind::ComputeEnvironment:
      return {{"AWS::Batch::ComputeEnvironment", "Fargate in the network of the bootstrap stack"}};
    case Kind::EventBus:
      return {{"AWS::Events::EventBus", "the bus"}};
    default:
      return {};
  }
}

}  // namespace

std::vector<Part> parts_of_type(std::string_view component_type) {
  const Kind kind = kind_of(component_type);
  switch (kind) {
    case Kind::LogExport:
      return called_by_clock();
    case Kind::Boundary:
      return boundary_parts();
    case Kind::FunctionArc:
      return arc_parts();
    case Kind::JobArc: {
      auto parts = arc_parts();
      append(parts, {{"AWS::Batch::JobDefinition", "the container: image, size, variables"},
                     {"AWS::Batch::JobQueue", "its jobs"}});
      return parts;
    }
    default:
      return resource_parts(kind);
  }
}

std::string explanation(std::string_view component_type) {
  std::string text;
  for (const auto& part : parts_of_type(component_type)) {
    text += format("{}{}\n    {}", text.empty() ? "" : "\n", part.type, part.what);
  }
  return text;
}

}  // namespace cls::aws
