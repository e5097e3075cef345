// SPDX-License-Identifier: Apache-2.0
#include "local/engine.h"

#include <algorithm>

#include "base/error.h"
#include "base/format.h"

namespace cls::local {

namespace {

using std::chrono::milliseconds;

/// How long events are gathered, so that files written together are taken together.
constexpr milliseconds gather{10};
/// So many events are taken at once; what is left comes with the next turn.
constexpr std::size_t most_events = 10'000;
/// What is due already is the workers' affair: no busy loop over it.
constexpr milliseconds due_pause{200};
/// How often the records are looked through for what no event told of; a look that takes long makes
/// the next one wait a hundred times as long.
constexpr std::chrono::minutes sweep_pause{5};
constexpr int sweep_share = 100;
/// After a failure of the index; in so many steps, so that a stop is heard.
constexpr std::chrono::seconds trouble_pause{5};
constexpr int trouble_looks = 25;

}  // namespace

Engine::Engine(Services services, std::unique_ptr<const flow::Deployment> deployment, Mode mode)
    : services_(std::move(services)),
      deployment_(std::move(deployment)),
      complaints_(services_.log, services_.metrics->complaints()),
      logs_(services_.home.store()),
      self_(make_owner(services_.ids)),
      pool_(services_, *deployment_, logs_, self_, complaints_,
            mode == Mode::Serve ? WorkerPool::StoreTrouble::KeepTrying
                                : WorkerPool::StoreTrouble::GiveUp),
      intake_(services_, *deployment_, logs_, pool_.events(), self_.id, complaints_) {}

Engine::~Engine() {
  pool_.stop();
}

void Engine::request_stop() {
  stopping_ = true;
  intake_.request_stop();
  pool_.request_stop();
  const std::lock_guard lock(watch_mutex_);
  if (watch_ != nullptr) watch_->wake();
}

RunReport Engine::run(const RunOptions& options) {
  RunReport report;
  intake_.start();
  pool_.start();
  while (!stopping_) {
    const std::uint64_t found = intake_.scan_all();
    report.arrivals += found;
    intake_.tick(flow::Boundary::Quiet::Assumed);
    if (options.seal) intake_.seal();
    pool_.drain();
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

milliseconds Engine::next_wait() {
  milliseconds wait = intake_.next_wait();
  if (const auto due = pool_.next_due()) {
    const auto span = std::chrono::ceil<milliseconds>(*due - services_.clock.now());
    wait = std::min(wait, std::max(span, due_pause));
  }
  return std::min(wait, services_.health->longest_silence().value_or(wait));
}

std::vector<WatchEvent> Engine::wait_for_events(DirectoryWatch& watch) {
  const milliseconds wait = next_wait();
  services_.health->expect(wait);
  auto events = watch.wait(wait);
  services_.health->beat(services_.clock.monotonic());
  if (events.empty() || stopping_) return events;
  services_.clock.sleep_for(gather);
  while (events.size() < most_events) {
    auto more = watch.wait(milliseconds(0));
    if (more.empty()) break;
    std::ranges::move(more, std::back_inserter(events));
  }
  return events;
}

/// Events may have been half taken when something failed.
void Engine::recover() {
  intake_.scan_again();
  pool_.sweep();
}

/// True if another deployment is to be served.
bool Engine::serve_once(DirectoryWatch& watch, const std::function<bool()>& changed) {
  intake_.turn();
  const auto now = services_.clock.monotonic();
  // What the dead had claimed is due again, and not all of it stood in the queue.
  if (pool_.free_dead() || now >= next_sweep_) {
    pool_.sweep();
    const auto took = services_.clock.monotonic() - now;
    next_sweep_ = now + std::max<std::chrono::nanoseconds>(sweep_pause, sweep_share * took);
  }
  pool_.wake();
  troubled_ = false;
  services_.health->well("index");
  auto events = wait_for_events(watch);
  if (stopping_) return false;
  const auto rung = [&](const WatchEvent& event) { return event.root == services_.home.run(); };
  if (std::ranges::any_of(events, rung)) {
    if (changed()) return true;
    pool_.sweep();
  }
  if (!events.empty()) intake_.take_events(events);
  return false;
}

Engine::End Engine::serve(const std::function<bool()>& changed) {
  services_.health->forget_troubles();
  intake_.start();
  pool_.start();
  auto watch = need(make_inotify_watch());
  {
    const std::lock_guard lock(watch_mutex_);
    watch_ = watch.get();
  }
  if (auto added = watch->add(services_.home.run()); !added) {
    services_.log.warning(added.error().message + "; a deploy is noticed after the next start");
  }
  intake_.watch(*watch);
  services_.health->beat(services_.clock.monotonic());
  services_.health->ready();
  next_sweep_ = services_.clock.monotonic() + sweep_pause;
  // What was deployed between the reading of the deployment and the watching rang no bell here.
  auto end = changed() ? End::Changed : End::Stopped;
  bool must_recover = false;
  while (!stopping_ && end == End::Stopped) {
    services_.health->beat(services_.clock.monotonic());
    try {  // the queue's dispatch: an index that fails for a while ends no service
      if (std::exchange(must_recover, false)) recover();
      if (serve_once(*watch, changed)) end = End::Changed;
    } catch (const Error& error) {
      if (!std::exchange(troubled_, true)) {
        complaints_.add(format("{}; tried again every {} s", error.what(), trouble_pause.count()));
      }
      services_.health->trouble("index", {FailureCode::Unavailable, error.what()});
      services_.health->expect(trouble_pause);
      must_recover = true;
      for (int i = 0; i < trouble_looks && !stopping_; ++i) {
        services_.clock.sleep_for(std::chrono::milliseconds(trouble_pause) / trouble_looks);
      }
    }
  }
  intake_.store_arrivals();
  if (end == End::Changed) {
    pool_.finish_running([this] { services_.health->beat(services_.clock.monotonic()); });
  }
  {
    const std::lock_guard lock(watch_mutex_);
    watch_ = nullptr;
  }
  pool_.stop();
  return stopping_ ? End::Stopped : end;
}

}  // namespace cls::local
