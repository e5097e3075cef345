// SPDX-License-Identifier: Apache-2.0
// cls recover: makes the index of a home again from its records.
#include "local/recover.h"

#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/workspace.h"

namespace cls::cli {

int recover(const Options& options, World& world) {
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  const auto report = local::recover(*home, world.clock, *deployed.deployment);
  if (!report) throw refusal(report.error());
  for (const auto& trouble : report->trouble) world.console.err(format("cls: {}\n", trouble));
  world.console.out(format("the index of {} was made again: {} to look at, {} done with\n",
                           home->directory(), counted(report->queued, "lot"), report->ended));
  const bool whole = report->trouble.empty() && deployed.broken.empty();
  return static_cast<int>(whole ? ExitCode::Ok : ExitCode::Failed);
}

}  // namespace cls::cli
