// SPDX-License-Identifier: Apache-2.0
#include "aws/iam.h"

#include <utility>

namespace cls::aws {

namespace {

Value one_or_many(std::vector<Value> values) {
  return values.size() == 1 ? std::move(values.front()) : Value::array(std::move(values));
}

Value to_json(const Statement& statement) {
  std::vector<Value> actions;
  for (const auto& action : statement.actions) actions.push_back(text(action));
  return object(
      {{"Sid", text(statement.id)},
       {"Effect", text(statement.denies ? "Deny" : "Allow")},
       {"Principal", statement.principal},
       {"Action", one_or_many(std::move(actions))},
       {"Resource", statement.resources.empty() ? std::nullopt
                                                : std::optional(one_or_many(statement.resources))},
       {"Condition", statement.condition}});
}

}  // namespace

Value policy_document(const std::vector<Statement>& statements) {
  Value list = Value::array();
  for (const auto& statement : statements) list.items.push_back(to_json(statement));
  return object({{"Version", text("2012-10-17")}, {"Statement", std::move(list)}});
}

Statement statement_of(const Need& need) {
  std::optional<Value> condition;
  if (!need.prefixes.empty()) {
    std::vector<Value> prefixes;
    for (const auto& prefix : need.prefixes) prefixes.push_back(text(prefix));
    condition = object({{"StringLike", object({{"s3:prefix", one_or_many(std::move(prefixes))}})}});
  }
  if (!need.name_space.empty()) {
    condition =
        object({{"StringEquals", object({{"cloudwatch:namespace", text(need.name_space)}})}});
  }
  std::vector<Value> resources;
  for (const auto& arn : need.resources) resources.push_back(text(arn));
  return {.id = logical_id(need.why),
          .actions = need.actions,
          .resources = std::move(resources),
          .condition = std::move(condition)};
}

std::vector<Statement> statements_of(const std::vector<Need>& needs) {
  std::vector<Statement> statements;
  statements.reserve(needs.size());
  for (const auto& need : needs) statements.push_back(statement_of(need));
  return statements;
}

Resource role(std::string_view service, const std::vector<Need>& needs) {
  // Who may take on a role is said without a resource: it is the role.
  Value assume = policy_document({{.id = "Trust",
                                   .actions = {"sts:AssumeRole"},
                                   .resources = {},
                                   .principal = service_principal(service)}});
  std::optional<Value> policies;
  if (!needs.empty()) {
    policies = list({object({{"PolicyName", text("needs")},
                             {"PolicyDocument", policy_document(statements_of(needs))}})});
  }
  return {.type = "AWS::IAM::Role",
          .properties = object({{"AssumeRolePolicyDocument", std::move(assume)},
                                {"Policies", std::move(policies)}})};
}

Statement tls_only(std::string_view action, std::vector<Value> arns) {
  return {.id = "TlsOnly",
          .actions = {std::string(action)},
          .resources = std::move(arns),
          .principal = object({{"AWS", text("*")}}),
          .condition = object({{"Bool", object({{"aws:SecureTransport", text("false")}})}}),
          .denies = true};
}

Value service_principal(std::string_view service) {
  return object({{"Service", text(service)}});
}

}  // namespace cls::aws
