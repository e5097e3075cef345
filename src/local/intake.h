// SPDX-License-Identifier: Apache-2.0
// Intake: the boundaries of a deployment at work on one machine: what is scanned or seen arriving
// is taken in, and lots are closed when they are due.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/directory_watch.h"
#include "flow/boundary.h"
#include "local/complaints.h"
#include "local/object_source.h"
#include "local/services.h"
#include "local/watch_notes.h"

namespace cls::local {

/// For one thread, but for request_stop().
class Intake {
 public:
  Intake(Services services, const flow::Deployment& deployment, flow::LedgerLogs& logs,
         flow::LotEvents& events, std::string by, Complaints& complaints);
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  /// Reads the ledgers of the enabled boundaries and publishes closed lots that have no manifest.
  void start();
  /// Reads again which boundaries are enabled: one that is no more takes nothing in and closes
  /// nothing, and its open lots are kept; one that is so again is scanned at the next turn().
  void read_subscriptions();

  /// One scan of every boundary, of which what came in is taken; how many arrivals there were.
  /// Files that are still being written get some time to become quiet.
  std::uint64_t scan_all(Progress* progress = nullptr);
  /// Closes what is due.
  void tick(flow::Boundary::Quiet quiet);
  /// Closes every open lot.
  void seal();
  /// Stores what would be lost with this process: when objects of open lots were seen.
  void store_arrivals();
  /// `project/version boundary lot` of every open lot.
  std::vector<std::string> open_lots() const;

  /// Watches the paths of all boundaries; all of them are scanned at the next turn().
  void watch(DirectoryWatch& watch);
  /// All paths are scanned at the next turn().
  void scan_again();
  void take_events(const std::vector<WatchEvent>& events);
  /// Does what has become due: scans, second looks at unquiet files, closings.
  void turn();
  /// When turn() will have something to do; at most a minute from now.
  std::chrono::milliseconds next_wait() const;

  /// Makes a scan that waits for files return soon. From any thread.
  void request_stop() { stopping_ = true; }

 private:
  struct Served;  // a boundary with its source

  Result<bool> is_enabled(const flow::BoundaryRef& ref);
  bool can_read_subscription(const flow::BoundaryRef& ref, const Result<bool>& enabled);
  Result<std::unique_ptr<ObjectSource>> source_of(const flow::BoundaryRef& ref);
  bool open(const flow::BoundaryRef& ref);
  void open_again();
  void note_damaged(const flow::BoundaryRef& ref, const Failure& failure);
  void report(const Served& served);
  void disable(Served& served);
  void close_disabled();
  void take(Served& served, ScanResult found);
  void look_again(Served& served);
  void read_again(Served& served);
  void watch_root(Served& served);
  void note_polled(Served& served, const std::string& why);
  std::optional<std::pair<std::uint64_t, std::uint64_t>> root_id(const Served& served);

  Services services_;
  const flow::Deployment& deployment_;
  flow::LedgerLogs& logs_;
  flow::LotEvents& events_;
  std::string by_;
  Complaints& complaints_;
  std::vector<std::unique_ptr<Served>> served_;
  std::vector<flow::BoundaryRef> unopened_;  ///< complained of; tried again
  std::chrono::nanoseconds opened_{};        ///< when that was last tried
  std::set<std::string> unread_;             ///< boundaries of whose subscription was complained
  DirectoryWatch* watch_ = nullptr;
  std::optional<WatchNotes> notes_;  ///< once there is something to note
  std::atomic<bool> stopping_ = false;
};

}  // namespace cls::local
