// SPDX-License-Identifier: Apache-2.0
// Forecast: runs projects in a simulated world with made-up arrivals, and counts what became of
// them. For users: docs/simulate.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "model/plan.h"
#include "sim/call_tally.h"

namespace cls::sim {

/// More is refused: it would take too long, and too much memory.
inline constexpr std::uint64_t most_arrivals = 500'000;
inline constexpr std::uint64_t most_lots = 500'000;
inline constexpr unsigned most_days = 366;

/// So many arrivals in so long, in each boundary.
struct ArrivalRate {
  std::uint64_t count = 0;
  std::chrono::seconds per{86400};
};

struct ForecastOptions {
  unsigned days = 1;
  ArrivalRate arrivals{.count = 1, .per = std::chrono::minutes(1)};
  double duplicates = 0;             ///< of arrivals: written again with the same bytes
  double late = 0;                   ///< of arrivals: their time says a lot that may be closed
  std::chrono::seconds outage{0};    ///< the service is down for so long, once
  std::chrono::seconds duration{1};  ///< of an attempt, on average
  double failures = 0;               ///< of attempts
  std::uint64_t seed = 1;
  /// Up to so many arrivals the promises are checked too, as `cls audit --deep` does.
  std::uint64_t audit_up_to = 20'000;
  Progress* progress = nullptr;  ///< is told of virtual time; null: nobody is
};

struct BoundaryForecast {
  std::string project;
  std::string name;
  std::uint64_t arrivals = 0;            ///< objects, without their duplicates
  std::uint64_t duplicates = 0;          ///< objects that were written again
  std::uint64_t duplicates_dropped = 0;  ///< of those: listed once all the same
  std::uint64_t lots = 0;                ///< closed, with members
  std::uint64_t empty_lots = 0;          ///< closed without
  std::uint64_t late = 0;                ///< objects that joined a collecting lot
  std::uint64_t rejected = 0;
  std::uint64_t unlisted = 0;  ///< objects of which no record speaks

  bool operator==(const BoundaryForecast&) const = default;
};

/// Seconds from the end of a lot's interval until all its sinks were published; 0 where that was
/// before.
struct Lag {
  double p50 = 0;
  double p99 = 0;
  double most = 0;
  bool operator==(const Lag&) const = default;
};

struct ArcForecast {
  std::string project;
  std::string name;
  std::uint64_t complete = 0;    ///< lots, with the empty ones
  std::uint64_t partial = 0;     ///< lots
  std::uint64_t missing = 0;     ///< lots: dead letters
  std::uint64_t unfinished = 0;  ///< lots that were not done when the forecast ended
  std::uint64_t attempts = 0;
  std::uint64_t failed = 0;   ///< attempts
  std::uint64_t retries = 0;  ///< attempts but for the first of each lot
  std::optional<Lag> lag;     ///< nothing where no lot was published
  std::uint64_t backlog = 0;  ///< lots that waited or were at work at once, at most

  bool operator==(const ArcForecast&) const = default;
};

/// Store calls of the service, from its first start to its end.
struct CostForecast {
  CallCounts total;
  CallCounts of_empty;                                       ///< about lots without a member
  std::uint64_t lots = 0;                                    ///< closed, with members
  std::uint64_t empty_lots = 0;                              ///< and without
  std::vector<std::pair<std::string, std::uint64_t>> kinds;  ///< what the calls are about

  bool operator==(const CostForecast&) const = default;
};

struct ForecastReport {
  unsigned days = 0;
  std::uint64_t lanes = 0;            ///< lots that ran at once, at most
  std::chrono::nanoseconds time{};    ///< virtual, until all was done
  std::optional<std::string> outage;  ///< when it began
  std::vector<BoundaryForecast> boundaries;
  std::vector<ArcForecast> arcs;
  CostForecast cost;
  bool audited = false;
  std::vector<std::string> violations;  ///< of promises
  std::vector<std::string> notes;       ///< what people should know when they read this

  bool operator==(const ForecastReport&) const = default;
};

/// Invalid says what of the options or the projects does not do, and what would. The same arguments
/// give the same report.
Result<ForecastReport> forecast(std::vector<model::ProjectPlan> projects,
                                const ForecastOptions& options);

}  // namespace cls::sim
