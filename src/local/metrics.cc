// SPDX-License-Identifier: Apache-2.0
#include "local/metrics.h"

#include <algorithm>
#include <set>
#include <variant>

#include "base/error.h"
#include "base/format.h"
#include "local/worker_pool.h"

namespace cls::local {

namespace {

using std::chrono::nanoseconds;

/// The queue is read at most once in this time, and so that reading takes at most a twentieth.
constexpr std::chrono::milliseconds queue_pause{200};
constexpr int queue_share = 20;

std::string placement_name(const model::Placement& placement) {
  std::string name = placement.provider;
  for (const auto* part : {&placement.stage, &placement.account, &placement.region}) {
    if (*part) name += ":" + **part;
  }
  return name;
}

std::string labels_of(const flow::Deployed& project, std::string_view kind,
                      const std::string& name) {
  return format(R"(placement="{}",project="{}",version="{}",{}="{}")",
                label_value(placement_name(project.plan.placement)),
                label_value(project.plan.project.name), label_value(project.plan.project.version),
                kind, label_value(name));
}

/// Names a boundary among all of a home.
std::string key_of(const flow::BoundaryRef& ref) {
  return placement_name(ref.project->plan.placement) + " " + ref.to_string();
}

/// How an attempt ended; nullopt where there was none, or nobody can tell.
std::optional<Metrics::AttemptEnd> end_of(const flow::ArcOutcome& outcome) {
  using End = Metrics::AttemptEnd;
  if (const auto* ended = std::get_if<flow::Ended>(&outcome)) {
    if (ended->result == record::ClaimResult::complete) return End::Complete;
    return ended->result == record::ClaimResult::partial ? End::Partial : End::Missing;
  }
  if (std::holds_alternative<flow::RetryLater>(outcome)) return End::Retry;
  if (std::holds_alternative<flow::Lost>(outcome)) return End::Lost;
  const auto* idle = std::get_if<flow::Idle>(&outcome);
  if (idle != nullptr && *idle == flow::Idle::Stopped) return End::Released;
  return std::nullopt;
}

/// The state of the lot after that.
lot::LotSet flow::LotsByState::* state_after(Metrics::AttemptEnd end) {
  using End = Metrics::AttemptEnd;
  using Lots = flow::LotsByState;
  if (end == End::Complete) return &Lots::complete;
  if (end == End::Partial) return &Lots::partial;
  if (end == End::Missing) return &Lots::missing;
  return end == End::Lost ? &Lots::running : &Lots::retrying;
}

}  // namespace

std::string label_value(std::string_view text) {
  std::string value;
  for (const char c : text) {
    if (c == '\n') {
      value += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') value += '\\';
    value += c;
  }
  return value;
}

void Metrics::serve(const flow::Deployment& deployment) {
  std::map<std::string, std::string> arcs;
  std::map<std::string, std::string> boundaries;
  for (const auto& ref : deployment.arcs()) {
    arcs[arc_key(ref)] = labels_of(*ref.project, "arc", ref.arc->name);
  }
  for (const auto& ref : deployment.boundaries()) {
    boundaries[key_of(ref)] = labels_of(*ref.project, "boundary", ref.boundary->name);
  }
  const std::lock_guard lock(mutex_);
  for (auto& [key, arc] : arcs_) arc.served = false;
  for (const auto& [key, labels] : arcs) {
    arcs_[key].labels = labels;
    arcs_[key].served = true;
  }
  std::erase_if(arcs_, [](const auto& one) {
    return !one.second.served && one.second.series.running.empty();
  });
  std::erase_if(boundaries_, [&](const auto& one) { return !boundaries.contains(one.first); });
  for (const auto& [key, labels] : boundaries) boundaries_[key].labels = labels;
  std::erase_if(damaged_, [](const auto& one) { return one.first.first != "project"; });
}

Metrics::Look::Look(Metrics& metrics, std::string arc, lot::LotId lot, const Clock& clock)
    : metrics_(metrics), arc_(std::move(arc)), lot_(lot), clock_(clock), began_(clock.monotonic()) {
  const std::lock_guard lock(metrics_.mutex_);
  const auto found = metrics_.arcs_.find(arc_);
  if (found != metrics_.arcs_.end()) found->second.series.running.emplace(lot_, began_);
}

Metrics::Look::~Look() {
  const std::lock_guard lock(metrics_.mutex_);
  const auto found = metrics_.arcs_.find(arc_);
  if (found == metrics_.arcs_.end()) return;
  auto& running = found->second.series.running;
  const auto [first, last] = running.equal_range(lot_);
  const auto mine =
      std::find_if(first, last, [&](const auto& one) { return one.second == began_; });
  if (mine != last) running.erase(mine);
  if (!found->second.served && running.empty()) metrics_.arcs_.erase(found);
}

void Metrics::Look::ended(const Result<flow::ArcOutcome>& outcome) {
  const std::chrono::duration<double> took = clock_.monotonic() - began_;
  const std::lock_guard lock(metrics_.mutex_);
  const auto found = metrics_.arcs_.find(arc_);
  if (found == metrics_.arcs_.end()) return;
  metrics_.take_outcome(found->second.series, lot_, outcome, took.count());
}

void Metrics::take_outcome(ArcSeries& series, const lot::LotId& lot,
                           const Result<flow::ArcOutcome>& outcome, double seconds) {
  if (!outcome) {
    ++series.record_failures;
    return;
  }
  if (std::holds_alternative<flow::Busy>(*outcome)) {
    series.lots.move_to(&flow::LotsByState::running, lot);
    return;
  }
  const auto end = end_of(*outcome);
  if (!end) {
    // Another process has run it since; the next sweep says how that ended.
    series.lots.running.erase(lot);
    return;
  }
  series.lots.move_to(state_after(*end), lot);
  ++series.attempts.at(static_cast<std::size_t>(*end));
  const auto* bucket = std::ranges::lower_bound(duration_bounds, seconds);
  ++series.durations.at(static_cast<std::size_t>(bucket - duration_bounds.begin()));
  series.duration_sum += seconds;
}

void Metrics::swept(const std::string& arc, flow::LotsByState lots, std::uint64_t damaged) {
  const std::lock_guard lock(mutex_);
  const auto found = arcs_.find(arc);
  if (found != arcs_.end()) found->second.series.lots = std::move(lots);
  damaged_[{"claim", arc}] = damaged;
}

void Metrics::boundary(const flow::BoundaryRef& ref, const BoundaryNow& now) {
  const std::lock_guard lock(mutex_);
  const auto found = boundaries_.find(key_of(ref));
  if (found != boundaries_.end()) found->second.series.now = now;
}

void Metrics::scanned(const flow::BoundaryRef& ref, Instant at) {
  const std::lock_guard lock(mutex_);
  const auto found = boundaries_.find(key_of(ref));
  if (found != boundaries_.end()) found->second.series.scanned = at;
}

void Metrics::damaged(const std::string& kind, const std::string& whose, std::uint64_t count) {
  const std::lock_guard lock(mutex_);
  damaged_[{kind, whose}] = count;
}

void Metrics::read_queue_by(std::function<std::map<std::string, QueueCounts>()> read) {
  const std::lock_guard lock(queue_mutex_);
  read_queue_ = std::move(read);
}

std::map<std::string, QueueCounts> Metrics::queue(const Clock& clock) {
  const std::lock_guard lock(queue_mutex_);
  const auto began = clock.monotonic();
  if (!read_queue_ || began < queue_read_after_) return queue_;
  const auto read = [&]() -> std::optional<std::map<std::string, QueueCounts>> {
    try {
      return read_queue_();
    } catch (const Error&) {
      return std::nullopt;  // said by those who need the queue; here the last answer stands
    }
  };
  if (auto counts = read()) queue_ = std::move(*counts);
  const auto now = clock.monotonic();
  queue_read_after_ = now + std::max<nanoseconds>(queue_pause, queue_share * (now - began));
  return queue_;
}

}  // namespace cls::local
