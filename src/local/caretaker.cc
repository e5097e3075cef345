// SPDX-License-Identifier: Apache-2.0
#include "local/caretaker.h"

#include <set>

#include "base/error.h"
#include "base/format.h"
#include "base/host.h"
#include "base/stale_files.h"
#include "local/attempt_logs.h"
#include "local/deployed.h"
#include "record/places.h"

namespace cls::local {

namespace {

constexpr std::chrono::hours pause{1};
/// Temporary files and images are looked for at start and once a day: that reads all names of the
/// records.
constexpr int passes_a_day = 24;
constexpr std::chrono::hours temporary_age{1};
/// How the store names what it is writing (docs/formats/store.md).
constexpr std::string_view temporary_prefix = ".cls-tmp-";
/// And what comes from S3 on its way to a file (store/routed_store.cc).
constexpr std::string_view fetched_prefix = "fetched-";

}  // namespace

Caretaker::Caretaker(Services services, RetentionLimits limits)
    : services_(std::move(services)),
      limits_(limits),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Caretaker::~Caretaker() {
  thread_.request_stop();
  stopped_.notify_all();
}

void Caretaker::work(const std::stop_token& stop) {
  for (int pass = 0; !stop.stop_requested(); ++pass) {
    try {  // a pass that fails is made good by the next one
      keep(stop);
      remove_containers();
      if (pass % passes_a_day == 0) {
        remove_images();
        remove_temporary(stop);
      }
    } catch (const Error& error) {
      services_.log.warning(format("tidying up: {}", error.what()));
    }
    std::unique_lock lock(mutex_);
    stopped_.wait_for(lock, stop, pause, [] { return false; });
  }
}

/// Of attempts that are over: their processes were killed, and nobody took their lots over since.
void Caretaker::remove_containers() {
  Home& home = services_.home;
  work::Containers containers(container_host(services_));
  containers.remove_left([&home](const std::string& attempt) {
    const auto group = group_of(home.files(), home.attempts(), attempt);
    return group && group->lives;
  });
}

/// Of declarations that were replaced or destroyed.
void Caretaker::remove_images() {
  const auto deployed = read_deployed(services_.home);
  if (!deployed) throw Error(deployed.error());
  if (!deployed->broken.empty()) return;  // what these name is not known
  std::set<std::string> hashes;
  for (const auto& arc : deployed->deployment->arcs()) hashes.insert(arc.arc->declaration);
  work::Containers(container_host(services_)).remove_images(hashes);
}

void Caretaker::keep(const std::stop_token& stop) {
  Home& home = services_.home;
  const auto deployed = read_deployed(home);
  if (!deployed) throw Error(deployed.error());
  const auto claimed = claimed_attempts(home.store(), *deployed->deployment);
  if (!claimed) throw Error(claimed.error());
  const auto report = keep_attempts(
      home.files(),
      {.directory = home.attempts(),
       .limits = limits_,
       .claimed = &*claimed,
       .now = home.files().stamp_time(),
       .lives = [](const std::string& attempt,
                   int group) { return process_group_has(group, "CLS_ATTEMPT=" + attempt); },
       .stop = [&stop] { return stop.stop_requested(); }});
  if (report.removed > 0) {
    services_.log.info(
        format("removed the folders of {} old attempts, {} bytes", report.removed, report.bytes));
  }
  if (report.failed > 0) {
    services_.log.warning(
        format("{} folders of old attempts cannot be removed: {}", report.failed, report.failure));
  }
}

void Caretaker::remove_temporary(const std::stop_token& stop) {
  Home& home = services_.home;
  std::vector<std::pair<std::string, std::string_view>> places{{home.run(), fetched_prefix}};
  for (const auto& bucket : home.stores().buckets().value_or(std::vector<std::string>())) {
    const auto directory = home.stores().directory_of(bucket);
    if (directory && record::parse_store_name(bucket)) {
      places.emplace_back(*directory, temporary_prefix);
    }
  }
  const Instant before = home.files().stamp_time() - temporary_age;
  StaleFiles all;
  for (const auto& [directory, prefix] : places) {
    const auto found =
        remove_stale_files(directory, prefix, before, [&stop] { return stop.stop_requested(); });
    all.removed += found.removed;
    all.bytes += found.bytes;
  }
  if (all.removed == 0) return;
  services_.log.info(
      format("removed {} temporary files of killed writers, {} bytes", all.removed, all.bytes));
}

}  // namespace cls::local
