// SPDX-License-Identifier: Apache-2.0
// Engine: the one-machine substrate at work: scans and watches, closes lots, runs arcs with a pool
// of workers. One per process and deployment; several processes may share a home.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/directory_watch.h"
#include "base/process_runner.h"
#include "flow/arc_flow.h"
#include "flow/boundary.h"
#include "flow/sweep.h"
#include "local/home.h"
#include "local/owners.h"
#include "local/queue.h"
#include "local/scanner.h"
#include "work/command.h"
#include "work/copy.h"

namespace cls::local {

/// What the engine needs of the process; all of it outlives the engine.
struct EngineServices {
  Home& home;
  Clock& clock;
  UlidSource& ids;
  ProcessRunner& processes;
  Log& log;
};

struct RunOptions {
  bool until_idle = false;  ///< scan again until a scan finds nothing new
  bool seal = false;        ///< close all open lots first
};

/// What a run left behind; the exit code follows from it.
struct RunReport {
  std::uint64_t arrivals = 0;
  std::uint64_t attempts = 0;
  std::vector<std::string> failures;  ///< records or objects that could not be read or written
  std::vector<std::string> open_lots;
};

/// Public functions are for one thread, but for request_stop().
class Engine {
 public:
  Engine(EngineServices services, std::unique_ptr<const flow::Deployment> deployment);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const flow::Deployment& deployment() const { return *deployment_; }

  /// `cls run`: scans, closes what has ended, works until nothing is left.
  RunReport run(const RunOptions& options);

  /// `cls up`: serves until request_stop().
  void serve();

  /// Ends serve() or run() soon: attempts may finish for `grace`, then they are stopped and their
  /// lots released. From any thread.
  void request_stop();

 private:
  struct Served;  // a boundary with its scanner
  class Events;   // publications → queue

  void start();
  void make_boundaries();
  void make_arcs();
  void sweep();
  void start_threads();
  void stop_threads();
  std::uint64_t scan_all(RunReport& report);
  void tick_all(flow::Boundary::Quiet quiet, RunReport* report);
  void drain();
  void work(const std::stop_token& stop);
  bool work_once();
  void finish(const QueueItem& item, const Result<flow::ArcOutcome>& outcome);
  void heartbeat(const std::stop_token& stop);
  void watch_roots(DirectoryWatch& watch);
  void take_events(const std::vector<WatchEvent>& events);
  std::chrono::milliseconds next_wait();
  void scan_served(Served& served);
  void take(Served& served, ScanResult found);
  void complain(const std::string& what);

  EngineServices services_;
  std::unique_ptr<const flow::Deployment> deployment_;
  record::Owner self_;
  Queue queue_;
  flow::LedgerLogs logs_;
  flow::HeldClaims held_;
  flow::LeaseWatch leases_;
  LocalOwnerProbe probe_;
  flow::SourceReader sources_;
  std::unique_ptr<Events> events_;
  work::CopyWorkload copy_;
  work::CommandWorkload command_;
  std::vector<std::unique_ptr<Served>> served_;
  std::map<std::string, std::unique_ptr<flow::ArcFlow>> arcs_;  // by key
  std::set<std::string> ordered_;                               // arcs with concurrency 1

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, unsigned> running_;  // arc key → lots at work
  unsigned working_ = 0;
  std::uint64_t generation_ = 0;  // rises when there may be work
  std::uint64_t attempts_ = 0;
  std::map<QueueItem, int> store_failures_;
  std::vector<std::string> complaints_;
  std::atomic<bool> stopping_ = false;
  bool keep_trying_ = false;  // serve(): a failing store is tried for ever
  std::atomic<DirectoryWatch*> watch_ = nullptr;
  std::vector<std::jthread> threads_;
};

/// The key of an arc in the queue.
std::string arc_key(const flow::ArcRef& arc);

}  // namespace cls::local
