// SPDX-License-Identifier: Apache-2.0
// Queues, the rules that fill them or call functions, and alarms.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/scope.h"

namespace cls::aws {

/// How long queues keep messages, seconds: as long as SQS can, 14 days from when they came, in a
/// queue of dead letters too.
inline constexpr std::int64_t message_retention = 1'209'600;

/// Who may put messages into a queue: a service, for the sake of a rule or bucket.
struct Sender {
  std::string_view service;
  std::string source_arn;
};

struct QueueSpec {
  std::string id;
  std::string name;
  std::string dead_letters;  ///< logical id of that queue
  std::int64_t visibility_seconds = 30;
  std::int64_t receives = 10;  ///< before a message is a dead letter
  std::vector<Sender> senders;
};

/// A queue whose messages are encrypted, that takes none without TLS, and gives what cannot be
/// dealt with to another. Its policy has the id `<id>Policy`.
void add_queue(const Scope& scope, Piece& piece, const QueueSpec& spec);
/// The queue of dead letters, and an alarm on it, of that name, where alarms are wanted.
void add_dead_letter_queue(const Scope& scope, Piece& piece, const std::string& id,
                           const std::string& name, const std::vector<Sender>& senders,
                           const std::string& alarm);

/// Where a rule sends events.
struct Target {
  Value arn;
  std::optional<Value> role = {};
  std::optional<std::string> input = {};  ///< a constant JSON text
  std::string dead_letters = {};          ///< logical id; empty: none
  std::optional<unsigned> retries = {};
};

struct RuleSpec {
  std::string id;
  std::string name;
  std::string bus = {};  ///< empty: the default one
  std::optional<Value> pattern = {};
  std::string schedule = {};
  std::string description;
  Target target;
};
void add_rule(Piece& piece, const RuleSpec& spec);
/// The ARN that a rule of that name has.
std::string rule_arn(const PlacementNames& names, const RuleSpec& spec);
/// The rule as a sender of messages.
Sender sender_of(const PlacementNames& names, const RuleSpec& spec);

/// An alarm that any value above zero, summed over `minutes`, raises.
struct AlarmSpec {
  std::string id;
  std::string name;
  std::string description;
  std::string space;  ///< of the metric, as AWS/SQS
  std::string metric;
  std::string dimension;
  Value dimension_value;
  std::string statistic = "Maximum";
  std::int64_t threshold = 0;
};
void add_alarm(const Scope& scope, Piece& piece, const AlarmSpec& spec);

}  // namespace cls::aws
