// SPDX-License-Identifier: Apache-2.0
// cls status: how everything in a home is doing.
#include "operate/status.h"

#include <condition_variable>
#include <map>
#include <mutex>

#include "base/format.h"
#include "cli/commands.h"
#include "cli/expected_records.h"
#include "cli/home_index.h"
#include "cli/stop_request.h"
#include "cli/unknown_names.h"
#include "cli/workspace.h"
#include "local/owners.h"
#include "local/watch_notes.h"
#include "local/worker_pool.h"

namespace cls::cli {

namespace {

constexpr std::chrono::seconds watch_every{2};
/// To the first line and column, and nothing below; what was above the screen stays.
constexpr std::string_view clear_screen = "\x1b[H\x1b[2J";

/// Boundaries whose changes cannot all be watched, as the processes that live say.
std::map<std::string, std::string> polled_in(const local::Home& home, World& world) {
  if (!world.files.status(home.database(), true)) return {};
  const auto self = local::make_owner(world.ids);
  try {
    return local::WatchNotes(home.database()).of([&](const std::string& by) {
      return local::owner_lives(by, self);
    });
  } catch (const Error&) {  // said above: the index cannot be opened
    return {};
  }
}

/// One look; what it prints.
std::string overview(const Options& options, World& world) {
  const auto filter = filter_of(options, world);
  const auto home = existing_home(options, world);
  const auto deployed = deployed_in(*home, world);
  warn_of_unknown_names(options, *deployed.deployment, world);
  flow::LedgerLogs logs(home->store());
  auto index = index_of(*home, world, "`queued` is not known and shown as 0, ");
  const auto queued = [&](const flow::ArcRef& arc) -> std::uint64_t {
    return index ? index->queued(local::arc_key(arc)) : 0;
  };
  if (options.records) {
    expect_report(*home, *deployed.deployment, filter, ReportReads::ClaimsAndSegments);
  }
  auto report = operate::status({.store = home->store(),
                                 .deployment = *deployed.deployment,
                                 .logs = logs,
                                 .now = world.clock.now(),
                                 .home = home->directory(),
                                 .queued = queued,
                                 .broken_projects = deployed.broken,
                                 .notes = options.records ? nullptr : index.get()},
                                filter);
  if (!report) throw Error(report.error());
  warn_of_trouble(index.get(), world);
  for (const auto& [boundary, why] : polled_in(*home, world)) {
    report->problems.push_back({.subject = boundary, .message = why});
  }
  return operate::render(*report, options.output, look_of(options, world));
}

}  // namespace

int status(const Options& options, World& world) {
  if (!options.watch) {
    world.console.out(overview(options, world));
    return 0;
  }
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;
  StopRequest stop(world, [](int signal) { return 128 + signal; });
  const StopRequest::Listener listener(stop, [&] {
    const std::lock_guard lock(mutex);
    stopped = true;
    changed.notify_all();
  });
  const std::string terminal = world.getenv("TERM").value_or("");
  const bool screen = world.console.width() > 0 && !terminal.empty() && terminal != "dumb" &&
                      options.output == operate::Format::Table;
  while (true) {
    const std::string text = overview(options, world);
    world.console.out(screen ? std::string(clear_screen) + text : text);
    if (world.console.out_lost()) return 0;
    std::unique_lock lock(mutex);
    if (changed.wait_for(lock, watch_every, [&] { return stopped; })) return 0;
  }
}

}  // namespace cls::cli
