// SPDX-License-Identifier: Apache-2.0
#include "sim/forecast.h"

#include <gmock/gmock.h>

#include "sim/queue.h"

namespace cls::sim {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A boundary of hourly lots of arrival times, and two arcs one after the other.
model::ProjectPlan project() {
  model::ProjectPlan plan;
  plan.project = {"p", "1"};
  plan.placement.provider = "local";
  model::BoundaryPlan boundary;
  boundary.name = "inbox";
  boundary.dataset.name = "orders";
  boundary.dataset.version = "1";
  boundary.dataset.pathURI = "s3://users-own/in/";
  boundary.unit = lot::LotUnit::hours();
  boundary.arrival = model::EventArrival::frequent;
  boundary.lot_source = model::LotSource::arrivalTime;
  plan.boundaries.push_back(boundary);
  std::string source = "orders";
  for (const auto* name : {"first", "second"}) {
    model::ArcPlan arc;
    arc.name = name;
    arc.attempts = 3;
    model::SourceDataset from;
    from.name = source;
    from.version = "1";
    arc.sources.emplace_back("main", from);
    source = std::string(name) + "-out";
    model::SinkDataset sink;
    sink.name = source;
    sink.version = "1";
    sink.pathURI = "s3://users-own/" + source + "/";
    arc.sinks.emplace_back("main", sink);
    model::CommandPlan fails;
    fails.command = {"false"};
    fails.manifest = model::ManifestMode::collect;
    arc.workload = std::move(fails);
    arc.declaration = "d";
    plan.arcs.push_back(arc);
  }
  return plan;
}

/// 20 arrivals an hour: each of the 24 lots of a day has some.
ForecastOptions options() {
  ForecastOptions options;
  options.arrivals = {.count = 20, .per = 1h};
  options.duration = 10s;
  return options;
}

ForecastReport forecast_of(const ForecastOptions& options,
                           const model::ProjectPlan& plan = project()) {
  auto report = forecast({plan}, options);
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  return report ? *report : ForecastReport{};
}

TEST(Forecast, ADayWithoutTroubleIsAllComplete) {
  const auto report = forecast_of(options());
  EXPECT_THAT(report.violations, IsEmpty());
  EXPECT_TRUE(report.audited);
  ASSERT_EQ(report.boundaries.size(), 1U);
  EXPECT_EQ(report.boundaries[0], (BoundaryForecast{.project = "p/1",
                                                    .name = "inbox",
                                                    .arrivals = 480,
                                                    .duplicates = 0,
                                                    .duplicates_dropped = 0,
                                                    .lots = 24,
                                                    .empty_lots = 0,
                                                    .late = 0,
                                                    .rejected = 0,
                                                    .unlisted = 0}));
  ASSERT_EQ(report.arcs.size(), 2U);
  for (const auto& arc : report.arcs) {
    EXPECT_EQ(arc.complete, 24U) << arc.name;
    EXPECT_EQ(arc.partial + arc.missing + arc.unfinished, 0U) << arc.name;
    EXPECT_EQ(arc.attempts, 24U) << arc.name;
    EXPECT_EQ(arc.retries, 0U) << arc.name;
    EXPECT_EQ(arc.backlog, 1U) << arc.name;
  }
  ASSERT_TRUE(report.arcs[0].lag);
  EXPECT_GE(report.arcs[0].lag->p50, 5) << "half of the duration at least";
  EXPECT_LE(report.arcs[0].lag->most, 20);
  EXPECT_GT(report.arcs[1].lag->p50, report.arcs[0].lag->p50) << "it comes after the first";
}

TEST(Forecast, TheSameSeedGivesTheSameReport) {
  auto asked = options();
  asked.duplicates = 0.05;
  asked.failures = 0.2;
  asked.outage = 2h;
  const auto first = forecast_of(asked);
  EXPECT_EQ(first, forecast_of(asked));
  asked.seed = 2;
  EXPECT_NE(first, forecast_of(asked));
}

TEST(Forecast, WhatAlwaysFailsIsMissingAfterItsAttempts) {
  auto asked = options();
  asked.failures = 1;
  const auto report = forecast_of(asked);
  EXPECT_THAT(report.violations, IsEmpty());
  EXPECT_EQ(report.arcs[0].missing, 24U);
  EXPECT_EQ(report.arcs[0].complete, 0U);
  EXPECT_EQ(report.arcs[0].attempts, 24U * 3);
  EXPECT_EQ(report.arcs[0].failed, 24U * 3);
  EXPECT_EQ(report.arcs[0].retries, 24U * 2);
  EXPECT_FALSE(report.arcs[0].lag);
  EXPECT_EQ(report.arcs[1].attempts, 0U) << "its source never comes";
}

TEST(Forecast, EveryFailureIsARetryOrTheEndOfALot) {
  auto asked = options();
  asked.failures = 0.5;
  const auto report = forecast_of(asked);
  EXPECT_THAT(report.violations, IsEmpty());
  const auto& arc = report.arcs[0];
  EXPECT_GT(arc.retries, 0U);
  EXPECT_GT(arc.missing, 0U);
  EXPECT_EQ(arc.complete + arc.missing, 24U);
  EXPECT_EQ(arc.failed, arc.retries + arc.missing);
  EXPECT_EQ(arc.attempts, 24U + arc.retries);
  EXPECT_EQ(report.arcs[1].complete + report.arcs[1].missing, arc.complete);
}

TEST(Forecast, AnOutageIsALagOfItsLength) {
  auto asked = options();
  asked.outage = 3h;
  const auto report = forecast_of(asked);
  EXPECT_THAT(report.violations, IsEmpty());
  ASSERT_TRUE(report.outage);
  EXPECT_EQ(report.boundaries[0].unlisted, 0U) << "what came meanwhile is found";
  ASSERT_TRUE(report.arcs[0].lag);
  EXPECT_LE(report.arcs[0].lag->p50, 20) << "most lots are not concerned";

  auto by_own_time = project();
  by_own_time.boundaries[0].lot_source = model::LotSource::objectModifiedTime;
  const auto lagging = forecast_of(asked, by_own_time);
  EXPECT_EQ(lagging.arcs[0].complete, 24U);
  // A lot that ended in the first hour of the outage is published after the outage.
  EXPECT_GE(lagging.arcs[0].lag->most, 2 * 3600);
  EXPECT_LE(lagging.arcs[0].lag->most, 3 * 3600 + 60);
}

TEST(Forecast, DuplicatesAreDropped) {
  auto asked = options();
  asked.duplicates = 0.1;
  const auto report = forecast_of(asked);
  EXPECT_THAT(report.violations, IsEmpty());
  EXPECT_EQ(report.boundaries[0].arrivals, 480U);
  EXPECT_EQ(report.boundaries[0].duplicates, 48U);
  EXPECT_EQ(report.boundaries[0].duplicates_dropped, 48U);
}

TEST(Forecast, LateObjectsJoinACollectingLotOrAreRejected) {
  auto asked = options();
  asked.late = 0.1;
  auto plan = project();
  plan.boundaries[0].lot_source = model::LotSource::objectModifiedTime;
  const auto collected = forecast_of(asked, plan);
  EXPECT_GT(collected.boundaries[0].late, 20U);
  EXPECT_EQ(collected.boundaries[0].rejected, 0U);
  plan.boundaries[0].lateness = model::Lateness::reject;
  const auto rejected = forecast_of(asked, plan);
  EXPECT_EQ(rejected.boundaries[0].late, 0U);
  EXPECT_EQ(rejected.boundaries[0].rejected, collected.boundaries[0].late);
  EXPECT_EQ(rejected.boundaries[0].unlisted, 0U);
}

TEST(Forecast, EmptyLotsCostWhatTheirRecordsCost) {
  auto asked = options();
  asked.arrivals = {.count = 4, .per = 24h};
  const auto skipped = forecast_of(asked);
  EXPECT_EQ(skipped.cost.empty_lots, 0U);
  EXPECT_EQ(skipped.cost.of_empty, CallCounts{});
  auto plan = project();
  plan.boundaries[0].empty_lots = model::EmptyLots::publish;
  const auto published = forecast_of(asked, plan);
  EXPECT_GE(published.cost.empty_lots, 19U);
  EXPECT_EQ(published.arcs[0].complete, published.boundaries[0].lots + published.cost.empty_lots);
  EXPECT_EQ(published.arcs[0].attempts, published.boundaries[0].lots) << "no workload is run";
  EXPECT_EQ(published.arcs[0].retries, 0U);
  // A ledger segment, a manifest; of each arc a claim that is taken and committed at least.
  EXPECT_GE(published.cost.of_empty.conditional, published.cost.empty_lots * 6);
  EXPECT_GT(published.cost.of_empty.reads, 0U);
  EXPECT_LT(published.cost.of_empty.all(), published.cost.total.all());
}

TEST(Forecast, AsManyLotsRunAtOnceAsTheArcAllows) {
  auto asked = options();
  asked.duration = 80min;  // an hour brings more than one lane does
  auto plan = project();
  plan.arcs[1].sources[0].second.name = "orders";  // beside the first, not after it
  for (auto& arc : plan.arcs) {
    arc.timeout = 24h;
    arc.lease = 1h;
    arc.concurrency = 4;
  }
  plan.arcs[0].concurrency = 1;
  const auto one = forecast_of(asked, plan);
  EXPECT_EQ(one.lanes, 5U);
  EXPECT_GT(one.arcs[0].backlog, 4U) << "though other lanes are free";
  EXPECT_GT(one.arcs[0].lag->most, 4 * 3600);
  EXPECT_LE(one.arcs[1].lag->most, 2 * 3600);
  plan.arcs[0].concurrency = 4;
  const auto four = forecast_of(asked, plan);
  EXPECT_EQ(four.arcs[0].complete, 24U);
  EXPECT_LE(four.arcs[0].lag->most, 2 * 3600) << "no lot waits";
}

TEST(Forecast, AnArcOfAnotherProjectIsRunToo) {
  auto first = project();
  auto second = project();
  second.project.name = "q";
  second.boundaries.clear();
  second.arcs.erase(second.arcs.begin());
  first.arcs.pop_back();
  const auto report = forecast({first, second}, options());
  ASSERT_TRUE(report);
  EXPECT_THAT(report->notes, IsEmpty());
  ASSERT_EQ(report->arcs.size(), 2U);
  EXPECT_EQ(report->arcs[1].project, "q/1");
  EXPECT_EQ(report->arcs[1].complete, 24U);
  const auto alone = forecast({second}, options());
  ASSERT_FALSE(alone);
  EXPECT_THAT(alone.error().message, HasSubstr("no boundary"));
}

TEST(Forecast, WhatIsTooMuchIsRefusedWithWhatWouldDo) {
  auto asked = options();
  asked.days = 30;
  asked.arrivals = {.count = 100, .per = 1min};
  const auto many = forecast({project()}, asked);
  ASSERT_FALSE(many);
  EXPECT_THAT(many.error().message,
              AllOf(HasSubstr("4320000 arrivals"), HasSubstr("500000"), HasSubstr("3 or less")));
  asked = options();
  asked.outage = 24h;
  EXPECT_FALSE(forecast({project()}, asked));
  asked = options();
  asked.days = 0;
  EXPECT_FALSE(forecast({project()}, asked));
}

TEST(SimQueue, OfAnOrderedArcTheOldestLotAloneIsWaitedFor) {
  const Instant now = instant_of(2026, 1, 1).value();
  const auto first = lot::LotId::at(lot::LotUnit::hours(), now).value();
  SimQueue queue;
  queue.push({"a", first});
  queue.push({"a", first.next()});
  ASSERT_TRUE(queue.take("me", {"a"}, {"a"}, now));
  EXPECT_FALSE(queue.next_due({"a"}, {"a"})) << "it is at work";
  queue.later({"a", first}, now + 5min);
  EXPECT_FALSE(queue.take("me", {"a"}, {"a"}, now)) << "it is in back-off";
  EXPECT_EQ(queue.next_due({"a"}, {"a"}), now + 5min);
  EXPECT_EQ(queue.next_due({"a"}), Instant{}) << "the next one is due";
  EXPECT_EQ(queue.most("a"), 2U);
  EXPECT_EQ(queue.size("a"), 2U);
}

TEST(CallTally, NamesTheLotOfAKey) {
  const auto of = [](const std::string& key) {
    const auto found = keyed_lot(key);
    return std::vector{found.owner, found.lot};
  };
  EXPECT_THAT(of("claims/project=p/version=1/arc=a/lot=L.json"), ElementsAre("p/1 a", "L"));
  EXPECT_THAT(of("members/project=p/version=1/arc=a/L.01HX.jsonl"), ElementsAre("p/1 a", "L"));
  EXPECT_THAT(of("arcs/project=p/version=1/arc=a/lot=L/complete.arc"), ElementsAre("p/1 a", "L"));
  EXPECT_THAT(of("datasets/name=d/version=2/lot=L/state=empty/manifest.json"),
              ElementsAre("d/2", "L"));
  EXPECT_THAT(of("arrivals/project=p/version=1/boundary=b/segment=1.jsonl"), ElementsAre("", ""));
}

}  // namespace
}  // namespace cls::sim
