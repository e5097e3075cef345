// SPDX-License-Identifier: Apache-2.0
// cls audit: decides the promises from records and data alone.
#include <algorithm>

#include "cli/commands.h"
#include "cli/workspace.h"
#include "flow/checker.h"
#include "operate/audit_text.h"

namespace cls::cli {

int audit(const Options& options, World& world) {
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  flow::Checker checker(home->store(), *deployed.deployment,
                        {.now = world.clock.now(), .deep = options.deep});
  const auto report = checker.run();
  if (!report) throw Error(report.error());
  world.console.out(operate::render(*report, options.output));
  if (!report->violations.empty()) return static_cast<int>(ExitCode::Trouble);
  // A check that looked at nothing is no good news.
  if (std::ranges::none_of(report->promises, &flow::PromiseCheck::checked)) {
    world.console.err("cls: there was nothing to check: no lot is closed yet\n");
    return static_cast<int>(ExitCode::Failed);
  }
  return static_cast<int>(deployed.broken.empty() ? ExitCode::Ok : ExitCode::Failed);
}

}  // namespace cls::cli
