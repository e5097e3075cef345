// SPDX-License-Identifier: Apache-2.0
// Activities: the export of a log group at intervals.
#include <utility>

#include "aws/components.h"
#include "aws/function.h"
#include "aws/messages.h"
#include "aws/references.h"
#include "base/format.h"

namespace cls::aws {

namespace {

std::string log_group_arn(const Scope& scope, const model::AwsCloudWatchExport& activity) {
  return scope.names.arn("logs", format("log-group:{}:*", activity.logGroupName));
}

/// The prefix below which exports lie, with `/` at its end.
std::string prefix_of(const model::AwsCloudWatchExport& activity) {
  std::string key = activity.pathURI;
  if (const auto uri = Uri::parse(activity.pathURI)) key = uri->as_path().key;
  // With bucketRef there is no bucket in it: s3:///prefix or /prefix.
  if (key.starts_with("s3://")) key.erase(0, 5);
  while (key.starts_with('/')) key.erase(0, 1);
  return key.empty() || key.ends_with('/') ? key : key + "/";
}

/// What lets CloudWatch Logs write exports of this log group into a bucket.
std::vector<Statement> export_statements(const Scope& scope,
                                         const model::AwsCloudWatchExport& activity,
                                         const std::string& bucket, const std::string& id) {
  const Value condition =
      object({{"StringEquals", object({{"aws:SourceAccount", text(scope.names.account())}})},
              {"ArnLike", object({{"aws:SourceArn", text(log_group_arn(scope, activity))}})}});
  const Value logs = service_principal(format("logs.{}.amazonaws.com", scope.names.region()));
  const std::string arn = scope.names.bucket_arn(bucket);
  return {{.id = id + "Look",
           .actions = {"s3:GetBucketAcl"},
           .resources = {text(arn)},
           .principal = logs,
           .condition = condition},
          {.id = id + "Write",
           .actions = {"s3:PutObject"},
           .resources = {text(format("{}/{}*", arn, policy_text(prefix_of(activity))))},
           .principal = logs,
           .condition = condition}};
}

void note_activity(Scope& scope, const model::AwsCloudWatchExport& activity,
                   const model::Place& place) {
  const auto* bucket = activity.bucketRef ? declared_bucket(scope, *activity.bucketRef) : nullptr;
  if (bucket == nullptr) {
    scope.findings.warning(place.below(activity.bucketRef ? "bucketRef" : "pathURI"),
                           "the bucket is not of this project: its owner must let CloudWatch Logs "
                           "write there",
                           "declare the bucket and name it by bucketRef");
    return;
  }
  const auto statements =
      export_statements(scope, activity, bucket->bucketName, component_id("Export", activity.name));
  auto& wishes = scope.wishes[bucket->bucketName].statements;
  wishes.insert(wishes.end(), statements.begin(), statements.end());
}

/// CLS_CLOUD_WATCH_EXPORT_ACTIVITY_PROPS_JSON.
std::string export_props(const Scope& scope, const model::AwsCloudWatchExport& activity) {
  std::string path = activity.pathURI;
  const auto* bucket = activity.bucketRef ? declared_bucket(scope, *activity.bucketRef) : nullptr;
  if (bucket != nullptr) path = format("s3://{}/{}", bucket->bucketName, prefix_of(activity));
  return json::to_text(object({{"interval", text(activity.interval.unit.name())},
                               {"logGroupName", text(activity.logGroupName)},
                               {"logStreamPrefix", json::encode(activity.logStreamPrefix)},
                               {"pathURI", text(path)},
                               {"timeoutMin", number(activity.runtimeProps.timeoutMin)}}));
}

}  // namespace

void note_activities(Scope& scope) {
  for (const auto* document : scope.documents) {
    model::each_component(*document, [&]<class T>(const T& component, const auto& place) {
      if constexpr (std::is_same_v<model::AwsCloudWatchExport, T>) {
        if (!component.exclude) note_activity(scope, component, place);
      }
    });
  }
}

Piece piece_of(Scope& scope, const model::AwsCloudWatchExport& activity,
               const model::Place& place) {
  const std::string id = component_id("Activity", activity.name);
  if (activity.bucketRef && declared_bucket(scope, *activity.bucketRef) == nullptr) {
    scope.findings.error(place.below("bucketRef"),
                         "an export goes to a bucket that the run declares",
                         "leave bucketRef out and write the whole s3://bucket/prefix as pathURI");
  }
  const RuleSpec clock{.id = id + "Rule",
                       .name = scope.names.rule(activity.name),
                       .schedule = schedule_of(activity.interval.unit),
                       .description = format("exports {}", activity.logGroupName),
                       .target = {.arn = get_att(id + "Function", "Arn"),
                                  .dead_letters = id + "DeadLetters",
                                  .retries = activity.runtimeProps.retryAttempts}};
  Piece piece;
  add_dead_letter_queue(
      scope, piece, id + "DeadLetters", scope.names.dead_letter_queue(activity.name),
      {sender_of(scope.names, clock)}, scope.names.alarm(activity.name, "dead-letters"));
  add_rule(piece, clock);
  add_function(scope, piece,
               {.id = id + "Function",
                .name = scope.names.function(activity.name, "act"),
                .handler = "log-export",
                .props = activity.runtimeProps,
                .environment = {{"CLS_PLACEMENT_JSON", placement_json(scope)},
                                {"CLS_CLOUD_WATCH_EXPORT_ACTIVITY_PROPS_JSON",
                                 export_props(scope, activity)}},
                .needs = {{.why = "export the log",
                           .actions = {"logs:CreateExportTask"},
                           .resources = {log_group_arn(scope, activity)}},
                          {.why = "see what is being exported",
                           .actions = {"logs:DescribeExportTasks"},
                           .resources = {"*"}}},
                .place = place,
                .failed_calls =
                    FailedCalls{id + "DeadLetters", scope.names.dead_letter_queue(activity.name)}});
  permit_call(piece, id + "Function", "events.amazonaws.com", rule_arn(scope.names, clock),
              "clock");
  return piece;
}

}  // namespace cls::aws
