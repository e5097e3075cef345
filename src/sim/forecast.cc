// SPDX-License-Identifier: Apache-2.0
#include "sim/forecast.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>

#include "base/format.h"
#include "base/text.h"
#include "flow/claim_store.h"
#include "flow/ledger_log.h"
#include "sim/forecast_script.h"
#include "sim/stated_workload.h"
#include "sim/world.h"

namespace cls::sim {

namespace {

/// The value below which so much of `sorted` lies, which is not empty.
double quantile(const std::vector<double>& sorted, double share) {
  const auto rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

std::optional<Lag> lag_of(std::vector<double> seconds) {
  if (seconds.empty()) return std::nullopt;
  std::ranges::sort(seconds);
  return Lag{.p50 = quantile(seconds, 0.5), .p99 = quantile(seconds, 0.99), .most = seconds.back()};
}

/// Counts what happens, and at the end what the records say.
class Counter final : public Watcher {
 public:
  Counter(const ForecastScript& made, const ForecastOptions& options)
      : made_(made),
        stated_{.duration = options.duration, .failure_rate = options.failures},
        dice_(options.seed, "attempts"),
        progress_(options.progress) {}

  void called(Effect effect, bool conditional, const Uri& uri) override {
    calls_.count(effect, conditional, uri);
    if (progress_ != nullptr && world_ != nullptr) tell_progress();
  }
  flow::Workload& workload(World& world, store::ObjectStore& store) override {
    world_ = &world;
    workload_ = std::make_unique<StatedWorkload>(world, store, stated_, attempts_, dice_);
    return *workload_;
  }
  void ended(World& world, store::ObjectStore& store) override {
    const auto& deployment = world.deployment();
    for (std::size_t i = 0; i < deployment.boundaries().size(); ++i) {
      read_boundary(store, deployment.boundaries()[i], i);
    }
    for (const auto& arc : deployment.arcs()) read_arc(world, store, arc);
    price();
  }

  ForecastReport take() { return std::move(report_); }

 private:
  void tell_progress() {
    const auto minutes = [](std::chrono::nanoseconds span) {
      return static_cast<std::uint64_t>(
          std::chrono::duration_cast<std::chrono::minutes>(span).count());
    };
    const auto total = minutes(world_->settings().length);
    progress_->tell("simulated minutes", std::min(minutes(world_->time().monotonic), total), total);
  }

  void trouble(const std::string& what, const Failure& failure) {
    report_.violations.push_back(format("{}: {}", what, failure.message));
  }

  /// False for an interval after the last day: an empty lot of it is not counted.
  bool counts(const std::string& lot) const {
    const auto& settings = made_.script.settings;
    const auto id = lot::LotId::parse(lot);
    return id && id->start() < settings.start + settings.length;
  }

  /// What one ledger says.
  struct Ledger {
    std::map<std::string, std::uint64_t> members;  ///< by lot
    std::set<std::string> closed;
    std::vector<std::uint8_t> listed;  ///< by object
    std::uint64_t again = 0;           ///< lines of an object but for its first
  };

  void read_segment(const record::Segment& segment, Ledger& ledger, BoundaryForecast& count) {
    bool all_empty = segment.lines.empty() && !segment.head.closes.empty();
    for (const auto& line : segment.lines) {
      if (line.decision == record::Decision::vanished) continue;
      if (const auto object = object_number(line.uri, ledger.listed.size())) {
        if (ledger.listed[*object] != 0) ++ledger.again;
        ledger.listed[*object] = 1;
      }
      if (line.decision == record::Decision::rejected) ++count.rejected;
      if (line.decision != record::Decision::member) continue;
      ++ledger.members[line.lot];
      if (!line.ownLot.empty() && line.ownLot != line.lot) ++count.late;
    }
    for (const auto& lot : segment.head.closes) {
      ledger.closed.insert(lot);
      all_empty = all_empty && !ledger.members.contains(lot);
    }
    all_empty = all_empty && counts(segment.head.closes.front());
    if (all_empty) ++report_.cost.of_empty.conditional;
  }

  void read_boundary(store::ObjectStore& store, const flow::BoundaryRef& ref, std::size_t index) {
    BoundaryForecast count;
    count.project = ref.project->plan.project.to_string();
    count.name = ref.boundary->name;
    count.arrivals = made_.objects[index];
    count.duplicates = made_.duplicates[index];
    Ledger ledger;
    ledger.listed.resize(count.arrivals);
    flow::LedgerLog log(store, ref);
    const auto read = log.for_each_segment(
        [&](const record::Segment& segment) { read_segment(segment, ledger, count); });
    if (!read) trouble(ref.to_string(), read.error());
    count.unlisted = static_cast<std::uint64_t>(std::ranges::count(ledger.listed, 0));
    count.duplicates_dropped = count.duplicates - std::min(count.duplicates, ledger.again);
    const std::string dataset = ref.boundary->dataset.id().to_string();
    for (const auto& lot : ledger.closed) {
      if (ledger.members.contains(lot)) {
        ++count.lots;
      } else if (counts(lot)) {
        ++count.empty_lots;
        report_.cost.of_empty.add(calls_.of(dataset, lot));
      }
    }
    report_.cost.lots += count.lots;
    report_.cost.empty_lots += count.empty_lots;
    report_.boundaries.push_back(std::move(count));
  }

  /// When the last of a claim's sinks was published.
  std::optional<Instant> published_at(store::ObjectStore& store, const record::Claim& claim) {
    std::optional<Instant> last;
    for (const auto& [role, sink] : claim.sinks) {
      const auto uri = Uri::parse(sink.manifest);
      if (!uri) continue;
      const auto info = store.head(*uri);
      if (!info) return std::nullopt;
      last = last ? std::max(*last, info->modified) : info->modified;
    }
    return last;
  }

  static bool is_empty(const record::Claim& claim) {
    return !claim.sinks.empty() && std::ranges::all_of(claim.sinks, [](const auto& sink) {
      return sink.second.state == record::ManifestState::empty;
    });
  }

  void charge_empty(const flow::ArcRef& arc, const record::Claim& claim) {
    report_.cost.of_empty.add(calls_.of(arc.to_string(), claim.lot));
    for (const auto& [role, sink] : arc.arc->sinks) {
      report_.cost.of_empty.add(calls_.of(sink.id().to_string(), claim.lot));
    }
  }

  void read_claim(store::ObjectStore& store, const flow::ArcRef& arc, const record::Claim& claim,
                  ArcForecast& count, std::vector<double>& lags) {
    using enum record::ClaimState;
    if (claim.state == running || claim.state == retrying) {
      ++count.unfinished;
      return;
    }
    const auto result = claim.result.value_or(record::ClaimResult::complete);
    if (result == record::ClaimResult::missing) ++count.missing;
    if (result == record::ClaimResult::partial) ++count.partial;
    if (result != record::ClaimResult::complete) return;
    const bool empty = is_empty(claim);
    if (empty && !counts(claim.lot)) return;
    ++count.complete;
    if (empty) charge_empty(arc, claim);
    const auto lot = lot::LotId::parse(claim.lot);
    const auto at = published_at(store, claim);
    if (!lot || !at) return;
    lags.push_back(std::max(0.0, std::chrono::duration<double>(*at - lot->end()).count()));
  }

  void read_arc(World& world, store::ObjectStore& store, const flow::ArcRef& arc) {
    ArcForecast count;
    count.project = arc.project->plan.project.to_string();
    count.name = arc.arc->name;
    std::vector<double> lags;
    const auto read = flow::for_each_claim(
        store, arc,
        [&](const flow::StoredClaim& stored) { read_claim(store, arc, stored.claim, count, lags); },
        [&](const Uri& uri, const Failure& failure) { trouble(uri.to_string(), failure); });
    if (!read) trouble(arc.to_string(), read.error());
    count.lag = lag_of(std::move(lags));
    const auto& attempts = attempts_[arc.to_string()];
    count.attempts = attempts.started;
    count.failed = attempts.failed;
    count.retries = attempts.started - attempts.lots.size();
    count.backlog = world.queue().most(arc.to_string());
    // What has no claim yet waits in the queue.
    count.unfinished =
        std::max<std::uint64_t>(count.unfinished, world.queue().size(arc.to_string()));
    report_.arcs.push_back(std::move(count));
  }

  void price() {
    report_.cost.total = calls_.total();
    for (const auto& [effect, name] : json::names_of<Effect>) {
      if (calls_.of(effect) > 0) report_.cost.kinds.emplace_back(name, calls_.of(effect));
    }
  }

  const ForecastScript& made_;
  StatedAttempts stated_;
  Random dice_;
  CallTally calls_;
  std::map<std::string, AttemptCounts> attempts_;
  std::unique_ptr<StatedWorkload> workload_;
  Progress* progress_;
  World* world_ = nullptr;  ///< once it has begun
  ForecastReport report_;
};

}  // namespace

namespace {

/// What people should know when an arc cannot keep up.
void note_unfinished(ForecastReport& report) {
  for (const auto& arc : report.arcs) {
    if (arc.unfinished == 0) continue;
    report.notes.push_back(
        format("arc {}: {} not done {} after the last arrival: it cannot keep up; more concurrency "
               "or shorter attempts would help",
               arc.name, counted(arc.unfinished, "lot is", "lots are"),
               counted(std::max(report.days, 1U), "day")));
  }
}

}  // namespace

Result<ForecastReport> forecast(std::vector<model::ProjectPlan> projects,
                                const ForecastOptions& options) {
  const auto made = make_forecast(std::move(projects), options);
  if (!made) return tl::unexpected(made.error());
  Counter counter(*made, options);
  const bool audited = made->script.steps.size() <= options.audit_up_to;
  const auto run = run_script(made->script, {.trace = false,
                                             .bug = PortBug::None,
                                             .judged = false,
                                             .audited = audited,
                                             .watcher = &counter});
  ForecastReport report = counter.take();
  const auto& settings = made->script.settings;
  report.days = options.days;
  report.lanes = settings.lanes;
  report.time = run.virtual_time;
  if (options.outage > std::chrono::seconds(0)) {
    report.outage = format_instant_seconds(settings.start + settings.outage_at);
  }
  report.notes = made->notes;
  note_unfinished(report);
  report.audited = audited && std::ranges::all_of(
                                  report.arcs, [](const auto& arc) { return arc.unfinished == 0; });
  report.violations.insert(report.violations.end(), run.violations.begin(), run.violations.end());
  return report;
}

}  // namespace cls::sim
