// SPDX-License-Identifier: Apache-2.0
// Engine: how objects are found, and taken in.
#include <algorithm>

#include "base/format.h"
#include "base/hash.h"
#include "sim/engine.h"

namespace cls::sim {

namespace {

using namespace std::chrono_literals;

// As local/ has them.
constexpr nanoseconds store_retry = 5s;
constexpr nanoseconds unquiet_look = 500ms;
constexpr nanoseconds longest_wait = 60s;

}  // namespace

/// The version as a listing of such a store tells it.
record::ObjectVersion Engine::version_of(const store::ObjectInfo& info) const {
  record::ObjectVersion version;
  version.size = info.size;
  if (world_.settings().versions == Versions::File) {
    version.mtime = format_instant(info.modified);
    return version;
  }
  version.etag = info.etag;
  // In some worlds ids are switched on in the middle.
  const bool from_now = world_.seed() % 3 == 0;
  const bool before =
      from_now && info.modified < world_.settings().start + world_.settings().length / 2;
  if (world_.settings().versions == Versions::VersionId && !before) {
    version.versionId = version_id(info.modified);
  }
  // Where there is an id, nothing else is needed.
  if (version.versionId && !from_now && world_.seed() % 2 == 0) version.etag.reset();
  return version;
}

/// What was found is taken together. False: not all could be looked at.
bool Engine::look(Served& served, const store::ObjectInfo& info,
                  std::vector<flow::Arrival>& found) {
  const bool file = world_.settings().versions == Versions::File;
  record::ObjectVersion version = version_of(info);
  if (served.boundary->knows(info.uri, version)) return true;
  Instant modified = info.modified;
  if (file && world_.settings().hashes) {
    const auto object = store_.get(info.uri);
    if (!object) return object.error().code == FailureCode::NotFound;
    modified = object->info.modified;
    version.size = object->info.size;
    version.mtime = format_instant(modified);
    version.sha256 = sha256_hex(object->bytes);
    if (served.boundary->knows(info.uri, version)) return true;
  }
  found.push_back({.uri = info.uri,
                   .version = std::move(version),
                   .modified = modified,
                   .event = modified,
                   .first_seen = process_.clock.now()});
  return true;
}

bool Engine::scan(Served& served, std::vector<flow::Arrival>& found) {
  const auto& plan = *served.boundary->ref().boundary;
  std::vector<store::ObjectInfo> infos;
  const auto listed = store::for_each_object(
      store_, plan.dataset.path(), [&](const store::ObjectInfo& info) { infos.push_back(info); });
  if (!listed) return listed.error().code == FailureCode::NotFound;
  bool complete = true;
  served.unquiet = false;
  for (const auto& info : infos) {
    const Instant now = process_.clock.now();
    const bool quiet = info.modified > now || now - info.modified >= plan.quiet;
    if (!quiet) {
      served.unquiet = true;
    } else if (!look(served, info, found)) {
      complete = false;
    }
  }
  return complete;
}

/// When a tick may have something to do for what was just taken. Each tick looks at all lots there
/// ever were, so where there are very many arrivals it is left out until then.
nanoseconds Engine::tick_after(const Served& served,
                               const std::vector<flow::Arrival>& found) const {
  const auto now = world_.time().monotonic;
  if (world_.settings().lanes == 0 || served.failed) return now;
  const auto& plan = *served.boundary->ref().boundary;
  const Instant begin = plan.unit.truncate(process_.clock.now());
  const bool of_former = plan.lot_source != model::LotSource::arrivalTime &&
                         std::ranges::any_of(found, [&](const flow::Arrival& arrival) {
                           return arrival.modified < begin;
                         });
  const Instant ends = begin + plan.unit.duration();
  const nanoseconds ended = of_former ? 0s : ends - process_.clock.now();
  return std::min(served.tick_at, now + ended + nanoseconds(plan.settle));
}

/// The same as a scan of a directory tree gives it (local/scanner.cc), which must give back what
/// was put into it.
flow::ArrivalBatch Engine::scanned(const Served& served, const std::vector<flow::Arrival>& found) {
  const Uri& path = served.boundary->ref().boundary->dataset.path();
  flow::ArrivalBatch batch(path);
  for (const auto& arrival : found) {
    const std::string below = arrival.uri.key.substr(path.key.size());
    const auto name = below.rfind('/') + 1;
    if (name > 0) batch.enter(below.substr(0, name));
    if (name == 0 && !batch.empty()) batch.enter("");
    batch.add(flow::ArrivalBatch::File{.name = std::string_view(below).substr(name),
                                       .size = arrival.version.size,
                                       .modified = arrival.modified,
                                       .changed = arrival.event,
                                       .first_seen = arrival.first_seen});
    const std::size_t last = batch.size() - 1;
    if (arrival.version.sha256) batch.set_sha256(last, *arrival.version.sha256);
    const auto file = batch.file(last);
    if (batch.relative(last) != below || file.name != below.substr(name) ||
        file.size != arrival.version.size || batch.at(last).version != arrival.version) {
      world_.oracle().violated(1, format("{} is another object in its batch", below));
    }
  }
  return batch;
}

void Engine::take(Served& served, const std::vector<flow::Arrival>& found) {
  for (const auto& arrival : found) world_.oracle().taken(served.number, arrival);
  const bool files = world_.settings().versions == Versions::File && world_.watcher() == nullptr;
  const auto taken = files && dice_.chance(0.5) ? served.boundary->take(scanned(served, found))
                                                : served.boundary->take(found);
  served.failed = !taken;
  if (!taken) trouble("take", taken.error());
  served.tick_at = tick_after(served, found);
}

void Engine::tick(Served& served) {
  Result<> done;
  if (served.failed) done = served.boundary->take(std::vector<flow::Arrival>{});
  if (done) done = served.boundary->tick(flow::Boundary::Quiet::Waited);
  served.failed = !done;
  if (!done) trouble("tick", done.error());
  // No clock jumps in a forecast.
  const nanoseconds longest = world_.settings().lanes > 0 ? nanoseconds(1h) : longest_wait;
  nanoseconds wait = served.failed ? store_retry : longest;
  if (const auto due = served.boundary->next_due(); due && !served.failed) {
    wait = std::clamp<nanoseconds>(*due - process_.clock.now(), 1ms, wait);
  }
  served.tick_at = world_.time().monotonic + wait;
}

void Engine::intake(Served& served, const std::set<std::string>& told) {
  const auto now = world_.time().monotonic;
  std::vector<flow::Arrival> found;
  const auto& path = served.boundary->ref().boundary->dataset.path();
  for (const auto& key : told) {
    const auto info = store_.head(path.child(key));
    const bool looked =
        info ? look(served, *info, found) : info.error().code == FailureCode::NotFound;
    if (!looked) served.scan_at = now;
  }
  if (served.scan_at <= now) {
    const bool complete = scan(served, found);
    served.scan_at = world_.time().monotonic + (complete ? world_.settings().poll : store_retry);
    if (served.unquiet) served.scan_at = world_.time().monotonic + unquiet_look;
  }
  if (!found.empty()) take(served, found);
  if (served.tick_at <= world_.time().monotonic) tick(served);
}

/// True if something was done.
bool Engine::intake() {
  std::map<unsigned, std::set<std::string>> told;
  for (const auto& [boundary, key] : world_.take_notices(process_)) told[boundary].insert(key);
  bool worked = false;
  for (const auto& served : served_) {
    const auto now = world_.time().monotonic;
    const auto& keys = told[served->index];
    if (keys.empty() && served->scan_at > now && served->tick_at > now) continue;
    intake(*served, keys);
    worked = true;
  }
  return worked;
}

}  // namespace cls::sim
