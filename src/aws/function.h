// SPDX-License-Identifier: Apache-2.0
// A function with its log group and its role.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/scope.h"

namespace cls::aws {

/// The queue of what a function failed at when a service called it and did not wait.
struct FailedCalls {
  std::string id;    ///< logical
  std::string name;  ///< physical
};

/// What a function runs and may do.
struct FunctionSpec {
  std::string id;       ///< logical
  std::string name;     ///< physical
  std::string handler;  ///< which program of the code
  model::LambdaProps props;
  std::vector<std::pair<std::string, std::string>> environment;
  std::vector<Need> needs;
  model::Place place;  ///< of the component, for messages
  std::optional<FailedCalls> failed_calls = {};
};

/// What CloudFormation's Lambda permits for all variables together, names included.
inline constexpr std::size_t most_environment_bytes = 4096;

/// Adds it to `piece`; variables `…_JSON` that would be too many go to an object, which
/// `…_URI` names, and a warning says so.
void add_function(Scope& scope, Piece& piece, FunctionSpec spec);

/// Lets `service` call a function, for the sake of `source_arn`.
void permit_call(Piece& piece, const std::string& function_id, std::string_view service,
                 const std::string& source_arn, std::string_view what);

/// Adds the log group `name` under the id.
void add_log_group(const Scope& scope, Piece& piece, const std::string& id,
                   const std::string& name);

}  // namespace cls::aws
