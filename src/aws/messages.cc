// SPDX-License-Identifier: Apache-2.0
#include "aws/messages.h"

#include <utility>

#include "base/format.h"

namespace cls::aws {

namespace {

/// A description as a rule may have it: of so many bytes at most, which are whole characters.
std::string shortened(std::string description) {
  constexpr std::size_t most = 512;
  if (description.size() <= most) return description;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(description[end]) & 0xC0U) == 0x80U) --end;
  description.resize(end);
  return description;
}

Statement send_statement(const Sender& sender, const std::string& queue_id, std::size_t number,
                         const std::string& account) {
  const bool is_bucket = sender.service == "s3.amazonaws.com";
  return {.id = format("Send{}", number),
          .actions = {"sqs:SendMessage"},
          .resources = {get_att(queue_id, "Arn")},
          .principal = service_principal(sender.service),
          .condition =
              object({{"ArnEquals", object({{"aws:SourceArn", text(sender.source_arn)}})},
                      {"StringEquals",
                       is_bucket ? std::optional(object({{"aws:SourceAccount", text(account)}}))
                                 : std::nullopt}})};
}

void add_queue_policy(const Scope& scope, Piece& piece, const std::string& id,
                      const std::vector<Sender>& senders) {
  std::vector<Statement> statements{tls_only("sqs:*", {get_att(id, "Arn")})};
  for (const auto& sender : senders) {
    statements.push_back(send_statement(sender, id, statements.size(), scope.names.account()));
  }
  piece.content.add(
      id + "Policy",
      Resource{.type = "AWS::SQS::QueuePolicy",
               .properties = object({{"Queues", list({ref_to(id)})},
                                     {"PolicyDocument", policy_document(statements)}})});
}

}  // namespace

void add_queue(const Scope& scope, Piece& piece, const QueueSpec& spec) {
  piece.content.add(
      spec.id,
      Resource{
          .type = "AWS::SQS::Queue",
          .properties = object(
              {{"QueueName", text(spec.name)},
               {"SqsManagedSseEnabled", flag(true)},
               {"MessageRetentionPeriod", number(message_retention)},
               {"VisibilityTimeout", number(spec.visibility_seconds)},
               {"RedrivePolicy", object({{"deadLetterTargetArn", get_att(spec.dead_letters, "Arn")},
                                         {"maxReceiveCount", number(spec.receives)}})}})});
  add_queue_policy(scope, piece, spec.id, spec.senders);
}

void add_dead_letter_queue(const Scope& scope, Piece& piece, const std::string& id,
                           const std::string& name, const std::vector<Sender>& senders,
                           const std::string& alarm) {
  piece.content.add(
      id, Resource{.type = "AWS::SQS::Queue",
                   .properties = object({{"QueueName", text(name)},
                                         {"SqsManagedSseEnabled", flag(true)},
                                         {"MessageRetentionPeriod", number(message_retention)}})});
  add_queue_policy(scope, piece, id, senders);
  if (!scope.options.alarms) return;
  add_alarm(scope, piece,
            {.id = id + "Alarm",
             .name = alarm,
             .description = format("there are dead letters in {}", name),
             .space = "AWS/SQS",
             .metric = "ApproximateNumberOfMessagesVisible",
             .dimension = "QueueName",
             .dimension_value = get_att(id, "QueueName")});
}

std::string rule_arn(const PlacementNames& names, const RuleSpec& spec) {
  const std::string bus = spec.bus.empty() ? "" : spec.bus + "/";
  return names.arn("events", format("rule/{}{}", bus, spec.name));
}

Sender sender_of(const PlacementNames& names, const RuleSpec& spec) {
  return {"events.amazonaws.com", rule_arn(names, spec)};
}

void add_rule(Piece& piece, const RuleSpec& spec) {
  const Target& target = spec.target;
  const auto optional_text = [](const std::string& value) {
    return value.empty() ? std::nullopt : std::optional(text(value));
  };
  std::optional<Value> dead_letters;
  if (!target.dead_letters.empty()) {
    dead_letters = object({{"Arn", get_att(target.dead_letters, "Arn")}});
  }
  std::optional<Value> retries;
  if (target.retries) retries = object({{"MaximumRetryAttempts", number(*target.retries)}});
  const Value described =
      object({{"Id", text("target")},
              {"Arn", target.arn},
              {"RoleArn", target.role},
              {"Input", target.input ? std::optional(text(*target.input)) : std::nullopt},
              {"RetryPolicy", retries},
              {"DeadLetterConfig", dead_letters}});
  piece.content.add(
      spec.id, Resource{.type = "AWS::Events::Rule",
                        .properties = object({{"Name", text(spec.name)},
                                              {"Description", text(shortened(spec.description))},
                                              {"EventBusName", optional_text(spec.bus)},
                                              {"EventPattern", spec.pattern},
                                              {"ScheduleExpression", optional_text(spec.schedule)},
                                              {"State", text("ENABLED")},
                                              {"Targets", list({described})}})});
}

void add_alarm(const Scope& scope, Piece& piece, const AlarmSpec& spec) {
  std::optional<Value> actions;
  if (!scope.options.alarm_topic.empty()) actions = list({text(scope.options.alarm_topic)});
  piece.content.add(spec.id,
                    Resource{.type = "AWS::CloudWatch::Alarm",
                             .properties = object(
                                 {{"AlarmName", text(spec.name)},
                                  {"AlarmDescription", text(spec.description)},
                                  {"Namespace", text(spec.space)},
                                  {"MetricName", text(spec.metric)},
                                  {"Dimensions", list({object({{"Name", text(spec.dimension)},
                                                               {"Value", spec.dimension_value}})})},
                                  {"Statistic", text(spec.statistic)},
                                  {"Period", number(300)},
                                  {"EvaluationPeriods", number(1)},
                                  {"Threshold", number(spec.threshold)},
                                  {"ComparisonOperator", text("GreaterThanThreshold")},
                                  {"TreatMissingData", text("notBreaching")},
                                  {"AlarmActions", actions}})});
}

}  // namespace cls::aws
