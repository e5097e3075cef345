// SPDX-License-Identifier: Apache-2.0
// What may do what: IAM policy statements and roles. Format: IAM JSON policy, version 2012-10-17.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/template.h"

namespace cls::aws {

/// One statement of a policy. A policy of a resource names a principal, one of a role none.
struct Statement {
  std::string id;  ///< letters and digits
  std::vector<std::string> actions;
  std::vector<Value> resources;
  std::optional<Value> principal = {};
  std::optional<Value> condition = {};
  bool denies = false;
};

/// Something that a program does: which actions, on what, and why. `resources` are ARNs, possibly
/// with `*` at the end; `prefixes` limit s3:ListBucket to keys that begin with one of them,
/// `name_space` limits cloudwatch:PutMetricData, which has no resources.
struct Need {
  std::string why;  ///< words; unique among those of one role
  std::vector<std::string> actions;
  std::vector<std::string> resources;
  std::vector<std::string> prefixes = {};
  std::string name_space = {};

  bool operator==(const Need&) const = default;
};

Value policy_document(const std::vector<Statement>& statements);

/// Characters that IAM permits for the policies within a role, and for a managed policy.
inline constexpr std::size_t most_within_role = 10240;
inline constexpr std::size_t most_managed = 6144;

/// Adds a role that `service` (as `lambda.amazonaws.com`) takes on, for exactly these needs. What
/// its own policy is too small for is in managed policies, `<id>Policy2` and so on.
void add_role(Template& content, const std::string& id, std::string_view service,
              const std::vector<Need>& needs);

/// Refuses whatever comes without TLS: a statement for the policy of `arns`.
Statement tls_only(std::string_view action, std::vector<Value> arns);
Value service_principal(std::string_view service);

}  // namespace cls::aws
