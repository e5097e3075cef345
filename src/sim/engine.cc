// SPDX-License-Identifier: Apache-2.0
#include "sim/engine.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/format.h"
#include "base/hash.h"
#include "flow/deploy.h"
#include "flow/sweep.h"

namespace cls::sim {

namespace {

using namespace std::chrono_literals;

// As local/ has them.
constexpr nanoseconds store_retry = 5s;
/// What a process that ends works off at most.
constexpr unsigned finishing_lots = 100;

}  // namespace

class Engine::Events final : public flow::LotEvents {
 public:
  explicit Events(World& world) : world_(world) {}
  void available(const model::Placement& placement, const model::DatasetId& dataset,
                 const lot::LotId& lot) override {
    world_.announce(placement, dataset, lot);
  }

 private:
  World& world_;
};

/// Can tell of processes on its own host alone.
class Engine::Probe final : public flow::OwnerProbe {
 public:
  Probe(World& world, const Process& process) : world_(world), process_(process) {}
  Verdict probe(const record::Owner& owner, const std::string& /*attempt*/) override {
    if (world_.bug() == PortBug::DeadProbe) return Verdict::Dead;
    if (owner.host != process_.owner().host) return Verdict::Unknown;
    return world_.lives(owner.id) ? Verdict::Alive : Verdict::Dead;
  }

 private:
  World& world_;
  const Process& process_;
};

/// The log, as lines of the trace.
class Engine::Lines final : public Log {
 public:
  Lines(World& world, const Process& process) : world_(world), process_(process) {}
  void write(LogLevel level, std::string_view line, const LogFields& /*about*/) override {
    if (world_.tracing()) world_.say(process_, format("log {}: {}", name_of(level), line));
  }

 private:
  World& world_;
  const Process& process_;
};

Engine::Engine(World& world, Process& process)
    : world_(world),
      process_(process),
      store_(world, process),
      dice_(world.seed(), "engine " + process.owner().id),
      ids_(process.clock,
           [this](std::array<std::uint8_t, 10>& bytes) {
             for (auto& byte : bytes) byte = static_cast<std::uint8_t>(dice_.below(256));
           }),
      events_(std::make_unique<Events>(world)),
      probe_(std::make_unique<Probe>(world, process)),
      out_(std::make_unique<Lines>(world, process)),
      leases_(process.clock),
      workload_(world, process, store_),
      runs_(world.watcher() != nullptr ? world.watcher()->workload(world, store_) : workload_) {
  world_.set_engine(process_, this);
}

Engine::~Engine() {
  // What a process held when it died is forgotten; after a good end all of it was stored.
  for (const auto& served : served_) {
    if (served->number != 0) world_.oracle().forgotten(served->number);
  }
  world_.set_engine(process_, nullptr);
}

void Engine::trouble(const std::string& what, const Failure& failure) {
  world_.say(process_, format("trouble: {}: {}", what, failure.message));
  if (world_.spoiled_of_late()) return;
  if (failure.code == FailureCode::Invalid || failure.code == FailureCode::Unsupported) {
    world_.oracle().violated(6, format("{}: {}", what, failure.message));
  }
}

bool Engine::open_boundary(const flow::BoundaryRef& ref, unsigned index) {
  const auto& places = ref.project->places;
  const auto subscription = flow::read_subscription(
      store_, places.boundary_subscription(ref.project->plan.project, ref.boundary->name));
  if (!subscription) {
    trouble(ref.to_string(), subscription.error());
    return false;
  }
  if (!*subscription || !(*subscription)->enabled) return true;
  auto served = std::make_unique<Served>();
  served->boundary = std::make_unique<flow::Boundary>(store_, process_.clock, logs_->of(ref),
                                                      *events_, process_.owner().id, *out_);
  served->index = index;
  if (auto started = served->boundary->start(); !started) {
    trouble(ref.to_string(), started.error());
    return false;
  }
  served->number = world_.next_boundary();
  served->scan_at = world_.time().monotonic;
  served_.push_back(std::move(served));
  return true;
}

void Engine::open_arc(const flow::ArcRef& ref) {
  const auto subscription = flow::read_subscription(
      store_, ref.project->places.arc_subscription(ref.project->plan.project, ref.arc->name));
  if (!subscription || !*subscription) {
    if (!subscription) trouble(ref.to_string(), subscription.error());
    unopened_ = true;
    return;
  }
  const flow::ArcServices services{
      .store = store_,
      .clock = process_.clock,
      .ids = ids_,
      .events = *events_,
      .owners = *probe_,
      .held = held_,
      .leases = leases_,
      .sources = *sources_,
      .self = process_.owner(),
      .log = *out_,
      .workload = [this](const model::ArcPlan&) -> flow::Workload& { return runs_; }};
  if (ref.arc->concurrency == 1) ordered_.insert(ref.to_string());
  arcs_[ref.to_string()] = std::make_unique<flow::ArcFlow>(services, ref, **subscription);
}

/// Serves what is deployed now; what cannot be opened is tried again as a whole.
void Engine::open() {
  generation_ = world_.generation();
  deployment_ = &world_.deployment();
  logs_ = std::make_unique<flow::LedgerLogs>(store_);
  sources_ = std::make_unique<flow::SourceReader>(store_, *deployment_, *logs_);
  unopened_ = false;
  for (unsigned i = 0; i < deployment_->boundaries().size(); ++i) {
    if (!open_boundary(deployment_->boundaries()[i], i)) unopened_ = true;
  }
  for (const auto& ref : deployment_->arcs()) open_arc(ref);
  open_at_ = world_.time().monotonic + store_retry;
  sweep();
}

/// When objects were seen is stored; then what is held may be forgotten.
void Engine::leave(Served& served) {
  const auto stored = served.boundary->store_arrivals();
  const auto& plan = *served.boundary->ref().boundary;
  const bool all = stored && plan.lot_source == model::LotSource::arrivalTime;
  // Of other lots nothing is stored: what is still there is seen again, what is gone is forgotten.
  if (!all) world_.oracle().forgotten(served.number);
  if (!stored) trouble("storing arrivals", stored.error());
  served.number = 0;
}

/// As `cls run` does before it ends: takes in what is there, closes what has ended, or all, and
/// works until nothing is left that is due.
void Engine::finish() {
  finishing_ = true;
  for (const auto& served : served_) {
    std::vector<flow::Arrival> found;
    static_cast<void>(scan(*served, found));
    if (!found.empty()) take(*served, found);
    auto done = served->boundary->tick(flow::Boundary::Quiet::Assumed);
    if (done && world_.settings().ending == Ending::Seal) done = served->boundary->seal();
    if (!done) trouble("finish", done.error());
  }
  for (unsigned i = 0; i < finishing_lots && work(); ++i) {
  }
  finishing_ = false;
}

void Engine::close() {
  for (const auto& served : served_) leave(*served);
  served_.clear();
  arcs_.clear();
  ordered_.clear();
}

void Engine::follow_order(const flow::BoundaryRef& ref, unsigned index) {
  const auto subscription = flow::read_subscription(
      store_,
      ref.project->places.boundary_subscription(ref.project->plan.project, ref.boundary->name));
  if (!subscription || !*subscription) {
    unopened_ = true;  // looked at again
    return;
  }
  const auto served =
      std::ranges::find_if(served_, [&](const auto& one) { return one->index == index; });
  const bool serves = served != served_.end();
  if (serves && !(*subscription)->enabled) {
    leave(**served);
    served_.erase(served);
  } else if (!serves && (*subscription)->enabled) {
    if (!open_boundary(ref, index)) unopened_ = true;
  }
}

/// Reads again what is deployed and what is switched on.
void Engine::follow_orders() {
  if (world_.generation() != generation_) {
    close();
    open();
    return;
  }
  unopened_ = false;
  for (unsigned i = 0; i < deployment_->boundaries().size(); ++i) {
    follow_order(deployment_->boundaries()[i], i);
  }
  for (const auto& ref : deployment_->arcs()) {
    const auto known = arcs_.find(ref.to_string());
    if (known == arcs_.end()) {
      open_arc(ref);
      continue;
    }
    const auto subscription = flow::read_subscription(
        store_, ref.project->places.arc_subscription(ref.project->plan.project, ref.arc->name));
    if (!subscription || !*subscription) {
      unopened_ = true;
    } else {
      known->second->set_enabled((*subscription)->enabled);
    }
  }
  open_at_ = world_.time().monotonic + store_retry;
  sweep();
}

void Engine::sweep() {
  sweep_at_ = world_.time().monotonic + world_.settings().sweep;
  SimQueue& queue = world_.queue_of(process_);
  queue.free_dead([this](const std::string& owner) { return world_.lives(owner); });
  // The index may be away.
  const bool without = world_.watcher() == nullptr && dice_.chance(0.2);
  SimNotes* notes = without ? nullptr : &world_.notes_of(process_);
  for (const auto& [name, arc] : arcs_) {
    const auto found =
        flow::sweep_arc(store_, *deployment_, *logs_, arc->arc(), arc->subscription(), notes);
    if (!found) {
      trouble("sweep of " + name, found.error());
      sweep_at_ = world_.time().monotonic + store_retry;
      continue;
    }
    for (const auto& [uri, failure] : found->broken) {
      trouble("sweep of " + uri.to_string(), failure);
      sweep_at_ = world_.time().monotonic + store_retry;
    }
    for (const auto& lot : found->due) queue.push({name, lot});
  }
}

void Engine::beat() {
  if (process_.stop_requested() && !finishing_) held_.request_stop_all();
  if (working_ == 0) return;
  held_.judge_all();
  if (beating_) return;  // a store that does not answer for one claim holds up no judgement
  beating_ = true;
  while (held_.beat_one()) {
  }
  beating_ = false;
}

/// The arcs of which a lot may be taken: enabled, and not at work on as many as they may be.
std::set<std::string> Engine::takeable() const {
  std::set<std::string> arcs;
  for (const auto& [name, arc] : arcs_) {
    const auto running = running_.find(name);
    const unsigned at_work = running == running_.end() ? 0 : running->second;
    const bool free = at_work < std::max(1U, arc->arc().arc->concurrency);
    if (arc->subscription().enabled && free) arcs.insert(name);
  }
  return arcs;
}

bool Engine::work() {
  SimQueue& queue = world_.queue_of(process_);
  const auto item = queue.take(process_.owner().id, takeable(), ordered_, process_.clock.now());
  if (!item) return false;
  ++working_;
  ++running_[item->first];
  Result<flow::ArcOutcome> outcome = flow::ArcOutcome(flow::Idle::NotReady);
  // It may be switched off, and on again, just when a lot of it was taken.
  const bool off = world_.watcher() == nullptr && dice_.chance(0.005) && !world_.healed();
  if (off) arcs_.at(item->first)->set_enabled(false);
  outcome = arcs_.at(item->first)->run(item->second);
  if (off) arcs_.at(item->first)->set_enabled(true);
  --working_;
  --running_[item->first];
  settle(*item, outcome);
  return true;
}

/// As WorkerPool::look_again() does.
void Engine::settle(const SimQueue::Item& item, const Result<flow::ArcOutcome>& outcome) {
  SimQueue& queue = world_.queue_of(process_);
  const std::string what = item.first + " " + item.second.to_string();
  const Instant now = process_.clock.now();
  if (!outcome) {
    trouble(what, outcome.error());
    if (outcome.error().code == FailureCode::Invalid) return queue.done(item);
    return queue.later(item, now + store_retry);
  }
  if (const auto* busy = std::get_if<flow::Busy>(&*outcome)) {
    return queue.later(item, now + busy->after);
  }
  if (const auto* retry = std::get_if<flow::RetryLater>(&*outcome)) {
    return queue.later(item, now + retry->after);
  }
  if (std::holds_alternative<flow::LookAgain>(*outcome) ||
      std::holds_alternative<flow::Lost>(*outcome)) {
    return queue.later(item, now);
  }
  queue.done(item);
}

bool Engine::at_rest() const {
  return !unopened_ && std::ranges::all_of(served_, [](const auto& served) {
    return !served->failed && !served->unquiet && served->boundary->open_lots().empty();
  });
}

nanoseconds Engine::next_time() const {
  nanoseconds next = sweep_at_;
  if (unopened_) next = std::min(next, open_at_);
  for (const auto& served : served_) {
    next = std::min({next, served->scan_at, served->tick_at});
  }
  if (world_.settings().lanes > 0) return next;  // they look after the queue
  if (const auto due = world_.queue_of(process_).next_due(takeable())) {
    // An older lot of an ordered arc may be at work: then this one is looked at every second.
    const nanoseconds wait = *due - process_.clock.now();
    next = std::min(next, world_.time().monotonic + std::max<nanoseconds>(wait, 1s));
  }
  return next;
}

void Engine::work_in(Process& lane) {
  while (true) {
    if (work()) {
      // What has ended may let an arc take what another lane waits for.
      world_.wake_lanes();
      continue;
    }
    nanoseconds next = nanoseconds::max();
    if (const auto due = world_.queue_of(process_).next_due(takeable(), ordered_)) {
      const nanoseconds wait = *due - process_.clock.now();
      next = world_.time().monotonic + std::max<nanoseconds>(wait, 1ms);
    }
    lane.idle_until(next);
  }
}

void Engine::run() {
  process_.heartbeat = [this] { beat(); };
  open();
  while (true) {
    if (process_.stop_requested()) {
      if (world_.settings().ending != Ending::Leave) finish();
      return close();
    }
    const bool rung = world_.take_bell(process_);
    if (rung || (unopened_ && open_at_ <= world_.time().monotonic)) follow_orders();
    const bool took = intake();
    if (sweep_at_ <= world_.time().monotonic) sweep();
    const bool worked = world_.settings().lanes == 0 && work();
    if (!worked && !took) process_.idle_until(next_time());
  }
}

}  // namespace cls::sim
