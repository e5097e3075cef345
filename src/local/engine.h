// SPDX-License-Identifier: Apache-2.0
// Engine: the one-machine substrate at work: takes in, closes lots, runs arcs. One per process and
// deployment; several processes may share a home.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/directory_watch.h"
#include "base/progress.h"
#include "local/bells.h"
#include "local/complaints.h"
#include "local/intake.h"
#include "local/services.h"
#include "local/worker_pool.h"

namespace cls::local {

struct RunOptions {
  bool until_idle = false;       ///< scan again until a scan finds nothing new
  bool seal = false;             ///< close all open lots first
  Progress* progress = nullptr;  ///< is told of objects and lots; null: nobody is
};

/// What a run did and left behind; the exit code follows from it.
struct RunReport {
  std::uint64_t arrivals = 0;
  std::uint64_t attempts = 0;
  std::uint64_t failure_count = 0;
  std::vector<std::string> failures;   ///< what could not be read or written (the first of them)
  std::vector<std::string> open_lots;  ///< `project/version boundary lot`
  std::map<std::string, lot::LotSet> unfinished;  ///< arc_key → lots missing or partial
  bool stopped = false;                           ///< request_stop() came before the end
};

/// Public functions are for one thread, but for request_stop().
class Engine {
 public:
  enum class Mode : std::uint8_t { Run, Serve };

  /// `tenure` outlives it; engines of one process that live at the same time share one.
  Engine(Services services, std::unique_ptr<const flow::Deployment> deployment, Mode mode,
         Tenure& tenure);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const flow::Deployment& deployment() const { return *deployment_; }

  // run() and serve() throw Error (Temporary) where the index was deleted under them.

  /// `cls run`: scans, closes what has ended, works until nothing is left.
  RunReport run(const RunOptions& options);

  /// Why serve() returned.
  enum class End : std::uint8_t { Stopped, Changed };
  /// `cls up`: serves until request_stop(), or until `changed` (asked whenever records may have
  /// changed, and again later where it throws Error) says that another deployment is to be served:
  /// then nothing more is taken, but what runs goes on, to be waited for by finish().
  End serve(const std::function<bool()>& changed);
  /// After serve() returned Changed: waits until what runs has ended, or request_stop().
  void finish();
  /// How many lots run.
  unsigned running() const { return pool_.running(); }

  /// Ends serve() or run() soon: attempts may finish for some seconds, then they are stopped and
  /// their lots released. From any thread.
  void request_stop();

 private:
  class WatchInUse;

  void start();
  void hear(const Heard& heard);
  void wake();
  [[noreturn]] void end_without_index(const std::string& what);
  std::chrono::milliseconds wake_for_due();
  bool look_at_records(const std::function<bool()>& changed);
  bool serve_once(DirectoryWatch& watch, const std::function<bool()>& changed);
  void recover();
  std::vector<WatchEvent> wait_for_events(DirectoryWatch& watch);

  Services services_;
  Mode mode_;
  std::unique_ptr<const flow::Deployment> deployment_;
  Complaints complaints_;
  flow::LedgerLogs logs_;
  Bells bells_;
  WorkerPool pool_;
  Intake intake_;
  std::chrono::nanoseconds next_sweep_{};
  bool troubled_ = false;  ///< the last round of serve() failed, and that was said
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> rung_ = false;  ///< by somebody who changed records
  std::mutex watch_mutex_;
  DirectoryWatch* watch_ = nullptr;
};

}  // namespace cls::local
