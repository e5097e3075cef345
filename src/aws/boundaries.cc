// SPDX-License-Identifier: Apache-2.0
// Boundaries: a queue of what arrived, and the function that puts it into lots. Infrequent ones are
// called by their queue; frequent ones by the clock, and empty their queue themselves.
#include <algorithm>
#include <chrono>
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
constexpr std::int64_t most_tries = 20;
constexpr std::int64_t least_tries = 3;
constexpr std::int64_t most_trying_seconds =
    std::int64_t{4} * 86'400;  ///< far less than queues keep messages
constexpr std::int64_t longest_tick_seconds = 3600;
constexpr unsigned default_settle_seconds = 60;
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

/// A declaration of a bucket of that name.
const model::BucketResource* bucket_in(const model::LoadedDocument& document,
                                       const std::string& name) {
  const model::BucketResource* found = nullptr;
  model::each_component(document, [&]<class T>(const T& component, const auto&) {
    if constexpr (std::is_base_of_v<model::BucketResource, T>) {
      if (component.bucketName == name && !component.exclude) found = &component;
    }
  });
  return found;
}

const model::BucketResource* bucket_in_project(const Scope& scope, const std::string& name) {
  for (const auto* document : scope.documents) {
    if (const auto* found = bucket_in(*document, name)) return found;
  }
  return nullptr;
}

/// One that another project of the run declares, which alone says what the bucket tells whom.
const model::BucketResource* bucket_elsewhere(const Scope& scope, const std::string& name) {
  for (const auto& document : scope.run) {
    if (std::ranges::find(scope.documents, &document) != scope.documents.end()) continue;
    if (const auto* found = bucket_in(document, name)) return found;
  }
  return nullptr;
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

/// Whether S3's filters have the text as it is: of other characters some are encoded there, and a
/// prefix that does not match is told to nobody. EventBridge has keys as they are.
bool is_plain(std::string_view prefix) {
  return std::ranges::all_of(prefix, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '/' ||
           c == '-' || c == '_' || c == '.';
  });
}

void note_frequent(Scope& scope, const Listener& listener) {
  const auto overlaps = [&](const QueueNotification& one) {
    return one.prefix.starts_with(listener.path.key) || listener.path.key.starts_with(one.prefix);
  };
  BucketWishes& wishes = scope.wishes[listener.path.bucket];
  if (!scope.notifies_natively || !is_plain(listener.path.key) ||
      std::ranges::any_of(wishes.notifications, overlaps)) {
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

/// A bucket of nobody in the project must have been made to tell EventBridge.
void note_foreign(Scope& scope, const Listener& listener, bool turns_on) {
  const std::string& name = listener.path.bucket;
  const model::Place place = listener.place.below("dataset");
  const auto* declared = bucket_elsewhere(scope, name);
  if (declared != nullptr && declared->enableEventBridge) return;
  if (declared != nullptr) {
    // Turned on beside its stack, it would be turned off by that stack's next change.
    scope.findings.error(place,
                         format("the bucket '{}' of another project does not tell EventBridge of "
                                "its objects: no lot will begin",
                                name),
                         "set its enableEventBridge there");
  } else if (turns_on || listener.is_frequent()) {
    scope.assembly.buckets.push_back({scope.names.placement(), name});
  } else {
    scope.findings.warning(
        place,
        format("no project of this run declares the bucket '{}': unless it tells "
               "EventBridge of its objects, no lot will begin",
               name),
        "set infrequent.enableEventBridge here to have it told so");
  }
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
  } else {
    note_foreign(scope, listener, turns_on);
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
                .failed_calls = FailedCalls{listener.id + "DeadLetters",
                                            scope.names.dead_letter_queue(declared.name)}});
}

/// How often a message is received before it is a dead letter: while the queue still has it.
std::int64_t tries(std::int64_t seconds_between) {
  return std::clamp(most_trying_seconds / seconds_between, least_tries, most_tries);
}

void add_boundary_queue(const Scope& scope, Piece& piece, const Listener& listener,
                        const Sender& sender) {
  const std::int64_t visibility =
      visibility_factor * 60 * static_cast<std::int64_t>(listener.declared.runtimeProps.timeoutMin);
  add_queue(scope, piece,
            {.id = listener.id + "Queue",
             .name = scope.names.queue(listener.declared.name),
             .dead_letters = listener.id + "DeadLetters",
             .visibility_seconds = visibility,
             .receives = tries(std::max(visibility, longest_tick_seconds)),
             .senders = {sender}});
}

RuleSpec arrivals_rule(const Scope& scope, const Listener& listener) {
  const auto& declared = listener.declared;
  return {.id = listener.id + (listener.is_frequent() ? "Arrivals" : "Rule"),
          .name = scope.names.rule(declared.name, listener.is_frequent() ? "-arrivals" : ""),
          .pattern = arrivals_pattern(listener.path),
          .description = format("what arrives below {}", declared.dataset.pathURI),
          .target = {.arn = get_att(listener.id + "Queue", "Arn"),
                     .dead_letters = listener.id + "DeadLetters"}};
}

/// Calls the boundary's function: of a frequent one at each end of an interval; of an infrequent
/// one for lots that no object closes, and manifests that a call did not come to.
RuleSpec clock_rule(const Scope& scope, const Listener& listener) {
  const auto& declared = listener.declared;
  const bool is_frequent = listener.is_frequent();
  const auto settle = std::chrono::seconds(declared.settleSec.value_or(default_settle_seconds));
  return {.id = listener.id + (is_frequent ? "Rule" : "Clock"),
          .name = scope.names.rule(declared.name, is_frequent ? "" : "-clock"),
          .schedule = is_frequent ? closing_schedule(declared.lotUnit.unit, settle)
                                  : rate_of(scope.options.reclaim_minutes),
          .description = format("closes lots of {}", declared.dataset.id().to_string()),
          .target = {.arn = get_att(listener.id + "Function", "Arn"),
                     .dead_letters = listener.id + "DeadLetters",
                     .retries = declared.runtimeProps.retryAttempts}};
}

/// The queues, the function and its clock: what both kinds have. `arrivals` fills the queue.
void add_common(Scope& scope, Piece& piece, const Listener& listener, const Sender& arrivals,
                std::vector<Sender> dead_senders) {
  const RuleSpec clock = clock_rule(scope, listener);
  dead_senders.push_back(sender_of(scope.names, clock));
  add_dead_letter_queue(scope, piece, listener.id + "DeadLetters",
                        scope.names.dead_letter_queue(listener.declared.name), dead_senders,
                        scope.names.alarm(listener.declared.name, "dead-letters"));
  add_boundary_queue(scope, piece, listener, arrivals);
  add_rule(piece, clock);
  add_boundary_function(scope, piece, listener);
  permit_call(piece, listener.id + "Function", "events.amazonaws.com", rule_arn(scope.names, clock),
              "clock");
}

Piece infrequent_piece(Scope& scope, const Listener& listener) {
  Piece piece;
  const RuleSpec arrivals = arrivals_rule(scope, listener);
  const Sender sender = sender_of(scope.names, arrivals);
  add_rule(piece, arrivals);
  add_common(scope, piece, listener, sender, {sender});
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
  Piece piece;
  if (is_native(scope, listener)) {
    add_common(scope, piece, listener,
               {"s3.amazonaws.com", scope.names.bucket_arn(listener.path.bucket)}, {});
    return piece;
  }
  const RuleSpec arrivals = arrivals_rule(scope, listener);
  const Sender sender = sender_of(scope.names, arrivals);
  add_rule(piece, arrivals);
  add_common(scope, piece, listener, sender, {sender});
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

std::string closing_schedule(lot::LotUnit unit, std::chrono::seconds settle) {
  constexpr unsigned hour = 60;
  // Lots of more than an hour are closed within one, too: meanwhile the queue is emptied.
  const unsigned every = std::gcd(unit.minutes(), hour);
  const auto settled = std::chrono::ceil<std::chrono::minutes>(settle).count();
  const auto first = static_cast<unsigned>(settled % every);
  return every == hour ? format("cron({} * * * ? *)", first)
                       : format("cron({}/{} * * * ? *)", first, every);
}

std::string rate_of(unsigned minutes) {
  return minutes == 1 ? "rate(1 minute)" : format("rate({} minutes)", minutes);
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
