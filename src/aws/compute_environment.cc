// SPDX-License-Identifier: Apache-2.0
// Fargate compute environments, in the network of the bootstrap stack.
#include "aws/components.h"
#include "base/format.h"

namespace cls::aws {

namespace {

constexpr std::int64_t most_processors = 4096;
constexpr int subnets_used = 2;

void add_environment(const Scope& scope, Piece& piece, const std::string& id,
                     const std::string& name) {
  const std::string_view network =
      scope.options.private_subnets ? "common-vpc-private" : "common-vpc";
  Value subnets = Value::array();
  for (int which = 1; which <= subnets_used; ++which) {
    subnets.items.push_back(import_value(
        scope.names.bootstrap_export("id", "subnet", format("{}-{}", network, which))));
  }
  const Value group =
      import_value(scope.names.bootstrap_export("id", "security-group", "common-vpc"));
  piece.content.add(
      id, Resource{.type = "AWS::Batch::ComputeEnvironment",
                   .properties = object(
                       {{"ComputeEnvironmentName", text(name)},
                        {"Type", text("MANAGED")},
                        {"State", text("ENABLED")},
                        {"ReplaceComputeEnvironment", flag(false)},
                        {"ComputeResources", object({{"Type", text("FARGATE")},
                                                     {"MaxvCpus", number(most_processors)},
                                                     {"Subnets", subnets},
                                                     {"SecurityGroupIds", list({group})}})}})});
}

}  // namespace

Piece piece_of(Scope& scope, const model::AwsComputeEnvironment& environment,
               const model::Place& /*place*/) {
  const std::string id = component_id("ComputeEnvironment", environment.name);
  Piece piece;
  add_environment(scope, piece, id, scope.names.batch(environment.computeEnvironmentName));
  piece.content.add(
      id, Output{.description = format("ARN of the compute environment {}", environment.name),
                 .value = get_att(id, "ComputeEnvironmentArn"),
                 .export_name =
                     scope.names.resource_export("arn", "compute-environment", environment.name)});
  return piece;
}

Piece shared_compute_environment(Scope& scope) {
  Piece piece;
  add_environment(scope, piece, "SharedComputeEnvironment",
                  scope.names.batch(shared_environment_name));
  return piece;
}

}  // namespace cls::aws
