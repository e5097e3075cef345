// SPDX-License-Identifier: Apache-2.0
// Engine: what a resident process does, as local/ does it with threads, in one fiber: it takes in,
// closes lots, works off the queue, sweeps, and follows orders.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/ulid.h"
#include "flow/arc_flow.h"
#include "flow/boundary.h"
#include "sim/port.h"
#include "sim/workload.h"
#include "sim/world.h"

namespace cls::sim {

class Engine {
 public:
  Engine(World& world, Process& process);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// One life of the process.
  void run();
  /// A lane of the process: works off the queue until it is ended.
  void work_in(Process& lane);
  /// Nothing is held, open or to be looked at again.
  bool at_rest() const;

 private:
  class Events;
  class Probe;
  class Lines;
  /// A boundary as it is served here.
  struct Served {
    std::unique_ptr<flow::Boundary> boundary;
    unsigned number = 0;  ///< by which the oracle knows it
    unsigned index = 0;   ///< of the boundary in its project
    nanoseconds scan_at{};
    nanoseconds tick_at{};
    bool failed = false;
    bool unquiet = false;
    bool disabled = false;
  };

  void open();
  void close();
  void finish();
  record::ObjectVersion version_of(const store::ObjectInfo& info) const;
  bool open_boundary(const flow::BoundaryRef& ref, unsigned index);
  void open_arc(const flow::ArcRef& ref);
  void follow_orders();
  void follow_order(const flow::BoundaryRef& ref, unsigned index);
  void leave(Served& served);
  bool intake();
  void intake(Served& served, const std::set<std::string>& told);
  bool scan(Served& served, std::vector<flow::Arrival>& found);
  bool look(Served& served, const store::ObjectInfo& info, std::vector<flow::Arrival>& found);
  nanoseconds tick_after(const Served& served, const std::vector<flow::Arrival>& found) const;
  flow::ArrivalBatch scanned(const Served& served, const std::vector<flow::Arrival>& found);
  void take(Served& served, const std::vector<flow::Arrival>& found);
  void tick(Served& served);
  void sweep();
  std::set<std::string> takeable() const;
  bool work();
  void settle(const SimQueue::Item& item, const Result<flow::ArcOutcome>& outcome);
  nanoseconds next_time() const;
  void beat();
  void trouble(const std::string& what, const Failure& failure);

  World& world_;
  Process& process_;
  StorePort store_;
  Random dice_;
  UlidSource ids_;
  std::unique_ptr<Events> events_;
  std::unique_ptr<Probe> probe_;
  std::unique_ptr<Lines> out_;
  flow::HeldClaims held_;
  flow::LeaseWatch leases_;
  SimWorkload workload_;
  flow::Workload& runs_;
  const flow::Deployment* deployment_ = nullptr;
  unsigned generation_ = 0;
  std::unique_ptr<flow::LedgerLogs> logs_;
  std::unique_ptr<flow::SourceReader> sources_;
  std::vector<std::unique_ptr<Served>> served_;
  std::map<std::string, std::unique_ptr<flow::ArcFlow>> arcs_;
  std::set<std::string> ordered_;
  bool unopened_ = false;
  bool beating_ = false;
  bool finishing_ = false;
  unsigned working_ = 0;                     // lots at work
  std::map<std::string, unsigned> running_;  // by arc
  nanoseconds open_at_{};
  nanoseconds sweep_at_{};
};

}  // namespace cls::sim
