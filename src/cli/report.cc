// SPDX-License-Identifier: Apache-2.0
// The listings: cls arcs, boundaries, datasets, projects, placements, regions, substrates; arcs
// status, datasets status.
#include "operate/report.h"

#include <algorithm>

#include "base/format.h"
#include "cli/commands.h"
#include "cli/expected_records.h"
#include "cli/home_index.h"
#include "cli/unknown_names.h"
#include "cli/workspace.h"
#include "operate/listings.h"
#include "operate/lot_reports.h"
#include "operate/substrates.h"

namespace cls::cli {

namespace {

/// arcs status, datasets status: what the index remembers and is proved to be so is not read.
Result<operate::Report> make_lot_report(const Options& options, World& world, local::Home& home,
                                        const flow::Deployment& deployment,
                                        const operate::ReportFilter& filter) {
  flow::LedgerLogs logs(home.store());
  const auto index = options.records ? nullptr : index_of(home, world, "");
  const operate::StatusSources sources{.store = home.store(),
                                       .deployment = deployment,
                                       .logs = logs,
                                       .now = world.clock.now(),
                                       .home = home.directory(),
                                       .queued = {},
                                       .notes = index.get()};
  const bool of_arcs = options.command == Command::ArcsStatus;
  // Of a dataset only the names of its manifests are read.
  if (options.records && of_arcs) expect_report(home, deployment, filter, ReportReads::Claims);
  auto made = options.list
                  ? (of_arcs ? operate::arc_lots : operate::dataset_lots)(sources, filter)
                  : (of_arcs ? operate::arc_summary : operate::dataset_summary)(sources, filter);
  warn_of_trouble(index.get(), world);
  return made;
}

Result<operate::Report> make_report(const Options& options, World& world, local::Home& home,
                                    const flow::Deployment& deployment,
                                    const operate::ReportFilter& filter) {
  switch (options.command) {
    case Command::Placements: {
      auto placements = local::placements_of(home);
      if (!placements) return pass(std::move(placements));
      return operate::placements_report(*placements, filter.placements);
    }
    case Command::Projects:
      return operate::projects_report(deployment, filter);
    case Command::Boundaries:
      return operate::boundaries_report(deployment, filter);
    case Command::Arcs:
      return operate::arcs_report(deployment, filter);
    case Command::Datasets:
      return operate::datasets_report(deployment, filter);
    default:
      return make_lot_report(options, world, home, deployment, filter);
  }
}

}  // namespace

int report(const Options& options, World& world) {
  const auto filter = filter_of(options, world);
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  warn_of_unknown_names(options, *deployed.deployment, world);
  const auto made = make_report(options, world, *home, *deployed.deployment, filter);
  if (!made) throw Error(made.error());
  for (const auto& note : made->notes) world.console.err(format("warning: {}\n", note));
  world.console.out(operate::render(*made, options.output, look_of(options, world)));
  return 0;
}

int known(const Options& options, World& world) {
  auto made = options.command == Command::Regions ? operate::regions_report()
                                                  : operate::substrates_report();
  const auto& wanted = options.placements.providers;
  std::erase_if(made.rows, [&](const auto& row) {
    const auto& substrate = std::get<std::string>(row.front());
    return !wanted.empty() && std::ranges::find(wanted, substrate) == wanted.end();
  });
  world.console.out(operate::render(made, options.output, look_of(options, world)));
  return 0;
}

}  // namespace cls::cli
