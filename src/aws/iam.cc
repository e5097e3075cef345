// SPDX-License-Identifier: Apache-2.0
#include "aws/iam.h"

#include <algorithm>
#include <utility>

#include "base/format.h"

namespace cls::aws {

namespace {

Value one_or_many(std::vector<Value> values) {
  return values.size() == 1 ? std::move(values.front()) : Value::array(std::move(values));
}

Value to_json(const Statement& statement) {
  std::vector<Value> actions;
  actions.reserve(statement.actions.size());
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

/// A need in parts whose statements are short enough for any policy.
std::vector<Need> parts_of(const Need& need) {
  constexpr std::size_t most_listed = 20;
  const bool is_listing = !need.prefixes.empty();
  const auto& all = is_listing ? need.prefixes : need.resources;
  std::vector<Need> parts;
  for (std::size_t from = 0; from < all.size(); from += most_listed) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(from);
    const auto last =
        all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), from + most_listed));
    Need part = need;
    (is_listing ? part.prefixes : part.resources).assign(first, last);
    parts.push_back(std::move(part));
  }
  return parts;
}

/// Allows exactly that.
Statement statement_of(const Need& need) {
  std::optional<Value> condition;
  if (!need.prefixes.empty()) {
    std::vector<Value> prefixes;
    prefixes.reserve(need.prefixes.size());
    for (const auto& prefix : need.prefixes) prefixes.push_back(text(prefix));
    condition = object({{"StringLike", object({{"s3:prefix", one_or_many(std::move(prefixes))}})}});
  }
  if (!need.name_space.empty()) {
    condition =
        object({{"StringEquals", object({{"cloudwatch:namespace", text(need.name_space)}})}});
  }
  std::vector<Value> resources;
  resources.reserve(need.resources.size());
  for (const auto& arn : need.resources) resources.push_back(text(arn));
  return {.id = logical_id(need.why),
          .actions = need.actions,
          .resources = std::move(resources),
          .condition = std::move(condition)};
}

std::vector<Statement> statements_of(const std::vector<Need>& needs) {
  std::vector<Statement> statements;
  for (const auto& need : needs) {
    std::size_t number = 0;
    for (const auto& part : parts_of(need)) {
      statements.push_back(statement_of(part));
      if (++number > 1) statements.back().id += format("{}", number);
    }
  }
  return statements;
}

/// Statements in as many policies as they need; the first is that within the role.
std::vector<std::vector<Statement>> policies_of(const std::vector<Statement>& statements) {
  constexpr std::size_t frame = 64;  // around the statements
  std::vector<std::vector<Statement>> policies;
  std::size_t size = 0;
  for (const auto& statement : statements) {
    const std::size_t more = json::to_text(to_json(statement)).size() + 1;
    const std::size_t most = policies.size() <= 1 ? most_within_role : most_managed;
    if (policies.empty() || size + more > most) {
      policies.emplace_back();
      size = frame;
    }
    policies.back().push_back(statement);
    size += more;
  }
  return policies;
}

}  // namespace

Value policy_document(const std::vector<Statement>& statements) {
  Value list = Value::array();
  for (const auto& statement : statements) list.items.push_back(to_json(statement));
  return object({{"Version", text("2012-10-17")}, {"Statement", std::move(list)}});
}

void add_role(Template& content, const std::string& id, std::string_view service,
              const std::vector<Need>& needs) {
  // Who may take on a role is said without a resource: it is the role.
  Value assume = policy_document({{.id = "Trust",
                                   .actions = {"sts:AssumeRole"},
                                   .resources = {},
                                   .principal = service_principal(service)}});
  std::optional<Value> own;
  std::optional<Value> managed;
  std::size_t number = 0;
  for (const auto& statements : policies_of(statements_of(needs))) {
    if (++number == 1) {
      own = list({object(
          {{"PolicyName", text("needs")}, {"PolicyDocument", policy_document(statements)}})});
      continue;
    }
    const std::string policy = format("{}Policy{}", id, number);
    content.add(policy,
                Resource{.type = "AWS::IAM::ManagedPolicy",
                         .properties = object({{"PolicyDocument", policy_document(statements)}})});
    if (!managed) managed = Value::array();
    managed->items.push_back(ref_to(policy));
  }
  content.add(id, Resource{.type = "AWS::IAM::Role",
                           .properties = object({{"AssumeRolePolicyDocument", std::move(assume)},
                                                 {"Policies", std::move(own)},
                                                 {"ManagedPolicyArns", std::move(managed)}})});
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
