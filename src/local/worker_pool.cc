// SPDX-License-Identifier: Apache-2.0
#include "local/worker_pool.h"

#include <algorithm>

#include "base/error.h"
#include "base/format.h"
#include "base/sync_file.h"
#include "flow/deploy.h"
#include "flow/sweep.h"

namespace cls::local {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int store_failures_limit = 3;
constexpr seconds store_retry{5};
/// After so many failures of the index, a pause before each, `cls run` ends.
constexpr int index_failures_limit = 10;
constexpr milliseconds index_pause{500};
constexpr seconds stop_grace{5};
/// Complaints that are remembered so as not to be repeated.
constexpr std::size_t most_set_aside = 10'000;
/// How often drain() looks whether another process that had taken something has died.
constexpr milliseconds drain_look{100};
constexpr int looks_per_dead_check = 10;

unsigned worker_count(const flow::Deployment& deployment) {
  unsigned wanted = 0;
  for (const auto& arc : deployment.arcs()) wanted += arc.arc->concurrency;
  const unsigned cores = std::max(2U, std::thread::hardware_concurrency());
  return std::clamp(wanted, 1U, 4 * cores);
}

using Flooded =
    std::function<void(const flow::WorkloadContext&, std::uint64_t, const std::string&)>;

work::CommandHost command_host(const Services& services, Flooded flooded) {
  Home& home = services.home;
  return {.files = home.files(),
          .attempts_dir = home.attempts(),
          .stores_dir = home.stores(),
          .local_path = [&home](const Uri& uri) { return home.store().local_path(uri); },
          .getenv = services.getenv,
          .sync_file = sync_file,
          .started = {},
          .dropped = std::move(flooded)};
}

}  // namespace

std::string arc_key(const flow::ArcRef& arc) {
  const auto& placement = arc.project->plan.placement;
  return format("{}|{}|{}|{}|{}|{}", placement.provider, placement.stage.value_or(""),
                placement.account.value_or(""), placement.region.value_or(""),
                arc.project->plan.project.to_string(), arc.arc->name);
}

class WorkerPool::Events final : public flow::LotEvents {
 public:
  explicit Events(WorkerPool& pool) : pool_(pool) {}
  void available(const model::Placement& placement, const model::DatasetId& dataset,
                 const lot::LotId& lot) override {
    std::vector<QueueItem> items;
    for (const auto& arc : pool_.deployment_.subscribers_of(placement, dataset)) {
      items.push_back({arc_key(arc), lot.to_string()});
    }
    pool_.queue_.push(items, Lane::Live);
    pool_.wake();
  }

 private:
  WorkerPool& pool_;
};

WorkerPool::WorkerPool(Services services, const flow::Deployment& deployment,
                       flow::LedgerLogs& logs, record::Owner self, Complaints& complaints,
                       StoreTrouble trouble)
    : services_(std::move(services)),
      deployment_(deployment),
      self_(std::move(self)),
      complaints_(complaints),
      trouble_(trouble),
      queue_(services_.home.database(), services_.clock),
      logs_(logs),
      leases_(services_.clock),
      probe_(services_.home.files(), services_.home.attempts(), self_),
      sources_(services_.home.store(), deployment_, logs_),
      events_(std::make_unique<Events>(*this)),
      copy_(services_.home.store()),
      command_(services_.home.store(), services_.processes, services_.clock,
               command_host(services_, [this](const auto& context, std::uint64_t dropped,
                                              const std::string& folder) {
                 flooded(context, dropped, folder);
               })) {}

WorkerPool::~WorkerPool() {
  stop();
}

flow::LotEvents& WorkerPool::events() {
  return *events_;
}

void WorkerPool::make_arc(const flow::ArcRef& ref) {
  auto& store = services_.home.store();
  auto subscription = flow::read_subscription(
      store, ref.project->places.arc_subscription(ref.project->plan.project, ref.arc->name));
  if (!subscription || !*subscription) {
    complaints_.add(
        format("{}: {}", ref.to_string(),
               subscription ? "no subscription: deploy it again" : subscription.error().message),
        ref.log_fields());
    services_.metrics->damaged("subscription", arc_key(ref), 1);
    return;
  }
  flow::ArcServices services{.store = store,
                             .clock = services_.clock,
                             .ids = services_.ids,
                             .events = *events_,
                             .owners = probe_,
                             .held = held_,
                             .leases = leases_,
                             .sources = sources_,
                             .self = self_,
                             .log = services_.log,
                             .workload = [this](const model::ArcPlan& plan) -> flow::Workload& {
                               if (std::holds_alternative<model::CopyPlan>(plan.workload))
                                 return copy_;
                               return command_;
                             }};
  const std::string key = arc_key(ref);
  keys_.insert(key);
  if (ref.arc->concurrency == 1) ordered_.insert(key);
  arcs_[key] = std::make_unique<flow::ArcFlow>(std::move(services), ref, **subscription);
}

void WorkerPool::start() {
  services_.metrics->serve(deployment_);
  services_.metrics->read_queue_by([this] { return queue_counts(); });
  static_cast<void>(free_dead());
  for (const auto& ref : deployment_.arcs()) make_arc(ref);
  sweep();
  for (unsigned i = worker_count(deployment_); i > 0; --i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
  threads_.emplace_back([this](const std::stop_token& stop) { heartbeat(stop); });
}

std::map<std::string, QueueCounts> WorkerPool::queue_counts() {
  std::map<std::string, QueueCounts> counts;
  for (const auto& [arc, depth] : queue_.depths(ordered_)) {
    counts[arc] = {.waiting = depth.waiting, .taken = depth.taken, .due = depth.due};
  }
  return counts;
}

void WorkerPool::sweep() {
  for (const auto& [key, arc] : arcs_) {
    services_.health->beat(services_.clock.monotonic());
    auto found = flow::sweep_arc(services_.home.store(), deployment_, logs_, arc->arc(),
                                 arc->subscription());
    if (!found) {
      services_.health->trouble(arc->arc().to_string(), found.error());
      set_aside(arc->arc(), arc->arc().to_string(), found.error());
      continue;
    }
    services_.health->well(arc->arc().to_string());
    for (const auto& [uri, failure] : found->broken) {
      set_aside(arc->arc(), uri.to_string() + " is set aside", failure);
    }
    services_.metrics->swept(key, std::move(found->lots), found->broken.size());
    std::vector<QueueItem> items;
    items.reserve(found->due.size());
    for (const auto& lot : found->due) items.push_back({key, lot.to_string()});
    queue_.push(items, Lane::Backfill);
    const std::lock_guard lock(mutex_);
    unfinished_[key] = lot::LotSet::of(found->unfinished);
  }
  wake();
}

/// Complains of what cannot be read; of the same only once.
void WorkerPool::set_aside(const flow::ArcRef& arc, const std::string& what,
                           const Failure& failure) {
  const std::string message = format("{}: {}", what, failure.message);
  {
    const std::lock_guard lock(mutex_);
    if (set_aside_.size() >= most_set_aside) set_aside_.clear();
    if (!set_aside_.insert(message).second) return;
  }
  complaints_.add(message, arc.log_fields());
}

/// Complains, once for each arc, of output that was not kept.
void WorkerPool::flooded(const flow::WorkloadContext& context, std::uint64_t dropped,
                         const std::string& folder) {
  const std::string name = context.project.project.to_string() + " " + context.arc.name;
  {
    const std::lock_guard lock(mutex_);
    if (!flooding_.insert(name).second) return;
  }
  complaints_.add(
      format("{} {}: {} bytes of its output were dropped: of each of stdout and stderr "
             "the first {} are kept, in {}",
             name, context.lot.to_string(), dropped, ProcessSpec{}.output_limit, folder),
      {.project = context.project.project.to_string(),
       .boundary = {},
       .arc = context.arc.name,
       .lot = context.lot.to_string(),
       .attempt = context.attempt});
}

bool WorkerPool::free_dead() {
  return queue_.free_dead([this](const std::string& by) { return owner_lives(by, self_); });
}

void WorkerPool::rise() {
  ++generation_;
  changed_.notify_all();
}

void WorkerPool::wake() {
  const std::lock_guard lock(mutex_);
  rise();
}

void WorkerPool::request_stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  taking_ = false;
  changed_.notify_all();
}

void WorkerPool::stop() {
  services_.metrics->read_queue_by({});
  if (threads_.empty()) return;
  request_stop();
  {
    std::unique_lock lock(mutex_);
    // Attempts may finish; those that do not are stopped and their lots released.
    if (!changed_.wait_for(lock, stop_grace, [this] { return working_ == 0; })) {
      lock.unlock();
      held_.request_stop_all();
    }
  }
  for (auto& thread : threads_) thread.request_stop();
  changed_.notify_all();
  threads_.clear();
}

void WorkerPool::finish_running(const std::function<void()>& meanwhile) {
  std::unique_lock lock(mutex_);
  taking_ = false;
  while (!changed_.wait_for(lock, seconds(1), [this] { return working_ == 0 || stopping_; })) {
    lock.unlock();
    meanwhile();
    lock.lock();
  }
}

void WorkerPool::heartbeat(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    // Idle: nobody's lease runs, nothing wakes.
    if (!changed_.wait(lock, stop, [this] { return working_ > 0; })) return;
    changed_.wait_for(lock, stop, milliseconds(500), [this] { return working_ == 0; });
    lock.unlock();
    held_.keep_all();
    lock.lock();
  }
}

void WorkerPool::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = generation_;
    }
    bool worked = false;
    bool failed = false;
    try {  // the queue's dispatch: an error ends one turn, not the process
      settle();
      worked = work_once();
      settle();
    } catch (const Error& error) {
      index_trouble(error);
      failed = true;
    }
    if (worked) continue;
    std::unique_lock lock(mutex_);
    if (failed) {
      changed_.wait_for(lock, stop, index_pause, [this] { return stopping_; });
      if (!stopping_) continue;
    }
    changed_.wait(lock, stop, [&] { return generation_ != seen && taking_; });
  }
}

/// Takes the next item whose arc has room; counts it as running.
std::optional<QueueItem> WorkerPool::take() {
  const std::lock_guard lock(mutex_);
  if (!taking_) return std::nullopt;
  std::set<std::string> full;
  for (const auto& [key, count] : running_) {
    const auto arc = arcs_.find(key);
    if (arc != arcs_.end() && count >= arc->second->arc().arc->concurrency) full.insert(key);
  }
  auto item = queue_.take(self_.id, full, ordered_);
  if (!item) return std::nullopt;
  ++running_[item->arc];
  ++working_;
  changed_.notify_all();
  return item;
}

bool WorkerPool::work_once() {
  const auto item = take();
  if (!item) return false;
  const auto arc = arcs_.find(item->arc);
  Result<flow::ArcOutcome> outcome = flow::ArcOutcome(flow::Idle::NotReady);
  try {
    const auto lot = lot::LotId::parse(item->lot);
    // An arc that is deployed no more, or a lot of another version's queue, is simply done with.
    if (arc != arcs_.end() && lot) {
      Metrics::Look look(*services_.metrics, item->arc, *lot, services_.clock);
      outcome = arc->second->run(*lot);
      look.ended(outcome);
    }
  } catch (const Error& error) {
    outcome = fail(FailureCode::Unavailable, error.what());
  }
  const auto again = look_again(*item, outcome);
  const std::lock_guard lock(mutex_);
  unsettled_.emplace_back(*item, again);
  if (--running_[item->arc] == 0) running_.erase(item->arc);
  --working_;
  rise();
  return true;
}

/// Says in the queue what became of what has run; what the index does not take is tried again.
void WorkerPool::settle() {
  std::vector<Settlement> settlements;
  {
    const std::lock_guard lock(mutex_);
    settlements.swap(unsettled_);
  }
  while (!settlements.empty()) {
    const auto& [item, again] = settlements.back();
    try {
      if (again) {
        queue_.later(item, *again);
      } else {
        queue_.done(item);
      }
    } catch (const Error&) {
      const std::lock_guard lock(mutex_);
      std::ranges::move(settlements, std::back_inserter(unsettled_));
      throw;
    }
    settlements.pop_back();
    services_.health->well("index");
    const std::lock_guard lock(mutex_);
    index_failures_ = 0;
    rise();
  }
}

/// Said once for many failures in a row; `cls run` does not wait for ever.
void WorkerPool::index_trouble(const Error& error) {
  services_.health->trouble("index", {FailureCode::Unavailable, error.what()});
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = index_failures_++ == 0;
    if (trouble_ == StoreTrouble::GiveUp && index_failures_ >= index_failures_limit) {
      stopping_ = true;
      taking_ = false;
      changed_.notify_all();
    }
  }
  if (first) complaints_.add(error.what());
}

std::optional<Instant> WorkerPool::look_again_at_failed(const QueueItem& item,
                                                        const Failure& failure) {
  int failures = 0;
  {
    const std::lock_guard lock(mutex_);
    failures = ++store_failures_[item];
  }
  const std::string what =
      format("{} {}: {}", item.arc.substr(item.arc.rfind('|') + 1), item.lot, failure.message);
  const auto arc = arcs_.find(item.arc);
  if (arc != arcs_.end()) services_.health->trouble(arc->second->arc().to_string(), failure);
  const LogFields about =
      arc == arcs_.end() ? LogFields{} : arc->second->arc().log_fields(item.lot);
  if (failure.code == FailureCode::Invalid && arc != arcs_.end()) {
    // A damaged record does not mend itself: it is set aside until a sweep or an event comes upon
    // it again.
    set_aside(arc->second->arc(), arc->second->arc().arc->name + " " + item.lot, failure);
    return std::nullopt;
  }
  if (failures < store_failures_limit || trouble_ == StoreTrouble::KeepTrying) {
    services_.log.warning(what, about);
    return services_.clock.now() + store_retry;
  }
  complaints_.add(what, about);
  return std::nullopt;
}

void WorkerPool::note_end(const QueueItem& item, const flow::Ended& ended) {
  const auto lot = lot::LotId::parse(item.lot);
  if (!lot) return;
  const std::lock_guard lock(mutex_);
  auto& lots = unfinished_[item.arc];
  if (ended.result == record::ClaimResult::complete) {
    lots.erase(*lot);
  } else {
    lots.insert(*lot);
  }
}

/// When the item is to be looked at again after this; nullopt: it is done with.
std::optional<Instant> WorkerPool::look_again(const QueueItem& item,
                                              const Result<flow::ArcOutcome>& outcome) {
  if (!outcome) return look_again_at_failed(item, outcome.error());
  const auto arc = arcs_.find(item.arc);
  if (arc != arcs_.end()) services_.health->well(arc->second->arc().to_string());
  const auto* ended = std::get_if<flow::Ended>(&*outcome);
  const auto* retry = std::get_if<flow::RetryLater>(&*outcome);
  if (ended != nullptr) note_end(item, *ended);
  {
    const std::lock_guard lock(mutex_);
    store_failures_.erase(item);
    if (ended != nullptr || retry != nullptr) ++attempts_;
  }
  const Instant now = services_.clock.now();
  if (const auto* busy = std::get_if<flow::Busy>(&*outcome)) return now + busy->after;
  if (retry != nullptr) return now + retry->after;
  if (std::holds_alternative<flow::LookAgain>(*outcome) ||
      std::holds_alternative<flow::Lost>(*outcome)) {
    return now;
  }
  return std::nullopt;
}

void WorkerPool::drain() {
  for (int look = 0;; ++look) {
    // Another process that had taken something may have died since.
    if (look % looks_per_dead_check == 0) static_cast<void>(free_dead());
    const auto depth = queue_.depth(keys_, ordered_);
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    if (working_ == 0 && depth.waiting == 0 && depth.taken == 0) return;
    const Instant now = services_.clock.now();
    if (working_ == 0 && depth.taken == 0 && depth.next_due && *depth.next_due > now) {
      // Only back-off is left: let it pass, in steps, so that a stop is heard.
      const auto span =
          std::min<std::chrono::nanoseconds>(*depth.next_due - now, milliseconds(500));
      lock.unlock();
      services_.clock.sleep_for(span);
      lock.lock();
    }
    rise();
    const std::uint64_t seen = generation_;
    changed_.wait_for(lock, drain_look, [&] { return generation_ != seen || stopping_; });
  }
}

std::optional<Instant> WorkerPool::next_due() {
  return queue_.depth(keys_, ordered_).next_due;
}

std::uint64_t WorkerPool::attempts() const {
  const std::lock_guard lock(mutex_);
  return attempts_;
}

std::map<std::string, lot::LotSet> WorkerPool::unfinished() const {
  const std::lock_guard lock(mutex_);
  return unfinished_;
}

}  // namespace cls::local
