// SPDX-License-Identifier: Apache-2.0
// World: one simulated run: the time, the disk, the processes, the messages between them, and the
// script that happens to them.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "flow/audit_report.h"
#include "flow/deployment.h"
#include "flow/workload.h"
#include "sim/disk.h"
#include "sim/meddler.h"
#include "sim/oracle.h"
#include "sim/outsider.h"
#include "sim/plain_store.h"
#include "sim/process.h"
#include "sim/queue.h"
#include "sim/random.h"
#include "sim/script.h"

namespace cls::sim {

class Engine;
class World;

/// The name of a redeploy that only brings back what was destroyed.
inline constexpr const char* back_again = "again";

/// Is told what happens in a world, and may stand in for what is run in it. For who counts.
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// A process of the service calls the store.
  virtual void called(Effect effect, bool conditional, const Uri& uri) = 0;
  /// In place of workloads.
  virtual flow::Workload& workload(World& world, store::ObjectStore& store) = 0;
  /// The world is at rest, or never will be; nobody writes any more.
  virtual void ended(World& world, store::ObjectStore& store) = 0;
};

struct RunOptions {
  bool trace = false;
  PortBug bug = PortBug::None;
  bool judged = true;  ///< by the oracle, which knows the families' names alone
  bool audited = true;
  Watcher* watcher = nullptr;
};

/// How often what happened.
struct Hits {
  std::array<std::array<std::uint64_t, effect_count>, fault_count> faults{};
  std::array<std::uint64_t, effect_count> effects{};  ///< calls, with and without a fault
  std::array<std::uint64_t, step_count> steps{};
  std::array<std::array<std::uint64_t, 3>, 2> messages{};
  std::uint64_t takeovers = 0;  ///< claims taken from an owner

  void add(const Hits& more);
};

struct RunReport {
  std::vector<std::string> violations;
  std::vector<std::string> trace;
  Hits hits;
  std::uint64_t calls = 0;  ///< of the store
  std::uint64_t lots = 0;   ///< closed by boundaries
  std::uint64_t claims = 0;
  nanoseconds virtual_time{};
};

class World {
 public:
  World(const Script& script, const RunOptions& options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  RunReport run();

  // For what runs in it.
  const Settings& settings() const { return script_.settings; }
  std::uint64_t seed() const { return script_.seed; }
  const WorldTime& time() const { return time_; }
  Disk& disk() { return disk_; }
  Oracle& oracle() { return oracle_; }
  PortBug bug() const { return options_.bug; }
  Watcher* watcher() const { return options_.watcher; }
  /// Whoever goes on at this moment.
  Process& current() { return *current_; }
  /// True for the dataset of a boundary; its manifests are published by the boundary.
  bool is_arriving(std::string_view dataset) const { return arriving_.contains(dataset); }
  bool healed() const { return healed_; }
  /// True where a record may be damaged: somebody spoils some in this world, and all were put back
  /// a moment ago at most.
  bool spoiled_of_late() const;
  void go_down(nanoseconds span) {
    store_down_until_ = std::max(store_down_until_, time_.monotonic + span);
  }
  Meddler& meddler() { return *meddler_; }
  /// A process is about to read this; somebody may have waited for that to spoil it.
  void about_to_read(const Uri& uri) {
    meddler_->about_to_call(uri, false);
    outsider_.about_to_read(uri);
  }
  /// Of what this process wrote it will not hear that it did.
  void answer_lost(const Uri& uri) { outsider_.answer_lost(uri); }
  void about_to_write(const Uri& uri) {
    meddler_->about_to_call(uri, true);
    outsider_.about_to_write(uri);
  }
  /// No such call has an effect for a while: of anybody, or of one process.
  void block(Effect effect, nanoseconds span, const Process* alone) {
    blocked_.at(static_cast<std::size_t>(effect)) = {time_.monotonic + span, alone};
  }
  bool store_is_down(Effect effect, const Process& caller) const {
    const auto& [until, alone] = blocked_.at(static_cast<std::size_t>(effect));
    const bool blocked = time_.monotonic < until && (alone == nullptr || alone == &caller);
    return !healed_ && (blocked || time_.monotonic < store_down_until_);
  }
  bool begun() const { return begun_; }
  bool lives(const std::string& owner) const;
  /// Another time at each call, so that no two objects have the same.
  Instant stamp();

  /// The fault of this call, if any; counts it. No fault befalls a world that is healed.
  const StoreFault* reach(Effect effect, const Process& process);
  void hit(const StoreFault& fault, Effect effect);
  bool tracing() const { return options_.trace; }
  void say(const Process& process, const std::string& what);

  /// What is deployed; nothing between a destroy and the next deploy.
  const flow::Deployment& deployment() const { return gone_ ? nothing_ : planned(); }
  /// The same, or what was before it was destroyed.
  const flow::Deployment& planned() const { return *deployments_.at(deployed_); }
  const flow::Deployment& numbered(unsigned number) const { return *deployments_.at(number); }
  unsigned deployed() const { return deployed_; }
  bool gone() const { return gone_; }
  /// Another number whenever it is another deployment.
  unsigned generation() const { return generation_; }
  void set_deployed(unsigned number);
  void set_gone();
  /// Ends all processes but the operator, and lets none begin before open().
  void close();
  void open() { closed_ = false; }
  bool closed() const { return closed_; }
  /// True while one of them has not ended.
  bool at_work() const;
  /// Something that happens after so long.
  void later(nanoseconds after, std::function<void()> what);
  /// The processes hear of a file, if nothing goes wrong.
  void told(unsigned boundary, const std::string& key);
  void log(std::string_view who, const std::string& what);
  /// All processes look at the orders soon.
  void ring();
  bool take_bell(const Process& process);

  SimQueue& queue_of(const Process& process);
  SimNotes& notes_of(const Process& process);
  /// Of the first host.
  const SimQueue& queue() const { return queues_.front(); }
  /// A lot was published: its subscribers will hear of it, if nothing goes wrong.
  void announce(const model::Placement& placement, const model::DatasetId& dataset,
                const lot::LotId& lot);
  /// The same of a lot that another tool published, and nothing goes wrong with it.
  void tell(const model::DatasetId& dataset, const lot::LotId& lot);
  void look_at(const flow::ArcRef& arc, const lot::LotId& lot);
  /// Beats the claims that the first process holds, as far as they have to be.
  void beat();
  /// The fibers that work look whether something has become due.
  void wake_lanes();
  /// Keys that a process was told of, since it asked last.
  std::set<std::pair<unsigned, std::string>> take_notices(const Process& process);
  std::deque<Step>& orders() { return orders_; }
  unsigned next_boundary() { return ++boundaries_; }
  void set_engine(const Process& process, Engine* engine);

 private:
  void prepare();
  bool step();
  nanoseconds next_time() const;
  void run_step(const Step& step);
  void send(Message message, nanoseconds least, std::function<void()> deliver);
  void power_failure();
  void outage();
  void end_all();
  bool serves(const Process& process) const;
  void work_in_lane(Process& process);
  void resume(Process& process);
  void ended(Process& process);
  void heal();
  bool at_rest() const;
  bool replayed(const std::string& uri) const;
  void audit(store::ObjectStore& store);
  void finish();
  void tell_watcher();
  std::string owner_of(int writer) const;

  const Script& script_;
  RunOptions options_;
  WorldTime time_;
  Oracle oracle_;
  Disk disk_;
  bool power_ = false;  // just failing
  std::vector<std::unique_ptr<flow::Deployment>> deployments_;
  flow::Deployment nothing_{{}};
  unsigned deployed_ = 0;
  bool gone_ = false;
  bool closed_ = false;
  unsigned generation_ = 0;
  Outsider outsider_{*this};
  std::unique_ptr<Meddler> meddler_;
  std::vector<std::unique_ptr<Process>> processes_;  // the last is the operator
  std::set<std::string, std::less<>> arriving_;
  Process* current_ = nullptr;
  std::vector<Engine*> engines_;
  std::vector<SimQueue> queues_;
  std::vector<SimNotes> notes_;
  std::vector<bool> bells_;
  std::vector<std::set<std::pair<unsigned, std::string>>> notices_;
  std::deque<Step> orders_;
  std::size_t next_step_ = 0;
  std::multimap<nanoseconds, std::function<void()>> messages_;
  std::array<unsigned, 2> sent_{};
  std::array<unsigned, effect_count> reached_{};
  std::map<std::pair<Effect, unsigned>, const StoreFault*> faults_;
  Random dice_;
  bool begun_ = false;
  bool healed_ = false;
  nanoseconds heal_at_{};
  nanoseconds store_down_until_{};
  std::array<std::pair<nanoseconds, const Process*>, effect_count> blocked_{};
  unsigned boundaries_ = 0;
  std::int64_t stamps_ = 0;
  RunReport report_;
};

RunReport run_script(const Script& script, const RunOptions& options);

}  // namespace cls::sim
