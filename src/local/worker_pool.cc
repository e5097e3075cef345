// SPDX-License-Identifier: Apache-2.0
#include "local/worker_pool.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/format.h"
#include "flow/deploy.h"
#include "flow/sweep.h"

namespace cls::local {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds stop_grace{5};
/// Complaints that are remembered so as not to be repeated.
constexpr std::size_t most_set_aside = 10'000;
/// So many claims may be beaten at once; more whose store does not answer are given up in time.
constexpr int beat_threads = 3;
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

work::CommandHost command_host(const Services& services, work::Containers& containers,
                               Flooded flooded) {
  Home& home = services.home;
  return {.files = home.files(),
          .attempts_dir = home.attempts(),
          .stores_dir = home.stores_directory(),
          .local_path = [&home](const Uri& uri) { return home.stores().local_path(uri); },
          .getenv = services.getenv,
          .environment = services.workload_environment,
          .started = {},
          .dropped = std::move(flooded),
          .containers = &containers};
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
    if (items.empty()) return;
    pool_.queue_.push(items, Lane::Live);
    pool_.wake();
    pool_.bells_.ring(Ring::Work);
  }

 private:
  WorkerPool& pool_;
};

WorkerPool::WorkerPool(Services services, const flow::Deployment& deployment,
                       flow::LedgerLogs& logs, Tenure& tenure, Bells& bells, Complaints& complaints,
                       StoreTrouble trouble)
    : services_(std::move(services)),
      deployment_(deployment),
      self_(tenure.self),
      bells_(bells),
      complaints_(complaints),
      trouble_(trouble),
      queue_(services_.home.database(), services_.clock,
             {.set_aside = true,
              .told =
                  [this](const std::string& name) {
                    services_.log.warning(
                        format("the index was damaged: it is set aside as {}, and made again from "
                               "the records",
                               name));
                  }}),
      claims_(services_.home.database(), services_.clock),
      logs_(logs),
      held_(tenure.held),
      leases_(services_.clock),
      containers_(container_host(services_)),
      probe_(services_.home.files(), services_.home.attempts(), self_,
             [this](const std::string& attempt) { containers_.remove(attempt); }),
      sources_(services_.home.store(), deployment_, logs_),
      events_(std::make_unique<Events>(*this)),
      copy_(services_.home.store()),
      command_(
          services_.home.store(), services_.processes, services_.clock,
          command_host(services_, containers_,
                       [this](const auto& context, std::uint64_t dropped,
                              const std::string& folder) { flooded(context, dropped, folder); })) {}

WorkerPool::~WorkerPool() {
  stop();
}

flow::LotEvents& WorkerPool::events() {
  return *events_;
}

Result<std::optional<flow::SubscriptionView>> WorkerPool::subscription_of(const flow::ArcRef& ref) {
  return flow::read_subscription(
      services_.home.store(),
      ref.project->places.arc_subscription(ref.project->plan.project, ref.arc->name));
}

void WorkerPool::make_arc(const flow::ArcRef& ref) {
  auto& store = services_.home.store();
  auto subscription = subscription_of(ref);
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
  if (!(*subscription)->enabled) {
    services_.log.warning(format("{} is disabled: it takes no lot", ref.to_string()),
                          ref.log_fields());
  }
  const std::string key = arc_key(ref);
  keys_.insert(key);
  if (ref.arc->concurrency == 1) ordered_.insert(key);
  arcs_[key] = std::make_unique<flow::ArcFlow>(std::move(services), ref, **subscription);
}

void WorkerPool::start() {
  services_.metrics->serve(deployment_);
  services_.metrics->read_queue_by([this] { return queue_counts(); });
  queue_shown_ = true;
  static_cast<void>(free_dead());
  for (const auto& ref : deployment_.arcs()) make_arc(ref);
  sweep();
  for (unsigned i = worker_count(deployment_); i > 0; --i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
  threads_.emplace_back([this](const std::stop_token& stop) { heartbeat(stop); });
  for (int i = 0; i < beat_threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { beat(stop); });
  }
}

std::map<std::string, QueueCounts> WorkerPool::queue_counts() {
  std::map<std::string, QueueCounts> counts;
  for (const auto& [arc, depth] : queue_.depths(ordered_)) {
    counts[arc] = {.waiting = depth.waiting, .taken = depth.taken, .due = depth.due};
  }
  return counts;
}

/// The metrics ask here no more; whoever serves next says so itself.
void WorkerPool::hide_queue() {
  if (std::exchange(queue_shown_, false)) services_.metrics->read_queue_by({});
}

/// What a retired pool sees is nobody's trouble: whoever serves looks again at what is left.
void WorkerPool::trouble(const std::string& subject, const Failure& failure) {
  const std::lock_guard lock(mutex_);
  if (!retired_) services_.health->trouble(subject, failure);
}

void WorkerPool::well(const std::string& subject) {
  const std::lock_guard lock(mutex_);
  if (!retired_) services_.health->well(subject);
}

void WorkerPool::sweep() {
  bool any_due = false;
  for (const auto& [key, arc] : arcs_) {
    if (sweep(key, *arc, arc->subscription())) any_due = true;
  }
  queue_.forget_others(keys_);
  wake();
  if (any_due) bells_.ring(Ring::Work);
}

/// True if something was queued.
bool WorkerPool::sweep(const std::string& key, const flow::ArcFlow& arc,
                       const flow::SubscriptionView& subscription) {
  services_.health->beat(services_.clock.monotonic());
  const std::string name = arc.arc().to_string();
  auto found = flow::sweep_arc(services_.home.store(), deployment_, logs_, arc.arc(), subscription,
                               &claims_);
  claims_.flush();
  if (!found) {
    trouble(name, found.error());
    set_aside(arc.arc(), name, found.error());
    return false;
  }
  well(name);
  for (const auto& [uri, failure] : found->broken) {
    set_aside(arc.arc(), uri.to_string() + " is set aside", failure);
  }
  services_.metrics->swept(key, std::move(found->lots), found->broken.size());
  std::vector<QueueItem> items;
  items.reserve(found->due.size());
  for (const auto& lot : found->due) items.push_back({key, lot.to_string()});
  queue_.push(items, Lane::Backfill);
  const std::lock_guard lock(mutex_);
  unfinished_[key] = lot::LotSet::of(found->unfinished);
  return !items.empty();
}

void WorkerPool::read_subscriptions() {
  bool any_enabled = false;
  for (const auto& [key, arc] : arcs_) {
    const std::string name = arc->arc().to_string();
    const std::string subject = "subscription of " + name;
    const auto subscription = subscription_of(arc->arc());
    const bool damaged = !subscription && subscription.error().code == FailureCode::Invalid;
    services_.metrics->damaged("subscription", key, damaged ? 1 : 0);
    if (!subscription) {
      trouble(subject, subscription.error());
      set_aside(arc->arc(), subject, subscription.error());
      continue;  // it stays as it is
    }
    well(subject);
    // Of a destroyed project there is none: this deployment is about to end.
    if (!*subscription || (*subscription)->enabled == arc->subscription().enabled) continue;
    // What came meanwhile is queued before the arc takes anything: it goes on in order.
    if ((*subscription)->enabled) sweep(key, *arc, **subscription);
    arc->set_enabled((*subscription)->enabled);
    any_enabled = any_enabled || (*subscription)->enabled;
    services_.log.info(format("{} is {}", name,
                              (*subscription)->enabled ? "enabled" : "disabled: it takes no lot"),
                       arc->arc().log_fields());
  }
  if (any_enabled) wake();
}

/// The arcs of which lots are taken.
std::set<std::string> WorkerPool::enabled_keys() const {
  std::set<std::string> keys;
  for (const auto& [key, arc] : arcs_) {
    if (arc->subscription().enabled) keys.insert(key);
  }
  return keys;
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
  const bool freed =
      queue_.free_dead([this](const std::string& by) { return owner_lives(by, self_); });
  if (freed) bells_.ring(Ring::Work);
  return freed;
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
  hide_queue();
  if (threads_.empty()) return;
  request_stop();
  {
    std::unique_lock lock(mutex_);
    // Attempts may finish; those that do not are stopped and their lots released.
    const auto grace = index_gone_ ? seconds(0) : stop_grace;
    if (!changed_.wait_for(lock, grace, [this] { return working_ == 0; })) {
      lock.unlock();
      held_.request_stop_all();
    }
  }
  for (auto& thread : threads_) thread.request_stop();
  changed_.notify_all();
  threads_.clear();
}

void WorkerPool::retire() {
  hide_queue();
  const std::lock_guard lock(mutex_);
  taking_ = false;
  retired_ = true;
}

void WorkerPool::finish_running() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return (working_ == 0 && unsettled_count_ == 0) || stopping_; });
}

unsigned WorkerPool::running() const {
  const std::lock_guard lock(mutex_);
  return working_;
}

void WorkerPool::drain(Progress* progress) {
  for (int look = 0;; ++look) {
    // Another process that had taken something may have died since.
    if (look % looks_per_dead_check == 0) static_cast<void>(free_dead());
    const auto depth = queue_.depth(enabled_keys(), ordered_);
    // A terminal may be stopped: nothing is held while it is written to.
    if (progress != nullptr) {
      const auto ended = attempts();
      progress->tell("lots", ended, ended + depth.waiting + depth.taken);
    }
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
  return queue_.depth(enabled_keys(), ordered_).next_due;
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
