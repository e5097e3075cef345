// SPDX-License-Identifier: Apache-2.0
// State machines: the states of Amazon States Language that ours have, typed. Format: the Amazon
// States Language specification; paths are JSONPath.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/values.h"

namespace cls::aws {

/// Where a state goes on from an error, and where it puts what it was.
struct Catch {
  std::vector<std::string> errors{"States.ALL"};
  std::string result_path = "$.workloadError";
  std::string next;
};

/// How a state takes its input and gives its output; empty texts are left out.
struct Paths {
  std::string input = {};
  std::string result = {};
  std::string output = {};
};

struct PassState {
  Paths paths = {};
  std::string next;
};

struct TaskState {
  std::string resource;
  Value parameters;
  Paths paths = {};
  std::vector<std::string> retried = {};  ///< errors that another try may not meet
  std::int64_t timeout_seconds = 0;       ///< 0: what the resource has itself
  std::vector<Catch> catches = {};
  std::string next;
};

/// One way out of a choice: where all conditions hold.
struct ChoiceRule {
  std::vector<Value> conditions;
  std::string next;
};

struct ChoiceState {
  std::vector<ChoiceRule> rules;
  std::string otherwise;
};

struct WaitState {
  std::string seconds_path = {};
  std::int64_t seconds = 0;
  std::string next;
};

struct FailState {
  std::string cause;
  std::string error = {};
  std::string cause_path = {};
  std::string error_path = {};
};

class StateMachine;

/// Branches run side by side; the state ends when all have, or one fails.
struct ParallelState {
  std::vector<StateMachine> branches;
  Paths paths = {};
  std::vector<Catch> catches = {};
  std::string next;
};

/// States by name; the first one added is the first one run.
class StateMachine {
 public:
  void add(std::string name, const PassState& state);
  void add(std::string name, const TaskState& state);
  void add(std::string name, const ChoiceState& state);
  void add(std::string name, const WaitState& state);
  void add(std::string name, const FailState& state);
  void add(std::string name, const ParallelState& state);
  void add_success(std::string name);

  Value to_json(std::string_view comment = "") const;

 private:
  void add_state(std::string name, Value state);

  std::vector<std::pair<std::string, Value>> states_;
};

Value is_present(std::string_view path);
Value equals(std::string_view path, std::string_view value);

/// An end by the error that a Catch put into `$.workloadError`.
FailState fail_by_error();
/// What a function is given of the state: all of it as `context`, and who runs it.
Value context_payload();

/// A task that calls a function with `payload` and gives what it returns; `function` is a name of
/// the machine's substitutions, whose value is an ARN.
TaskState call_of(std::string_view function, Value payload, std::string next);

}  // namespace cls::aws
