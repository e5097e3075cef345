// SPDX-License-Identifier: Apache-2.0
// Boundaries: a queue of what arrived, and the function that puts it into lots. Infrequent ones are
// called by their queue; frequent ones by the clock, and empty their queue themselves.
#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "aws/components.h"
#include "aws/function.h"
#include "aws/messages.h"
#include "aws/needs.h"
#include "base/format.h"

namespace cls::aws {

namespace {

constexpr std::int64_t visibility_factor = 6;  ///< of a function's time limit, as AWS advises
constexpr std::int64_t tries_when_called = 10;
constexpr std::int64_t tries_when_emptied = 100;  ///< one that is early is seen at every tick
constexpr std::int64_t batch_messages = 1000;
constexpr std::int64_t batch_seconds = 5;
constexpr std::int64_t appenders = 2;  ///< the least that SQS permits; they append to one ledger

/// A boundary with what its two types say differently.
struct Listener {
  const model::PutListener& declared;
  model::LotSource lot_source;
  unsigned queue_wait_seconds = 0;
  model::Place place;
  Uri path;
  std::string id;

  bool is_frequent() const { return declared.is_frequent(); }
};

Listener listener_of(const model::CorePutListenerBoundary& boundary, const model::Place& place) {
  return {boundary, boundary.lot_source(),   0,
          place,    boundary.dataset.path(), component_id("Boundary", boundary.name)};
}

Listener listener_of(const model::AwsS3PutListenerBoundary& boundary, const model::Place& place) {
  return {boundary, boundary.lot_source(),   boundary.frequent.queueFetchWaitSec,
          place,    boundary.dataset.path(), component_id("Boundary", boundary.name)};
}

const model::BucketResource* bucket_in_project(const Scope& scope, const std::string& name) {
  const model::BucketResource* found = nullptr;
  for (const auto* document : scope.documents) {
    model::each_component(*document, [&]<class T>(const T& component, const auto&) {
      if constexpr (std::is_base_of_v<model::BucketResource, T>) {
        if (component.bucketName == name && !component.exclude) found = &component;
      }
    });
  }
  return found;
}

std::string queue_arn(const Scope& scope, const Listener& listener) {
  return scope.names.arn("sqs", scope.names.queue(listener.declared.name));
}

/// Whether the bucket itself tells the queue: only one of two prefixes that overlap can be told so.
bool is_native(const Scope& scope, const Listener& listener) {
  const auto wishes = scope.wishes.find(listener.path.bucket);
  if (wishes == scope.wishes.end()) return false;
  const std::string arn = queue_arn(scope, listener);
  return std::ranges::any_of(wishes->second.notifications,
                             [&](const auto& one) { return one.queue_arn == arn; });
}

void note_frequent(Scope& scope, const Listener& listener) {
  const auto overlaps = [&](const QueueNotification& one) {
    return one.prefix.starts_with(listener.path.key) || listener.path.key.starts_with(one.prefix);
  };
  BucketWishes& wishes = scope.wishes[listener.path.bucket];
  if (!scope.notifies_natively || std::ranges::any_of(wishes.notifications, overlaps)) {
    wishes.events = true;
    return;
  }
  wishes.notifications.push_back({.queue_arn = queue_arn(scope, listener),
                                  .prefix = listener.path.key,
                                  .policy_id = listener.id + "QueuePolicy"});
}

void note_infrequent(Scope& scope, const Listener& listener, const model::BucketResource& bucket,
                     bool turns_on) {
  if (turns_on) scope.wishes[listener.path.bucket].events = true;
  if (turns_on || bucket.enableEventBridge) return;
  scope.findings.warning(
      listener.place.below("dataset"),
      format("the bucket '{}' does not tell EventBridge of its objects: no lot will begin",
             bucket.name),
      "set its enableEventBridge, or infrequent.enableEventBridge here");
}

template <class Boundary>
void note_boundary(Scope& scope, const Boundary& boundary, const model::Place& place) {
  const Listener listener = listener_of(boundary, place);
  bool turns_on = true;
  if constexpr (requires { boundary.infrequent; }) turns_on = boundary.infrequent.enableEventBridge;
  const auto* bucket = bucket_in_project(scope, listener.path.bucket);
  if (bucket != nullptr && listener.is_frequent()) {
    note_frequent(scope, listener);
  } else if (bucket != nullptr) {
    note_infrequent(scope, listener, *bucket, turns_on);
  } else if (turns_on || listener.is_frequent()) {
    scope.assembly.buckets.push_back({scope.names.placement(), listener.path.bucket});
  }
}

/// S3's events of objects below the path.
Value arrivals_pattern(const Uri& path) {
  std::optional<Value> object_part;
  if (!path.key.empty()) {
    object_part = object({{"key", list({object({{"prefix", text(path.key)}})})}});
  }
  return object({{"source", list({text("aws.s3")})},
                 {"detail-type", list({text("Object Created")})},
                 {"detail", object({{"bucket", object({{"name", list({text(path.bucket)})}})},
                                    {"object", object_part}})}});
}

std::string partial_template(const Scope& scope, const model::DatasetId& dataset) {
  std::string result = scope.places.manifest_template(dataset);
  const std::string_view state = "{state}";
  const auto at = result.find(state);
  return at == std::string::npos ? result : result.replace(at, state.size(), "partial");
}

/// CLS_S3_PUT_BOUNDARY_PROPS_JSON or CLS_FREQUENT_S3_PUT_BOUNDARY_PROPS_JSON.
std::string boundary_props(const Scope& scope, const Listener& listener) {
  const auto& declared = listener.declared;
  Value props = object(
      {{"lotUnit", text(declared.lotUnit.unit.name())},
       {"manifestCompletePath", text(scope.places.source_manifest_template(declared.dataset.id()))},
       {"manifestPartialPath", text(partial_template(scope, declared.dataset.id()))},
       {"dataset", json::encode(declared.dataset)},
       {"eventBusName", text(scope.names.event_bus())},
       {"filter", json::encode(declared.filter)}});
  if (listener.is_frequent()) {
    props.add("sqsQueueName", text(scope.names.queue(declared.name)));
    props.add("sqsWaitTimeSeconds", number(listener.queue_wait_seconds));
  } else {
    props.add("lotSource", text(json::name_of(listener.lot_source)));
    props.add("keyRegex", json::encode(declared.keyRegex));
  }
  return json::to_text(props);
}

std::vector<Need> boundary_needs(const Scope& scope, const Listener& listener) {
  const RecordNeeds records(scope);
  const auto& declared = listener.declared;
  std::vector<Need> needs{records.project(), records.subscription_of_boundary(declared.name)};
  add(needs, records.ledger(declared.name));
  add(needs, records.sink_manifests({declared.dataset}));
  add(needs, records.announce());
  add(needs, records.read_data({declared.dataset.pathURI}));
  add(needs,
      Need{.why = "take what arrived",
           .actions = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility",
                       "sqs:GetQueueAttributes", "sqs:GetQueueUrl"},
           .resources = {queue_arn(scope, listener)}});
  return needs;
}

void add_boundary_function(Scope& scope, Piece& piece, const Listener& listener) {
  const auto& declared = listener.declared;
  const std::string_view variable = listener.is_frequent()
                                        ? "CLS_FREQUENT_S3_PUT_BOUNDARY_PROPS_JSON"
                                        : "CLS_S3_PUT_BOUNDARY_PROPS_JSON";
  // The queue calls an infrequent one, and keeps what that fails at.
  std::optional<FailedCalls> failed;
  if (listener.is_frequent()) {
    failed = FailedCalls{listener.id + "DeadLetters", scope.names.dead_letter_queue(declared.name)};
  }
  add_function(scope, piece,
               {.id = listener.id + "Function",
                .name = scope.names.function(declared.name, "int"),
                .handler = listener.is_frequent() ? "frequent-boundary" : "infrequent-boundary",
                .props = declared.runtimeProps,
                .environment = {{"CLS_PLACEMENT_JSON", placement_json(scope)},
                                {"CLS_PROJECT", scope.project().to_string()},
                                {"CLS_BOUNDARY", declared.name},
                                {std::string(variable), boundary_props(scope, listener)}},
                .needs = boundary_needs(scope, listener),
                .place = listener.place,
                .failed_calls = std::move(failed)});
}

void add_boundary_queue(const Scope& scope, Piece& piece, const Listener& listener,
                        const Sender& sender) {
  const std::int64_t limit =
      60 * static_cast<std::int64_t>(listener.declared.runtimeProps.timeoutMin);
  add_queue(scope, piece,
            {.id = listener.id + "Queue",
             .name = scope.names.queue(listener.declared.name),
             .dead_letters = listener.id + "DeadLetters",
             .visibility_seconds = visibility_factor * limit,
             .receives = listener.is_frequent() ? tries_when_emptied : tries_when_called,
             .senders = {sender}});
}

RuleSpec arrivals_rule(const Scope& scope, const Listener& listener) {
  const auto& declared = listener.declared;
  return {.id = listener.id + (listener.is_frequent() ? "Arrivals" : "Rule"),
          .name = scope.names.rule(declared.name, listener.is_frequent() ? "-arrivals" : ""),
          .pattern = arrivals_pattern(listener.path),
          .description = format("what arrives below {}", declared.dataset.pathURI),
          .target = {.arn = get_att(listener.id + "Queue", "Arn"),
                     .dead_letters = listener.id + "DeadLetters",
                     .retries = declared.runtimeProps.retryAttempts}};
}

Piece infrequent_piece(Scope& scope, const Listener& listener) {
  Piece piece;
  const RuleSpec rule = arrivals_rule(scope, listener);
  add_dead_letter_queue(scope, piece, listener.id + "DeadLetters",
                        scope.names.dead_letter_queue(listener.declared.name),
                        {sender_of(scope.names, rule)}, listener.declared.name);
  add_boundary_queue(scope, piece, listener, sender_of(scope.names, rule));
  add_rule(piece, rule);
  add_boundary_function(scope, piece, listener);
  piece.content.add(
      listener.id + "Messages",
      Resource{.type = "AWS::Lambda::EventSourceMapping",
               .properties = object(
                   {{"EventSourceArn", get_att(listener.id + "Queue", "Arn")},
                    {"FunctionName", ref_to(listener.id + "Function")},
                    {"BatchSize", number(batch_messages)},
                    {"MaximumBatchingWindowInSeconds", number(batch_seconds)},
                    {"FunctionResponseTypes", list({text("ReportBatchItemFailures")})},
                    {"ScalingConfig", object({{"MaximumConcurrency", number(appenders)}})}})});
  return piece;
}

Piece frequent_piece(Scope& scope, const Listener& listener) {
  const auto& declared = listener.declared;
  Piece piece;
  const RuleSpec clock{
      .id = listener.id + "Rule",
      .name = scope.names.rule(declared.name),
      .schedule = schedule_of(declared.lotUnit.unit),
      .description = format("closes lots of {}", declared.dataset.id().to_string()),
      .target = {.arn = get_att(listener.id + "Function", "Arn"),
                 .dead_letters = listener.id + "DeadLetters",
                 .retries = declared.runtimeProps.retryAttempts}};
  std::vector<Sender> dead_senders{sender_of(scope.names, clock)};
  Sender sender{"s3.amazonaws.com", scope.names.bucket_arn(listener.path.bucket)};
  if (!is_native(scope, listener)) {
    const RuleSpec arrivals = arrivals_rule(scope, listener);
    sender = sender_of(scope.names, arrivals);
    dead_senders.push_back(sender);
    add_rule(piece, arrivals);
  }
  add_dead_letter_queue(scope, piece, listener.id + "DeadLetters",
                        scope.names.dead_letter_queue(declared.name), dead_senders, declared.name);
  add_boundary_queue(scope, piece, listener, sender);
  add_rule(piece, clock);
  add_boundary_function(scope, piece, listener);
  permit_call(piece, listener.id + "Function", "events.amazonaws.com", rule_arn(scope.names, clock),
              "clock");
  return piece;
}

Piece listener_piece(Scope& scope, const Listener& listener) {
  return listener.is_frequent() ? frequent_piece(scope, listener)
                                : infrequent_piece(scope, listener);
}

}  // namespace

std::string schedule_of(lot::LotUnit unit) {
  constexpr unsigned hour = 60;
  constexpr unsigned day = 24 * hour;
  const unsigned minutes = unit.minutes();
  if (minutes >= hour && minutes % hour == 0) {
    return minutes == day ? "cron(0 0 * * ? *)" : format("cron(0 0/{} * * ? *)", minutes / hour);
  }
  // Ends of intervals that do not divide the hour are met by ticking at what divides both.
  return format("cron(0/{} * * * ? *)", std::gcd(minutes, hour));
}

void note_boundaries(Scope& scope) {
  for (const auto* document : scope.documents) {
    model::each_component(*document, [&]<class T>(const T& component, const auto& place) {
      if constexpr (std::is_base_of_v<model::PutListener, T>) {
        if (!component.exclude) note_boundary(scope, component, place);
      }
    });
  }
}

Piece piece_of(Scope& scope, const model::CorePutListenerBoundary& boundary,
               const model::Place& place) {
  return listener_piece(scope, listener_of(boundary, place));
}

Piece piece_of(Scope& scope, const model::AwsS3PutListenerBoundary& boundary,
               const model::Place& place) {
  return listener_piece(scope, listener_of(boundary, place));
}

}  // namespace cls::aws
