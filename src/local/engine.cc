// SPDX-License-Identifier: Apache-2.0
#include "local/engine.h"

#include <algorithm>

#include "base/error.h"
#include "base/format.h"

namespace cls::local {

namespace {

using std::chrono::milliseconds;

/// Files written together are taken together: events are gathered until none comes for a moment.
constexpr milliseconds gather{2};
constexpr milliseconds longest_gather{50};
/// So many events are taken at once; what is left comes with the next turn.
constexpr std::size_t most_events = 10'000;
/// What is due already is the workers' affair: no busy loop over it.
constexpr milliseconds due_pause{1000};
/// How often the records are looked through for what no event told of; a look that takes long makes
/// the next one wait a hundred times as long.
constexpr std::chrono::minutes sweep_pause{5};
constexpr int sweep_share = 100;
/// After a failure of the index; in so many steps, so that a stop is heard.
constexpr std::chrono::seconds trouble_pause{5};
constexpr int trouble_looks = 25;

/// The folder of the bells; one that somebody removed is made again.
std::string run_directory(Home& home) {
  // Where it cannot be made, hanging the bell says so.
  static_cast<void>(home.files().make_directories(home.run()));
  return home.run();
}

}  // namespace

Engine::Engine(Services services, std::unique_ptr<const flow::Deployment> deployment, Mode mode,
               Tenure& tenure)
    : services_(std::move(services)),
      mode_(mode),
      deployment_(std::move(deployment)),
      complaints_(services_.log, services_.metrics->complaints()),
      logs_(services_.home.store()),
      bells_(run_directory(services_.home),
             // Several engines of a process have one each.
             format("{}-{}", tenure.self.pid, services_.ids.next()), services_.log),
      pool_(services_, *deployment_, logs_, tenure, bells_, complaints_,
            mode == Mode::Serve ? WorkerPool::StoreTrouble::KeepTrying
                                : WorkerPool::StoreTrouble::GiveUp),
      intake_(services_, *deployment_, logs_, pool_.events(), tenure.self.id, complaints_) {}

Engine::~Engine() {
  bells_.stop();
  pool_.stop();
}

void Engine::start() {
  pool_.on_index_gone([this] { wake(); });
  intake_.start();
  pool_.start();
  bells_.start([this](const Heard& heard) { hear(heard); });
}

/// In the bells' thread.
void Engine::hear(const Heard& heard) {
  if (heard.records) {
    rung_ = true;
    // A run does nothing but wait for its workers most of the time.
    if (mode_ == Mode::Run) pool_.read_subscriptions();
  }
  pool_.wake();
  wake();
}

void Engine::wake() {
  const std::lock_guard lock(watch_mutex_);
  if (watch_ != nullptr) watch_->wake();
}

void Engine::request_stop() {
  stopping_ = true;
  intake_.request_stop();
  pool_.request_stop();
  wake();
}

/// The end of a process whose index is not there any more. What it has in the records is whole.
void Engine::end_without_index(const std::string& what) {
  intake_.store_arrivals();
  bells_.stop();
  pool_.stop();
  throw Error(what, ExitCode::Temporary);
}

RunReport Engine::run(const RunOptions& options) {
  RunReport report;
  start();
  while (!stopping_) {
    if (rung_.exchange(false)) intake_.read_subscriptions();
    const std::uint64_t found = intake_.scan_all(options.progress);
    report.arrivals += found;
    intake_.tick(flow::Boundary::Quiet::Assumed);
    if (options.seal) intake_.seal();
    pool_.drain(options.progress);
    if (const auto gone = pool_.index_gone()) end_without_index(*gone);
    if (!options.until_idle || found == 0) break;
  }
  intake_.store_arrivals();
  pool_.stop();
  report.stopped = stopping_;
  report.attempts = pool_.attempts();
  report.open_lots = intake_.open_lots();
  report.unfinished = pool_.unfinished();
  report.failures = complaints_.kept();
  report.failure_count = complaints_.count();
  return report;
}

/// Wakes the workers if something has become due; how long until the next time.
milliseconds Engine::wake_for_due() {
  const auto due = pool_.next_due();
  if (!due) return milliseconds::max();
  const auto span = std::chrono::ceil<milliseconds>(*due - services_.clock.now());
  if (span > milliseconds(0)) return span;
  pool_.wake();
  return due_pause;
}

/// Waits until something is to be taken in, or to be done with what was; what becomes due for the
/// workers meanwhile is told to them.
std::vector<WatchEvent> Engine::wait_for_events(DirectoryWatch& watch) {
  const auto end = services_.clock.monotonic() + intake_.next_wait();
  std::vector<WatchEvent> events;
  while (events.empty() && !stopping_ && !rung_) {
    const auto due = wake_for_due();
    const auto left = std::chrono::ceil<milliseconds>(end - services_.clock.monotonic());
    if (left <= milliseconds(0) || pool_.index_gone()) break;
    const auto wait = std::min({left, due, services_.health->longest_silence().value_or(left)});
    services_.health->expect(wait);
    events = watch.wait(wait);
    services_.health->beat(services_.clock.monotonic());
  }
  if (events.empty() || stopping_) return events;
  const auto latest = services_.clock.monotonic() + longest_gather;
  while (events.size() < most_events && services_.clock.monotonic() < latest) {
    auto more = watch.wait(gather);
    if (more.empty()) break;
    std::ranges::move(more, std::back_inserter(events));
  }
  return events;
}

/// Events may have been half taken when something failed.
void Engine::recover() {
  intake_.scan_again();
  rung_ = true;
}

/// True if another deployment is to be served.
bool Engine::look_at_records(const std::function<bool()>& changed) {
  if (changed()) return true;
  const auto begun = services_.clock.monotonic();
  intake_.read_subscriptions();
  pool_.read_subscriptions();
  pool_.sweep();
  const auto now = services_.clock.monotonic();
  next_sweep_ = now + std::max<std::chrono::nanoseconds>(sweep_pause, sweep_share * (now - begun));
  return false;
}

/// True if another deployment is to be served.
bool Engine::serve_once(DirectoryWatch& watch, const std::function<bool()>& changed) {
  intake_.turn();
  // What the dead had claimed is due again, and not all of it stood in the queue.
  const bool freed = pool_.free_dead();
  const bool rung = rung_.exchange(false);
  if (rung || freed || services_.clock.monotonic() >= next_sweep_) {
    if (look_at_records(changed)) return true;
    if (rung)
      return false;  // a boundary that is enabled again is scanned before anything is waited for
  }
  troubled_ = false;
  for (const auto* subject : {"the serve loop", "index"}) services_.health->well(subject);
  const auto events = wait_for_events(watch);
  if (!stopping_ && !events.empty()) intake_.take_events(events);
  return false;
}

/// What wake() wakes, until serve() is left.
class Engine::WatchInUse {
 public:
  WatchInUse(Engine& engine, DirectoryWatch* watch) : engine_(engine) { use(watch); }
  WatchInUse(const WatchInUse&) = delete;
  WatchInUse& operator=(const WatchInUse&) = delete;
  ~WatchInUse() { use(nullptr); }

 private:
  void use(DirectoryWatch* watch) {
    const std::lock_guard lock(engine_.watch_mutex_);
    engine_.watch_ = watch;
  }
  Engine& engine_;
};

Engine::End Engine::serve(const std::function<bool()>& changed) {
  services_.health->forget_troubles();
  start();
  auto watch = need(make_inotify_watch());
  const WatchInUse in_use(*this, watch.get());
  intake_.watch(*watch);
  services_.health->beat(services_.clock.monotonic());
  services_.health->ready();
  next_sweep_ = services_.clock.monotonic() + sweep_pause;
  // What was deployed between the reading of the deployment and now rang no bell here.
  bool must_ask = true;
  bool must_recover = false;
  auto end = End::Stopped;
  while (!stopping_ && end == End::Stopped) {
    services_.health->beat(services_.clock.monotonic());
    if (const auto gone = pool_.index_gone()) end_without_index(*gone);
    try {  // the queue's dispatch: an index that fails for a while ends no service
      if (std::exchange(must_recover, false)) recover();
      const bool other = must_ask && changed();
      must_ask = false;
      if (other || serve_once(*watch, changed)) end = End::Changed;
    } catch (const DamageError& error) {
      end_without_index(made_again(error.what()));
    } catch (const Error& error) {
      if (!std::exchange(troubled_, true)) {
        complaints_.add(format("{}; tried again every {} s", error.what(), trouble_pause.count()));
      }
      services_.health->trouble("the serve loop", {FailureCode::Unavailable, error.what()});
      services_.health->expect(trouble_pause);
      must_recover = true;
      for (int i = 0; i < trouble_looks && !stopping_; ++i) {
        services_.clock.sleep_for(std::chrono::milliseconds(trouble_pause) / trouble_looks);
      }
    }
  }
  intake_.store_arrivals();
  pool_.retire();
  bells_.stop();
  if (!stopping_) return end;
  pool_.stop();
  return End::Stopped;
}

void Engine::finish() {
  pool_.finish_running();
  pool_.stop();
}

}  // namespace cls::local
