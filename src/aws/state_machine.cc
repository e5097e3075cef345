// SPDX-License-Identifier: Apache-2.0
#include "aws/state_machine.h"

#include "base/format.h"

namespace cls::aws {

namespace {

constexpr std::int64_t first_retry_seconds = 2;
constexpr std::int64_t most_retries = 6;
constexpr std::int64_t longest_retry_seconds = 60;

std::optional<Value> path(const std::string& value) {
  return value.empty() ? std::nullopt : std::optional(text(value));
}

std::optional<Value> retry_of(const std::vector<std::string>& errors) {
  if (errors.empty()) return std::nullopt;
  return list({object({{"ErrorEquals", texts(errors)},
                       {"IntervalSeconds", number(first_retry_seconds)},
                       {"MaxAttempts", number(most_retries)},
                       {"BackoffRate", number(2)},
                       {"MaxDelaySeconds", number(longest_retry_seconds)},
                       {"JitterStrategy", text("FULL")}})});
}

std::optional<Value> catches_of(const std::vector<Catch>& catches) {
  if (catches.empty()) return std::nullopt;
  Value result = Value::array();
  for (const auto& one : catches) {
    result.items.push_back(object({{"ErrorEquals", texts(one.errors)},
                                   {"ResultPath", path(one.result_path)},
                                   {"Next", text(one.next)}}));
  }
  return result;
}

Value rule_of(const ChoiceRule& rule) {
  Value result = rule.conditions.size() == 1 ? rule.conditions.front()
                                             : object({{"And", Value::array(rule.conditions)}});
  result.add("Next", text(rule.next));
  return result;
}

}  // namespace

void StateMachine::add_state(std::string name, Value state) {
  states_.emplace_back(std::move(name), std::move(state));
}

void StateMachine::add(std::string name, const PassState& state) {
  add_state(std::move(name), object({{"Type", text("Pass")},
                                     {"InputPath", path(state.paths.input)},
                                     {"ResultPath", path(state.paths.result)},
                                     {"OutputPath", path(state.paths.output)},
                                     {"Next", text(state.next)}}));
}

void StateMachine::add(std::string name, const TaskState& state) {
  add_state(std::move(name),
            object({{"Type", text("Task")},
                    {"Resource", text(state.resource)},
                    {"Parameters", state.parameters},
                    {"TimeoutSeconds", state.timeout_seconds > 0
                                           ? std::optional(number(state.timeout_seconds))
                                           : std::nullopt},
                    {"InputPath", path(state.paths.input)},
                    {"ResultPath", path(state.paths.result)},
                    {"OutputPath", path(state.paths.output)},
                    {"Retry", retry_of(state.retried)},
                    {"Catch", catches_of(state.catches)},
                    {"Next", text(state.next)}}));
}

void StateMachine::add(std::string name, const ChoiceState& state) {
  Value rules = Value::array();
  for (const auto& rule : state.rules) rules.items.push_back(rule_of(rule));
  add_state(std::move(name), object({{"Type", text("Choice")},
                                     {"Choices", std::move(rules)},
                                     {"Default", text(state.otherwise)}}));
}

void StateMachine::add(std::string name, const WaitState& state) {
  const bool is_fixed = state.seconds_path.empty();
  add_state(std::move(name),
            object({{"Type", text("Wait")},
                    {"Seconds", is_fixed ? std::optional(number(state.seconds)) : std::nullopt},
                    {"SecondsPath", path(state.seconds_path)},
                    {"Next", text(state.next)}}));
}

void StateMachine::add(std::string name, const FailState& state) {
  add_state(std::move(name), object({{"Type", text("Fail")},
                                     {"Error", path(state.error)},
                                     {"Cause", path(state.cause)},
                                     {"ErrorPath", path(state.error_path)},
                                     {"CausePath", path(state.cause_path)}}));
}

void StateMachine::add(std::string name, const ParallelState& state) {
  Value branches = Value::array();
  for (const auto& branch : state.branches) branches.items.push_back(branch.to_json());
  add_state(std::move(name), object({{"Type", text("Parallel")},
                                     {"Branches", std::move(branches)},
                                     {"InputPath", path(state.paths.input)},
                                     {"ResultPath", path(state.paths.result)},
                                     {"OutputPath", path(state.paths.output)},
                                     {"Catch", catches_of(state.catches)},
                                     {"Next", text(state.next)}}));
}

void StateMachine::add_success(std::string name) {
  add_state(std::move(name), object({{"Type", text("Succeed")}}));
}

Value StateMachine::to_json(std::string_view comment) const {
  Value states = Value::object();
  for (const auto& [name, state] : states_) states.add(name, state);
  return object({{"Comment", comment.empty() ? std::nullopt : std::optional(text(comment))},
                 {"StartAt", text(states_.front().first)},
                 {"States", std::move(states)}});
}

Value is_present(std::string_view path) {
  return object({{"Variable", text(path)}, {"IsPresent", flag(true)}});
}

Value equals(std::string_view path, std::string_view value) {
  return object({{"Variable", text(path)}, {"StringEquals", text(value)}});
}

FailState fail_by_error() {
  return {
      .cause = "", .cause_path = "$.workloadError.Cause", .error_path = "$.workloadError.Error"};
}

Value context_payload() {
  return object({{"context.$", text("$")}, {"execution.$", text("$$.Execution.Id")}});
}

TaskState call_of(std::string_view function, Value payload, std::string next) {
  return {.resource = format("${{{}}}", function),
          .parameters = std::move(payload),
          .retried = {"Lambda.ClientExecutionTimeoutException", "Lambda.ServiceException",
                      "Lambda.AWSLambdaException", "Lambda.SdkClientException",
                      "Lambda.TooManyRequestsException"},
          .next = std::move(next)};
}

}  // namespace cls::aws
