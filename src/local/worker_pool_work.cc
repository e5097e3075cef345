// SPDX-License-Identifier: Apache-2.0
// WorkerPool: what its threads do: take lots, run them, say in the queue what became of them; and
// keep the leases.
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/format.h"
#include "local/worker_pool.h"

namespace cls::local {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int store_failures_limit = 3;
constexpr seconds store_retry{5};
/// After so many failures of the index, a pause before each, `cls run` ends.
constexpr int index_failures_limit = 10;
constexpr milliseconds index_pause{500};
/// How often a dispatch looks whether the index is still there.
constexpr seconds index_look{1};

}  // namespace

void WorkerPool::heartbeat(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    // Idle: nobody's lease runs, nothing wakes.
    if (!changed_.wait(lock, stop, [this] { return working_ > 0; })) return;
    changed_.wait_for(lock, stop, milliseconds(500), [this] { return working_ == 0; });
    lock.unlock();
    const bool any_due = held_.judge_all();
    lock.lock();
    if (!any_due) continue;
    ++beat_rounds_;
    beats_due_.notify_all();
  }
}

void WorkerPool::beat(const std::stop_token& stop) {
  std::uint64_t seen = 0;
  std::unique_lock lock(mutex_);
  while (beats_due_.wait(lock, stop, [&] { return beat_rounds_ != seen; })) {
    seen = beat_rounds_;
    lock.unlock();
    while (held_.beat_one()) {
    }
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
    } catch (const DamageError& error) {
      lose_index(made_again(error.what()));
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

std::optional<std::string> WorkerPool::index_gone() {
  look_at_index();
  const std::lock_guard lock(mutex_);
  return index_gone_;
}

void WorkerPool::look_at_index() {
  if (auto in_place = queue_.in_place(); !in_place) lose_index(in_place.error().message);
}

/// Nothing is taken any more; what runs is stopped with the pool.
void WorkerPool::lose_index(const std::string& what) {
  {
    const std::lock_guard lock(mutex_);
    if (index_gone_) return;
    index_gone_ = what;
    stopping_ = true;
    taking_ = false;
    changed_.notify_all();
  }
  if (on_index_gone_) on_index_gone_();
}

/// Takes the next item whose arc has room; counts it as running.
std::optional<QueueItem> WorkerPool::take() {
  {
    std::unique_lock lock(mutex_);
    const auto now = services_.clock.monotonic();
    const bool look = now - index_looked_at_ >= index_look;
    if (look) index_looked_at_ = now;
    lock.unlock();
    if (look) look_at_index();
  }
  const std::lock_guard lock(mutex_);
  if (!taking_) return std::nullopt;
  std::set<std::string> free = enabled_keys();
  for (const auto& [key, count] : running_) {
    if (count >= arcs_.at(key)->arc().arc->concurrency) free.erase(key);
  }
  auto item = queue_.take(self_.id, free, ordered_);
  if (!item) return std::nullopt;
  ++running_[item->arc];
  ++working_;
  changed_.notify_all();
  return item;
}

bool WorkerPool::work_once() {
  const auto item = take();
  if (!item) return false;
  Result<flow::ArcOutcome> outcome = flow::ArcOutcome(flow::Idle::NotReady);
  try {
    const auto lot = lot::LotId::parse(item->lot);
    // A lot that another version queued and that is none here is simply done with.
    if (lot) {
      Metrics::Look look(*services_.metrics, item->arc, *lot, services_.clock);
      outcome = arcs_.at(item->arc)->run(*lot);
      look.ended(outcome);
    }
  } catch (const Error& error) {
    outcome = fail(FailureCode::Unavailable, error.what());
  }
  const auto again = look_again(*item, outcome);
  const std::lock_guard lock(mutex_);
  unsettled_.emplace_back(*item, again);
  ++unsettled_count_;
  if (--running_[item->arc] == 0) running_.erase(item->arc);
  --working_;
  rise();
  return true;
}

/// Tells the queue what became of an item; true if others may have something to do by that.
bool WorkerPool::settle(const QueueItem& item, std::optional<Instant> again) {
  if (again) {
    queue_.later(item, *again);
    return true;
  }
  const bool is_gone = queue_.done(item);
  return !is_gone || ordered_.contains(item.arc);
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
      if (settle(item, again)) bells_.ring(Ring::Work);
    } catch (const Error&) {
      const std::lock_guard lock(mutex_);
      std::ranges::move(settlements, std::back_inserter(unsettled_));
      throw;
    }
    settlements.pop_back();
    well("index");
    bool retired = false;
    {
      const std::lock_guard lock(mutex_);
      --unsettled_count_;
      index_failures_ = 0;
      retired = retired_;
      rise();
    }
    if (retired) bells_.ring(Ring::Records);
  }
}

/// Said once for many failures in a row; `cls run` does not wait for ever.
void WorkerPool::index_trouble(const Error& error) {
  trouble("index", {FailureCode::Unavailable, error.what()});
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
  if (arc != arcs_.end()) trouble(arc->second->arc().to_string(), failure);
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
  if (arc != arcs_.end()) well(arc->second->arc().to_string());
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
  if (std::holds_alternative<flow::Lost>(*outcome)) {
    if (arc != arcs_.end()) {
      services_.log.warning(
          format("{} {}: its claim was lost to another process, which took this one for dead: "
                 "nothing more was written",
                 arc->second->arc().to_string(), item.lot),
          arc->second->arc().log_fields(item.lot));
    }
    return now;
  }
  if (std::holds_alternative<flow::LookAgain>(*outcome)) return now;
  return std::nullopt;
}

}  // namespace cls::local
