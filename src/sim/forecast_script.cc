// SPDX-License-Identifier: Apache-2.0
#include "sim/forecast_script.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "base/format.h"
#include "base/text.h"
#include "base/time.h"
#include "flow/deployment.h"
#include "sim/random.h"

namespace cls::sim {

namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t most_lanes = 16;
/// No event is lost here, so sweeps find work only after an outage, and that has one of its own.
constexpr nanoseconds sweep_pause = 24h;
constexpr std::uint64_t most_calls = 100'000'000;
constexpr nanoseconds duplicate_within = 10min;

class Maker {
 public:
  Maker(std::vector<model::ProjectPlan> projects, const ForecastOptions& options)
      : options_(options),
        length_(std::chrono::hours(24) * options.days),
        plans_(std::move(projects)),
        dice_(options.seed, "arrivals") {}

  Result<ForecastScript> make() {
    if (auto possible = check(); !possible) return pass(std::move(possible));
    for (auto& plan : plans_) {
      for (auto& boundary : plan.boundaries) simplify(boundary);
      for (const auto& arc : plan.arcs) note_foreign(arc);
    }
    settings();
    unsigned number = 0;
    for (const auto& plan : plans_) {
      for (const auto& boundary : plan.boundaries) arrive(boundary, number++);
    }
    auto& steps = made_.script.steps;
    std::ranges::stable_sort(steps, {}, &Step::at);
    return std::move(made_);
  }

 private:
  std::uint64_t per_boundary() const {
    const double times = std::chrono::duration<double>(length_) / options_.arrivals.per;
    return static_cast<std::uint64_t>(
        std::llround(static_cast<double>(options_.arrivals.count) * times));
  }
  std::uint64_t boundaries() const {
    std::uint64_t count = 0;
    for (const auto& plan : plans_) count += plan.boundaries.size();
    return count;
  }

  Result<> check() const {
    if (options_.days == 0 || options_.days > most_days) {
      return fail(FailureCode::Invalid,
                  format("{} days cannot be simulated: 1 to {}", options_.days, most_days));
    }
    if (boundaries() == 0) {
      return fail(FailureCode::Invalid,
                  "there is no boundary, so nothing would arrive: give the project that has one");
    }
    if (options_.outage >= length_) {
      return fail(FailureCode::Invalid,
                  format("an outage of {} s does not fit into {}: it has to be shorter",
                         options_.outage.count(), counted(options_.days, "day")));
    }
    std::set<model::ProjectId> names;
    for (const auto& plan : plans_) {
      if (names.insert(plan.project).second) continue;
      return fail(FailureCode::Invalid, format("project {} is given for two placements: simulate "
                                               "one after the other",
                                               plan.project.to_string()));
    }
    if (auto arrivals = check_arrivals(); !arrivals) return arrivals;
    return check_lots();
  }

  Result<> check_arrivals() const {
    const double all = static_cast<double>(options_.arrivals.count) * (1 + options_.duplicates) *
                       (std::chrono::duration<double>(length_) / options_.arrivals.per) *
                       static_cast<double>(boundaries());
    if (all <= static_cast<double>(most_arrivals)) return {};
    return fail(FailureCode::Invalid,
                format("{:.0f} arrivals are too many, at most {} in all: choose fewer days, {} or "
                       "less, or a lower rate",
                       all, most_arrivals,
                       std::floor(static_cast<double>(options_.days) *
                                  static_cast<double>(most_arrivals) / all)));
  }

  /// Every interval may be a lot of every boundary and arc.
  Result<> check_lots() const {
    std::uint64_t lots = 0;
    unsigned shortest = 1440;
    for (const auto& plan : plans_) {
      for (const auto& boundary : plan.boundaries) {
        lots += std::uint64_t{options_.days} * boundary.unit.per_day();
        shortest = std::min(shortest, boundary.unit.minutes());
      }
      lots += std::uint64_t{options_.days} * (1440 / shortest) * plan.arcs.size();
    }
    if (lots <= most_lots) return {};
    return fail(FailureCode::Invalid,
                format("there may be {} lots of boundaries and arcs, at most {} can be simulated: "
                       "choose fewer days, {} or less",
                       lots, most_lots, options_.days * most_lots / lots));
  }

  /// What depends on keys: made-up ones pass every filter and tell no time.
  void simplify(model::BoundaryPlan& boundary) {
    boundary.filter = {};
    boundary.hide_unfinished = false;
    if (boundary.lot_source == model::LotSource::keyTimestampRegex) {
      boundary.lot_source = model::LotSource::objectModifiedTime;
      made_.notes.push_back(
          format("boundary {}: made-up keys tell no time: its lots are those of modification times",
                 boundary.name));
    }
    if (boundary.lot_source == model::LotSource::arrivalTime && options_.late > 0) {
      made_.notes.push_back(
          format("boundary {}: its lots are those of arrival times: nothing is late there",
                 boundary.name));
    }
  }

  bool is_made(const model::DatasetId& dataset) const {
    for (const auto& plan : plans_) {
      for (const auto& boundary : plan.boundaries) {
        if (boundary.dataset.id() == dataset) return true;
      }
      for (const auto& arc : plan.arcs) {
        for (const auto& [role, sink] : arc.sinks) {
          if (sink.id() == dataset) return true;
        }
      }
    }
    return false;
  }
  void note_foreign(const model::ArcPlan& arc) {
    for (const auto& [role, source] : arc.sources) {
      if (!source.subscribe || is_made(source.id())) continue;
      made_.notes.push_back(format(
          "arc {}: nothing given here makes dataset {}, so it never runs: give that project too",
          arc.name, source.id().to_string()));
    }
  }

  void settings() {
    auto& settings = made_.script.settings;
    made_.script.seed = options_.seed;
    made_.script.family = "forecast";
    std::uint64_t lanes = 0;
    std::chrono::seconds settle{0};
    for (const auto& plan : plans_) {
      for (const auto& arc : plan.arcs) lanes += arc.concurrency;
      for (const auto& boundary : plan.boundaries) settle = std::max(settle, boundary.settle);
    }
    settings.projects.assign(plans_.begin(), plans_.begin() + 1);
    settings.beside.assign(plans_.begin() + 1, plans_.end());
    settings.lanes = static_cast<unsigned>(std::clamp<std::uint64_t>(lanes, 1, most_lanes));
    settings.pause_chance = 0;
    settings.start = instant_of(2026, 1, 1).value();
    settings.length = length_;
    settings.sweep = sweep_pause;
    settings.poll = 2 * length_ + nanoseconds(365 * 24h);  // all is told
    settings.rest = settle + nanoseconds(5min);
    settings.longest_healing = std::max<nanoseconds>(length_, 24h);
    settings.most_calls = most_calls;
    settings.outage = options_.outage;
    if (options_.outage > 0s) {
      settings.outage_at = Random(options_.seed, "outage").span(0s, length_ - options_.outage);
    }
  }

  /// How old an object says it is: up to four lots where it is late.
  nanoseconds age(const model::BoundaryPlan& boundary) {
    if (!dice_.chance(options_.late)) return 0s;
    const nanoseconds unit = boundary.unit.duration();
    return dice_.span(unit, 4 * unit);
  }

  void add(unsigned boundary, std::uint64_t object, nanoseconds at, nanoseconds age) {
    made_.script.steps.push_back({.number = ++made_.script.numbers,
                                  .kind = StepKind::Put,
                                  .at = at,
                                  .name = object_key(object),
                                  .bytes = std::to_string(object),
                                  .amount = -age,
                                  .which = boundary});
  }

  void arrive(const model::BoundaryPlan& boundary, unsigned number) {
    const std::uint64_t count = per_boundary();
    const auto again =
        static_cast<std::uint64_t>(std::llround(static_cast<double>(count) * options_.duplicates));
    std::vector<std::pair<nanoseconds, nanoseconds>> objects;
    objects.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      objects.emplace_back(dice_.span(0s, length_ - 2s), age(boundary));
    }
    std::ranges::sort(objects);
    for (std::uint64_t i = 0; i < count; ++i) add(number, i, objects[i].first, objects[i].second);
    for (std::uint64_t i = 0; i < again && count > 0; ++i) {
      const auto object = dice_.below(count);
      const auto [first, age] = objects[object];
      const nanoseconds within = std::min<nanoseconds>(duplicate_within, length_ - first - 1s);
      add(number, object, first + std::max<nanoseconds>(1s, dice_.span(0s, within)), age);
    }
    made_.objects.push_back(count);
    made_.duplicates.push_back(again);
  }

  const ForecastOptions& options_;
  nanoseconds length_;
  std::vector<model::ProjectPlan> plans_;
  Random dice_;
  ForecastScript made_;
};

}  // namespace

std::string object_key(std::uint64_t number) {
  return format("a{}", number);
}

std::optional<std::uint64_t> object_number(std::string_view uri, std::uint64_t count) {
  const auto name = uri.substr(uri.rfind('/') + 1);
  if (!name.starts_with('a')) return std::nullopt;
  std::uint64_t number = 0;
  const auto* end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + 1, end, number);
  if (read.ec != std::errc() || read.ptr != end || number >= count) return std::nullopt;
  return number;
}

Result<ForecastScript> make_forecast(std::vector<model::ProjectPlan> projects,
                                     const ForecastOptions& options) {
  return Maker(std::move(projects), options).make();
}

}  // namespace cls::sim
