// SPDX-License-Identifier: Apache-2.0
// cls retry: sets lots that ended missing or partial to be tried again.
#include "operate/retry.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/workspace.h"

namespace cls::cli {

namespace {

std::optional<lot::LotSet> lots_of(const Options& options) {
  if (options.arguments.size() < 2) return std::nullopt;
  const std::vector<std::string> texts(options.arguments.begin() + 1, options.arguments.end());
  auto lots = lot::LotSet::parse(join(texts, ","));
  if (!lots) throw Error(lots.error().message, ExitCode::Usage);
  return std::move(*lots);
}

/// The arcs of that name in all projects; all arcs where none is given.
std::vector<flow::ArcRef> arcs_of(const Options& options, const flow::Deployment& deployment) {
  if (options.arguments.empty()) return deployment.arcs();
  const std::string& name = options.arguments.front();
  std::vector<flow::ArcRef> arcs;
  std::vector<std::string> names;
  for (const auto& arc : deployment.arcs()) {
    names.push_back(arc.arc->name);
    if (arc.arc->name == name) arcs.push_back(arc);
  }
  if (!arcs.empty()) return arcs;
  const auto near = closest(name, names);
  throw Error(format("no arc '{}' is deployed{}", name,
                     near            ? format("; did you mean '{}'?", *near)
                     : names.empty() ? ""
                                     : "; there are: " + join(names, ", ")));
}

}  // namespace

int retry(const Options& options, World& world) {
  const auto lots = lots_of(options);
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  std::uint64_t retried = 0;
  lot::LotSet untouched = lots.value_or(lot::LotSet{});
  for (const auto& arc : arcs_of(options, *deployed.deployment)) {
    auto report = operate::retry_lots(home->store(), arc, {.lots = lots});
    if (!report) throw Error(report.error());
    retried += report->retried;
    if (lots) untouched = untouched & report->untouched;
    if (report->retried > 0) {
      world.console.out(format("{}: {} will be tried again by cls run or cls up\n", arc.to_string(),
                               counted(report->retried, "lot")));
    }
  }
  if (retried > 0) home->ring();
  if (!untouched.empty()) {
    world.console.err(
        format("cls: not tried again, because they did not end missing or partial: {}\n",
               untouched.to_string()));
    return static_cast<int>(ExitCode::Failed);
  }
  if (retried == 0) world.console.out("no lot ended missing or partial\n");
  return 0;
}

}  // namespace cls::cli
