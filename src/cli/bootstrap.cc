// SPDX-License-Identifier: Apache-2.0
// cls bootstrap: makes the home of the local substrate; writes the stack that a placement of aws
// needs.
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/settings.h"
#include "cli/synthesis.h"
#include "cli/workspace.h"

namespace cls::cli {

namespace {

/// The home stays: its records are the past of what was deployed.
int undo(const Options& options, World& world) {
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  const auto& projects = deployed.deployment->projects();
  std::vector<std::string> names;
  names.reserve(projects.size());
  for (const auto& project : projects) {
    names.push_back(project->plan.project.to_string());
  }
  if (!names.empty()) {
    throw Error(
        format("deployed in {}: {}; destroy them first", home->directory(), join(names, ", ")),
        ExitCode::Refused);
  }
  world.console.out(
      format("nothing is deployed in {}; records and data stay there until you "
             "delete the folder\n",
             home->directory()));
  return 0;
}

/// Writes the stack that the projects of a placement share.
int bootstrap_aws(const Options& options, World& world) {
  const BootstrapOptions& wanted = options.bootstrap;
  if (options.out.empty()) {
    throw Error("cls cannot deploy to aws yet; --out DIR writes the stack's template",
                ExitCode::Refused);
  }
  if (wanted.account.empty() || wanted.region.empty()) {
    throw Error("on aws bootstrap needs --account and --region", ExitCode::Usage);
  }
  model::Placement placement{
      .provider = "aws", .stage = std::nullopt, .account = wanted.account, .region = wanted.region};
  if (!wanted.stage.empty()) placement.stage = wanted.stage;
  const NetworkSettings network = aws_settings(options, world).network;
  if (const auto bits = aws::subnet_host_bits(network.cidr); !bits) {
    throw Error("aws.network.cidr: " + bits.error().message, ExitCode::Usage);
  }
  aws::Assembly assembly;
  assembly.stacks.push_back(
      aws::bootstrap_stack(placement, {.cidr = network.cidr,
                                       .subnets = network.subnets,
                                       .private_subnets = network.privateSubnets}));
  write_out(options, world, std::move(assembly));
  return 0;
}

}  // namespace

int bootstrap(const Options& options, World& world) {
  if (options.substrate == "aws") return bootstrap_aws(options, world);
  if (!options.out.empty()) throw Error("--out: only with --substrate aws", ExitCode::Usage);
  if (options.bootstrap.destroy) return undo(options, world);
  if (options.execution.dry_run) {
    world.console.out(format("would make {} a home\n", home_directory(options, world)));
    return 0;
  }
  const auto home = open_home(options, world);
  world.console.out(format("{} is a home\n", home->directory()));
  return 0;
}

}  // namespace cls::cli
