// SPDX-License-Identifier: Apache-2.0
#include "local/engine.h"

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "base/format.h"
#include "flow/deploy.h"

namespace cls::local {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int store_failures_limit = 3;
constexpr seconds store_retry{5};
constexpr seconds stop_grace{5};
constexpr int unquiet_looks = 3;
/// How long events are gathered, so that files written together are taken together.
constexpr milliseconds gather{10};
constexpr milliseconds longest_wait{60'000};

unsigned worker_count(const flow::Deployment& deployment) {
  unsigned wanted = 0;
  for (const auto& arc : deployment.arcs()) wanted += arc.arc->concurrency;
  const unsigned cores = std::max(2U, std::thread::hardware_concurrency());
  return std::clamp(wanted, 1U, 4 * cores);
}

}  // namespace

std::string arc_key(const flow::ArcRef& arc) {
  const auto& placement = arc.project->plan.placement;
  return format("{}|{}|{}|{}|{}|{}", placement.provider, placement.stage.value_or(""),
                placement.account.value_or(""), placement.region.value_or(""),
                arc.project->plan.project.to_string(), arc.arc->name);
}

/// A boundary as it is served here.
struct Engine::Served {
  Served(EngineServices& services, flow::LedgerLog& log, flow::LotEvents& events,
         const std::string& by, std::string root)
      : boundary(services.home.store(), services.clock, log, events, by, services.log),
        scanner(services.home.files(), services.clock, *log.boundary().boundary, std::move(root),
                log.boundary().boundary->dataset.path()) {}

  Scanner::Known known() {
    return [this](const Uri& uri, const record::ObjectVersion& version) {
      return boundary.knows(uri, version);
    };
  }

  flow::Boundary boundary;
  Scanner scanner;
  bool enabled = true;
  std::set<std::string> unquiet;  // paths to look at again
  bool scan_due = false;          // everything, at the next turn
  bool failed = false;            // the store did not take something: again
};

/// Publications of this process become queue items of the subscribers.
class Engine::Events final : public flow::LotEvents {
 public:
  explicit Events(Engine& engine) : engine_(engine) {}
  void available(const model::Placement& placement, const model::DatasetId& dataset,
                 const lot::LotId& lot) override {
    std::vector<QueueItem> items;
    for (const auto& arc : engine_.deployment_->subscribers_of(placement, dataset)) {
      items.push_back({arc_key(arc), lot.to_string()});
    }
    engine_.queue_.push(items, Lane::Live);
    const std::lock_guard lock(engine_.mutex_);
    ++engine_.generation_;
    engine_.changed_.notify_all();
  }

 private:
  Engine& engine_;
};

Engine::Engine(EngineServices services, std::unique_ptr<const flow::Deployment> deployment)
    : services_(services),
      deployment_(std::move(deployment)),
      self_(make_owner(services_.ids)),
      queue_(services_.home.database(), services_.clock),
      logs_(services_.home.store()),
      leases_(services_.clock),
      probe_(services_.home.files(), services_.home.attempts(), self_),
      sources_(services_.home.store(), *deployment_, logs_),
      events_(std::make_unique<Events>(*this)),
      copy_(services_.home.store()),
      command_(services_.home.store(), services_.processes,
               work::CommandHost{
                   .attempts_dir = services_.home.attempts(),
                   .stores_dir = services_.home.stores(),
                   .local_path =
                       [this](const Uri& uri) { return services_.home.store().local_path(uri); },
                   .getenv = [](const std::string& name) -> std::optional<std::string> {
                     const char* value = std::getenv(name.c_str());
                     return value == nullptr ? std::nullopt : std::optional<std::string>(value);
                   },
                   .files = services_.home.files()}) {}

Engine::~Engine() {
  stop_threads();
}

void Engine::complain(const std::string& what) {
  services_.log.error(what);
  const std::lock_guard lock(mutex_);
  complaints_.push_back(what);
}

void Engine::make_boundaries() {
  for (const auto& ref : deployment_->boundaries()) {
    const Uri path = ref.boundary->dataset.path();
    auto root = services_.home.store().local_path(path.child(".root"));
    if (!root) {
      complain(format("{}: {}", ref.to_string(), root.error().message));
      continue;
    }
    // local_path names objects; the directory is where an object of the path would lie.
    std::string directory = root->substr(0, root->rfind('/'));
    auto made = services_.home.files().make_directories(directory);
    if (!made) complain(format("{}: {}", ref.to_string(), made.error().message));
    auto served = std::make_unique<Served>(services_, logs_.of(ref), *events_, self_.id, directory);
    auto subscription = flow::read_subscription(
        services_.home.store(),
        ref.project->places.boundary_subscription(ref.project->plan.project, ref.boundary->name));
    if (!subscription) complain(format("{}: {}", ref.to_string(), subscription.error().message));
    served->enabled = subscription && *subscription && (*subscription)->enabled;
    auto started = served->boundary.start();
    if (!started) {
      complain(format("{}: {}; it takes nothing in until this is mended", ref.to_string(),
                      started.error().message));
      continue;
    }
    served_.push_back(std::move(served));
  }
}

void Engine::make_arcs() {
  for (const auto& ref : deployment_->arcs()) {
    auto subscription = flow::read_subscription(
        services_.home.store(),
        ref.project->places.arc_subscription(ref.project->plan.project, ref.arc->name));
    if (!subscription || !*subscription) {
      complain(
          format("{}: {}", ref.to_string(),
                 subscription ? "no subscription: deploy it again" : subscription.error().message));
      continue;
    }
    flow::ArcServices services{.store = services_.home.store(),
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
    if (ref.arc->concurrency == 1) ordered_.insert(key);
    arcs_[key] = std::make_unique<flow::ArcFlow>(std::move(services), ref, **subscription);
  }
}

void Engine::sweep() {
  for (const auto& [key, arc] : arcs_) {
    auto found = flow::sweep_arc(services_.home.store(), *deployment_, logs_, arc->arc(),
                                 arc->subscription());
    if (!found) {
      complain(format("{}: {}", arc->arc().to_string(), found.error().message));
      continue;
    }
    for (const auto& [uri, failure] : found->broken) {
      complain(format("{} is set aside: {}", uri.to_string(), failure.message));
    }
    std::vector<QueueItem> items;
    items.reserve(found->due.size());
    for (const auto& lot : found->due) items.push_back({key, lot.to_string()});
    queue_.push(items, Lane::Backfill);
  }
}

void Engine::start() {
  queue_.free_dead([this](const std::string& by) {
    const auto parts = by.rfind(':');
    if (parts == std::string::npos) return false;
    // `<host>:<boot>:<namespace>:<pid>:<start>:<ULID>`; the namespace has colons of its own.
    const auto start_at = by.rfind(':', parts - 1);
    const auto pid_at = start_at == std::string::npos ? start_at : by.rfind(':', start_at - 1);
    if (pid_at == std::string::npos) return false;
    const auto pid = std::strtoull(by.substr(pid_at + 1).c_str(), nullptr, 10);
    const auto ticks = std::strtoull(by.substr(start_at + 1).c_str(), nullptr, 10);
    return pid != self_.pid && start_time_of(pid) == ticks;
  });
  make_boundaries();
  make_arcs();
  sweep();
  start_threads();
}

void Engine::start_threads() {
  const unsigned workers = worker_count(*deployment_);
  for (unsigned i = 0; i < workers; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
  threads_.emplace_back([this](const std::stop_token& stop) { heartbeat(stop); });
}

void Engine::stop_threads() {
  if (threads_.empty()) return;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
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

void Engine::request_stop() {
  stopping_ = true;
  {
    const std::lock_guard lock(mutex_);
    changed_.notify_all();
  }
  if (DirectoryWatch* watch = watch_) watch->wake();
}

void Engine::heartbeat(const std::stop_token& stop) {
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

void Engine::work(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::uint64_t seen = 0;
    {
      const std::lock_guard lock(mutex_);
      seen = generation_;
    }
    bool worked = false;
    try {  // the queue's dispatch: an error ends one turn, not the process
      worked = !stopping_ && work_once();
    } catch (const Error& error) {
      complain(error.what());
    }
    if (worked) continue;
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [&] { return generation_ != seen && !stopping_; });
  }
}

bool Engine::work_once() {
  std::set<std::string> full;
  std::optional<QueueItem> item;
  {
    std::unique_lock lock(mutex_);
    for (const auto& [key, count] : running_) {
      const auto arc = arcs_.find(key);
      if (arc != arcs_.end() && count >= arc->second->arc().arc->concurrency) full.insert(key);
    }
    item = queue_.take(self_.id, full, ordered_);
    if (!item) return false;
    if (!arcs_.contains(item->arc)) {  // an arc that is deployed no more
      lock.unlock();
      queue_.done(*item);
      return true;
    }
    ++running_[item->arc];
    ++working_;
    changed_.notify_all();
  }
  Result<flow::ArcOutcome> outcome = fail(FailureCode::Invalid, "");
  try {
    const auto lot = lot::LotId::parse(item->lot);
    outcome = lot ? arcs_.at(item->arc)->run(*lot) : Result<flow::ArcOutcome>(flow::Idle::NotReady);
  } catch (const Error& error) {
    outcome = fail(FailureCode::Unavailable, error.what());
  }
  finish(*item, outcome);
  const std::lock_guard lock(mutex_);
  if (--running_[item->arc] == 0) running_.erase(item->arc);
  --working_;
  ++generation_;
  changed_.notify_all();
  return true;
}

void Engine::finish(const QueueItem& item, const Result<flow::ArcOutcome>& outcome) {
  const Instant now = services_.clock.now();
  if (!outcome) {
    int failures = 0;
    {
      const std::lock_guard lock(mutex_);
      failures = ++store_failures_[item];
    }
    const std::string what = format("{} {}: {}", item.arc.substr(item.arc.rfind('|') + 1), item.lot,
                                    outcome.error().message);
    if (failures < store_failures_limit || keep_trying_) {
      services_.log.warning(what);
      queue_.later(item, now + store_retry);
    } else {
      complain(what);
      queue_.done(item);
    }
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    store_failures_.erase(item);
    if (std::holds_alternative<flow::Ended>(*outcome) ||
        std::holds_alternative<flow::RetryLater>(*outcome)) {
      ++attempts_;
    }
  }
  if (const auto* busy = std::get_if<flow::Busy>(&*outcome)) {
    queue_.later(item, now + busy->after);
  } else if (const auto* retry = std::get_if<flow::RetryLater>(&*outcome)) {
    queue_.later(item, now + retry->after);
  } else if (std::holds_alternative<flow::LookAgain>(*outcome) ||
             std::holds_alternative<flow::Lost>(*outcome)) {
    queue_.later(item, now);
  } else {
    queue_.done(item);
  }
}

void Engine::take(Served& served, ScanResult found) {
  for (const auto& message : found.unreadable) {
    complain(format("{}: {}; it is taken in once it can be read", served.boundary.ref().to_string(),
                    message));
  }
  served.unquiet.insert(found.unquiet.begin(), found.unquiet.end());
  auto taken = served.boundary.take(std::move(found.arrivals));
  served.failed = !taken;
  if (!taken) complain(format("{}: {}", served.boundary.ref().to_string(), taken.error().message));
}

void Engine::scan_served(Served& served) {
  served.scan_due = false;
  if (!served.enabled) return;
  served.unquiet.clear();
  take(served, served.scanner.scan(served.known()));
}

/// One scan of every boundary; files that are still being written get some time to become quiet.
std::uint64_t Engine::scan_all(RunReport& report) {
  std::uint64_t arrivals = 0;
  for (const auto& served : served_) {
    if (!served->enabled || stopping_) continue;
    ScanResult found = served->scanner.scan(served->known());
    for (int look = 0; look < unquiet_looks && !found.unquiet.empty() && !stopping_; ++look) {
      services_.clock.sleep_for(served->boundary.ref().boundary->quiet);
      const auto again = std::move(found.unquiet);
      found.unquiet.clear();
      ScanResult more = served->scanner.look({}, again, served->known());
      std::ranges::move(more.arrivals, std::back_inserter(found.arrivals));
      std::ranges::move(more.unreadable, std::back_inserter(found.unreadable));
      found.unquiet = std::move(more.unquiet);
    }
    for (const auto& path : found.unquiet) {
      services_.log.warning(format("{} is still being written: left for the next run", path));
    }
    arrivals += found.arrivals.size();
    take(*served, std::move(found));
  }
  report.arrivals += arrivals;
  return arrivals;
}

void Engine::tick_all(flow::Boundary::Quiet quiet, RunReport* report) {
  for (const auto& served : served_) {
    if (!served->enabled) continue;
    Result<> done;
    if (served->failed) done = served->boundary.take({});
    if (done) done = served->boundary.tick(quiet);
    served->failed = !done;
    if (!done) complain(format("{}: {}", served->boundary.ref().to_string(), done.error().message));
    if (report == nullptr) continue;
    for (const auto& lot : served->boundary.open_lots()) {
      report->open_lots.push_back(served->boundary.ref().to_string() + " " + lot.to_string());
    }
  }
}

/// Works until the queue holds nothing of this deployment.
void Engine::drain() {
  std::set<std::string> keys;
  for (const auto& [key, arc] : arcs_) keys.insert(key);
  while (!stopping_) {
    const auto depth = queue_.depth(keys);
    std::unique_lock lock(mutex_);
    if (working_ == 0 && depth.waiting == 0 && depth.taken == 0) return;
    const Instant now = services_.clock.now();
    if (working_ == 0 && depth.waiting > 0 && depth.next_due && *depth.next_due > now) {
      // Only back-off is left: let it pass, in steps, so that a stop is heard.
      const auto span =
          std::min<std::chrono::nanoseconds>(*depth.next_due - now, milliseconds(500));
      lock.unlock();
      services_.clock.sleep_for(span);
      lock.lock();
    }
    ++generation_;
    changed_.notify_all();
    const std::uint64_t seen = generation_;
    changed_.wait_for(lock, milliseconds(100), [&] { return generation_ != seen || stopping_; });
  }
}

RunReport Engine::run(const RunOptions& options) {
  RunReport report;
  start();
  while (!stopping_) {
    const std::uint64_t found = scan_all(report);
    report.open_lots.clear();
    tick_all(flow::Boundary::Quiet::Assumed, &report);
    if (options.seal) {
      for (const auto& served : served_) {
        auto sealed = served->boundary.seal();
        if (!sealed)
          complain(format("{}: {}", served->boundary.ref().to_string(), sealed.error().message));
      }
      report.open_lots.clear();
    }
    drain();
    if (!options.until_idle || found == 0) break;
  }
  stop_threads();
  report.attempts = attempts_;
  report.failures = complaints_;
  return report;
}

void Engine::watch_roots(DirectoryWatch& watch) {
  for (const auto& served : served_) {
    auto added = watch.add(served->scanner.root());
    if (!added) {
      services_.log.warning(format("{}; it is scanned every {} s instead", added.error().message,
                                   served->boundary.ref().boundary->poll.count()));
    }
    served->scan_due = true;
  }
}

void Engine::take_events(const std::vector<WatchEvent>& events) {
  std::map<Served*, std::pair<std::vector<std::string>, std::vector<std::string>>> paths;
  for (const auto& event : events) {
    for (const auto& served : served_) {
      const bool mine = event.root == served->scanner.root();
      if (event.kind == WatchEventKind::Overflow ||
          (mine && event.kind == WatchEventKind::RootGone)) {
        served->scan_due = true;
      } else if (mine) {
        auto& [whole, other] = paths[served.get()];
        (event.kind == WatchEventKind::Written ? whole : other).push_back(event.path);
      }
    }
  }
  for (auto& [served, lists] : paths) {
    if (!served->enabled) continue;
    for (const auto& path : lists.first) served->unquiet.erase(path);
    take(*served, served->scanner.look(lists.first, lists.second, served->known()));
  }
}

milliseconds Engine::next_wait() {
  const Instant now = services_.clock.now();
  milliseconds wait = longest_wait;
  const auto until = [&](Instant at) {
    const auto span = std::chrono::ceil<milliseconds>(at - now);
    wait = std::clamp(span, milliseconds(0), wait);
  };
  std::set<std::string> keys;
  for (const auto& [key, arc] : arcs_) keys.insert(key);
  const auto depth = queue_.depth(keys);
  // What is due already is the workers' affair.
  if (depth.next_due) until(std::max(*depth.next_due, now + milliseconds(200)));
  for (const auto& served : served_) {
    if (!served->enabled) continue;
    if (served->scan_due) return milliseconds(0);
    if (served->failed) until(now + store_retry);
    if (!served->unquiet.empty()) until(now + milliseconds(500));
    if (const auto due = served->boundary.next_due()) until(*due);
  }
  return wait;
}

void Engine::serve() {
  keep_trying_ = true;
  start();
  auto watch = need(make_inotify_watch());
  watch_ = watch.get();
  watch_roots(*watch);
  while (!stopping_) {
    auto events = watch->wait(next_wait());
    if (stopping_) break;
    if (!events.empty()) {
      services_.clock.sleep_for(gather);
      for (auto more = watch->wait(milliseconds(0)); !more.empty();
           more = watch->wait(milliseconds(0))) {
        std::ranges::move(more, std::back_inserter(events));
      }
      take_events(events);
    }
    for (const auto& served : served_) {
      if (served->scan_due) {
        scan_served(*served);
      } else if (!served->unquiet.empty() && served->enabled) {
        const std::vector<std::string> again(served->unquiet.begin(), served->unquiet.end());
        served->unquiet.clear();
        take(*served, served->scanner.look({}, again, served->known()));
      }
    }
    tick_all(flow::Boundary::Quiet::Waited, nullptr);
    const std::lock_guard lock(mutex_);
    complaints_.clear();  // they were logged; a server keeps no endless list
    ++generation_;
    changed_.notify_all();
  }
  watch_ = nullptr;
  stop_threads();
}

}  // namespace cls::local
