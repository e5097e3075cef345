// SPDX-License-Identifier: Apache-2.0
// cls audit: decides the promises from records and data alone; --repair mends what follows from
// records.
#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/expected_records.h"
#include "cli/workspace.h"
#include "flow/checker.h"
#include "flow/repair.h"
#include "operate/audit_text.h"

namespace cls::cli {

namespace {

std::optional<lot::LotId> first_lot(const Options& options) {
  if (options.since.empty()) return std::nullopt;
  const auto lot = lot::LotId::parse(options.since);
  if (!lot) {
    throw Error(format("--since '{}': {}; write a lot, as 20230206PT5M286", options.since,
                       lot.error().message),
                ExitCode::Usage);
  }
  return *lot;
}

flow::AuditReport checked(const Options& options, World& world, local::Home& home,
                          const flow::Deployment& deployment) {
  const flow::AuditOptions asked{.now = world.clock.now(),
                                 .deep = options.deep,
                                 .since = first_lot(options),
                                 .settled = options.settled,
                                 .progress = world.progress};
  expect_audit(home, deployment, asked);
  auto report = flow::Checker(home.store(), deployment, asked).run();
  if (!report) throw Error(report.error());
  return std::move(*report);
}

/// Prints the plan, does it, checks again; what was planned is in the report that is returned.
flow::AuditReport mended(const Options& options, World& world, local::Home& home,
                         const flow::Deployment& deployment, flow::AuditReport before) {
  const bool for_people = options.output == operate::Format::Table;
  if (for_people) {
    world.console.out(operate::render(before, options.output, look_of(options, world)));
    world.console.out(operate::render_plan(before));
  }
  if (options.dry_run || before.repairs.empty()) return before;
  const auto done = flow::repair(home.store(), deployment, before.repairs);
  if (done > 0) home.ring();
  if (for_people) {
    world.console.out(format("did {} of {}\n", done, counted(before.repairs.size(), "repair")));
    world.console.out(operate::render_plan(before));
  }
  auto after = checked(options, world, home, deployment);
  after.repairs = std::move(before.repairs);
  if (for_people)
    world.console.out(operate::render(after, options.output, look_of(options, world)));
  return after;
}

int exit_code(const Options& options, World& world, const flow::AuditReport& report,
              bool all_deployed) {
  if (std::ranges::any_of(report.promises, &flow::PromiseCheck::violations)) {
    return static_cast<int>(ExitCode::Trouble);
  }
  // A check that looked at nothing is no good news.
  if (std::ranges::none_of(report.promises, &flow::PromiseCheck::checked)) {
    world.console.err(options.since.empty()
                          ? "cls: there was nothing to check: no lot is closed yet\n"
                          : format("cls: there was nothing to check: no lot from {} on is closed; "
                                   "{} before it\n",
                                   options.since, counted(report.left_out, "lot")));
    return static_cast<int>(ExitCode::Failed);
  }
  const bool mended =
      std::ranges::none_of(report.repairs, [](const auto& one) { return one.failure.has_value(); });
  return static_cast<int>(all_deployed && mended ? ExitCode::Ok : ExitCode::Failed);
}

}  // namespace

int audit(const Options& options, World& world) {
  static_cast<void>(first_lot(options));  // before anything is looked for
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  auto report = checked(options, world, *home, *deployed.deployment);
  if (options.repair) {
    report = mended(options, world, *home, *deployed.deployment, std::move(report));
  }
  if (!options.repair || options.output != operate::Format::Table) {
    world.console.out(operate::render(report, options.output, look_of(options, world)));
  }
  return exit_code(options, world, report, deployed.broken.empty());
}

}  // namespace cls::cli
