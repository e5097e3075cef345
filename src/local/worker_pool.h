// SPDX-License-Identifier: Apache-2.0
// WorkerPool: runs the arcs of a deployment: a queue of lots to look at, threads that look, and a
// heartbeat for the claims they hold.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/progress.h"
#include "flow/arc_flow.h"
#include "local/bells.h"
#include "local/claim_index.h"
#include "local/complaints.h"
#include "local/owners.h"
#include "local/queue.h"
#include "local/services.h"
#include "lot/lot_set.h"
#include "work/command.h"
#include "work/copy.h"

namespace cls::local {

/// What the engines of one process share that follow one another: what an earlier one still runs is
/// held for the later ones too.
struct Tenure {
  record::Owner self;
  flow::HeldClaims held;
};

/// The key of an arc in the queue.
std::string arc_key(const flow::ArcRef& arc);

/// Public functions may be called from any thread, but for start(), stop() and those that wait.
class WorkerPool {
 public:
  /// What becomes of a lot whose records cannot be read or written.
  enum class StoreTrouble : std::uint8_t { GiveUp, KeepTrying };

  WorkerPool(Services services, const flow::Deployment& deployment, flow::LedgerLogs& logs,
             Tenure& tenure, Bells& bells, Complaints& complaints, StoreTrouble trouble);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Publications announced here are queued for their subscribers.
  flow::LotEvents& events();

  /// Reads the subscriptions, queues what the records say is due, starts the threads.
  void start();
  /// Queues what the records say is due.
  void sweep();
  /// Reads again which arcs are enabled: one that is no more takes no lot; what the records say is
  /// due of one that is so again is queued before it takes any.
  void read_subscriptions();
  /// Waits until nothing is left to look at, back-off included, or request_stop(); tells how many
  /// lots have run.
  void drain(Progress* progress = nullptr);
  /// Takes nothing more; what runs goes on. From then on all others, who may know subscribers that
  /// this deployment does not, are told of each end, and what goes wrong here is no trouble of the
  /// process's health any more. By the thread that called start().
  void retire();
  /// After retire(): waits until what runs has ended, or request_stop().
  void finish_running();
  /// How many lots run.
  unsigned running() const;
  /// Makes drain() and finish_running() return soon; nothing more is taken.
  void request_stop();
  /// Ends the threads: attempts may finish for a grace time, then they are stopped and their lots
  /// released.
  void stop();
  /// Frees what dead processes had taken from the queue; true if there was any. Other processes
  /// hear of it.
  bool free_dead();
  /// Lets the threads look whether something has become due.
  void wake();

  /// Looks whether the index is still where it was opened; what to say where it is not, or was
  /// found damaged: then nothing is taken any more, and the process has to end.
  std::optional<std::string> index_gone();
  /// Called once by whoever else finds that out. Before start().
  void on_index_gone(std::function<void()> call) { on_index_gone_ = std::move(call); }

  /// When the next waiting item is due; nullopt where none waits.
  std::optional<Instant> next_due();
  /// Attempts that ended, well or not.
  std::uint64_t attempts() const;
  /// Lots that ended missing or partial, by arc, as the records said at start and the runs since.
  std::map<std::string, lot::LotSet> unfinished() const;

 private:
  class Events;  // publications → queue

  std::map<std::string, QueueCounts> queue_counts();
  void hide_queue();
  void trouble(const std::string& subject, const Failure& failure);
  void well(const std::string& subject);
  void set_aside(const flow::ArcRef& arc, const std::string& what, const Failure& failure);
  void flooded(const flow::WorkloadContext& context, std::uint64_t dropped,
               const std::string& folder);
  Result<std::optional<flow::SubscriptionView>> subscription_of(const flow::ArcRef& ref);
  void make_arc(const flow::ArcRef& ref);
  bool sweep(const std::string& key, const flow::ArcFlow& arc,
             const flow::SubscriptionView& subscription);
  std::set<std::string> enabled_keys() const;
  void work(const std::stop_token& stop);
  bool work_once();
  std::optional<QueueItem> take();
  std::optional<Instant> look_again(const QueueItem& item, const Result<flow::ArcOutcome>& outcome);
  std::optional<Instant> look_again_at_failed(const QueueItem& item, const Failure& failure);
  void settle();
  bool settle(const QueueItem& item, std::optional<Instant> again);
  void index_trouble(const Error& error);
  void look_at_index();
  void lose_index(const std::string& what);
  void note_end(const QueueItem& item, const flow::Ended& ended);
  void heartbeat(const std::stop_token& stop);
  void beat(const std::stop_token& stop);
  void rise();  // with mutex_ held

  Services services_;
  const flow::Deployment& deployment_;
  const record::Owner& self_;
  Bells& bells_;
  Complaints& complaints_;
  StoreTrouble trouble_;
  Queue queue_;
  ClaimIndex claims_;
  flow::LedgerLogs& logs_;
  flow::HeldClaims& held_;
  flow::LeaseWatch leases_;
  work::Containers containers_;
  LocalOwnerProbe probe_;
  flow::SourceReader sources_;
  std::unique_ptr<Events> events_;
  work::CopyWorkload copy_;
  work::CommandWorkload command_;
  std::map<std::string, std::unique_ptr<flow::ArcFlow>> arcs_;  // by key; fixed after start()
  std::set<std::string> keys_;                                  // of arcs_
  std::set<std::string> ordered_;                               // arcs with concurrency 1

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, unsigned> running_;  // arc key → lots at work
  unsigned working_ = 0;
  std::uint64_t generation_ = 0;  // rises when there may be work
  bool taking_ = true;
  bool retired_ = false;
  bool queue_shown_ = false;  // the metrics ask here; of the thread that starts and retires
  bool stopping_ = false;
  std::uint64_t attempts_ = 0;
  std::condition_variable_any beats_due_;
  std::uint64_t beat_rounds_ = 0;  // of the heartbeat that found something to beat
  std::map<QueueItem, int> store_failures_;
  std::set<std::string> set_aside_;  ///< damaged records of which was complained
  std::set<std::string> flooding_;   ///< arcs of whose output was complained
  /// What has run, and when it is to be looked at again; nullopt: it is done with.
  using Settlement = std::pair<QueueItem, std::optional<Instant>>;
  std::vector<Settlement> unsettled_;  ///< what the queue does not know yet
  std::size_t unsettled_count_ = 0;    ///< of them, and of those that it is being told
  int index_failures_ = 0;             ///< of the index, one after another
  std::optional<std::string> index_gone_;
  std::function<void()> on_index_gone_;
  std::chrono::nanoseconds index_looked_at_{};
  std::map<std::string, lot::LotSet> unfinished_;
  std::vector<std::jthread> threads_;
};

}  // namespace cls::local
