// SPDX-License-Identifier: Apache-2.0
#include "local/metrics.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "local/health.h"

namespace cls::local {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const lot::LotId lot = lot::LotId::parse("20230101PT5M000").value();

/// One arc `a"b` and one boundary.
class MetricsTest : public ::testing::Test {
 protected:
  MetricsTest() { metrics_.serve(deployment_); }

  static std::vector<std::unique_ptr<const flow::Deployed>> projects() {
    model::ProjectPlan plan;
    plan.placement.provider = "local";
    plan.project = {.name = "p", .version = "1"};
    plan.arcs.emplace_back().name = "a\"b\\\n";
    plan.boundaries.emplace_back().name = "b";
    std::vector<std::unique_ptr<const flow::Deployed>> list;
    list.push_back(std::make_unique<const flow::Deployed>(std::move(plan)));
    return list;
  }
  std::string key() const { return "local||||p/1|a\"b\\\n"; }
  std::string text() { return metrics_.text(clock_, "1.2"); }
  void run(milliseconds took, const Result<flow::ArcOutcome>& outcome) {
    Metrics::Look look(metrics_, key(), lot, clock_);
    clock_.advance(took);
    look.ended(outcome);
  }

  ManualClock clock_{Instant(std::chrono::hours(500'000))};
  flow::Deployment deployment_{projects()};
  Metrics metrics_;
};

const std::string labels = R"({placement="local",project="p",version="1",arc="a\"b\\\n")";

TEST_F(MetricsTest, LabelsAreEscaped) {
  EXPECT_THAT(text(), HasSubstr("cls_arc_dead_letters" + labels + "} 0\n"));
}

TEST_F(MetricsTest, ALotIsInOneStateAfterAnother) {
  run(milliseconds(100), flow::ArcOutcome(flow::RetryLater{seconds(1)}));
  EXPECT_THAT(text(), HasSubstr("cls_arc_lots" + labels + ",state=\"retrying\"} 1\n"));
  {
    const Metrics::Look look(metrics_, key(), lot, clock_);
    clock_.advance(seconds(7));
    EXPECT_THAT(text(), HasSubstr("cls_arc_lots" + labels + ",state=\"running\"} 1\n"));
    EXPECT_THAT(text(), HasSubstr("cls_arc_lots" + labels + ",state=\"retrying\"} 0\n"));
    EXPECT_THAT(text(), HasSubstr("cls_arc_oldest_running_seconds" + labels + "} 7\n"));
  }
  run(seconds(2), flow::ArcOutcome(flow::Ended{record::ClaimResult::missing}));
  EXPECT_THAT(text(), HasSubstr("cls_arc_dead_letters" + labels + "} 1\n"));
  run(seconds(4000), flow::ArcOutcome(flow::Ended{record::ClaimResult::complete}));
  const auto found = text();
  EXPECT_THAT(found, HasSubstr("cls_arc_dead_letters" + labels + "} 0\n"));
  EXPECT_THAT(found, HasSubstr("cls_arc_lots" + labels + ",state=\"complete\"} 1\n"));
  EXPECT_THAT(found, HasSubstr("cls_arc_attempts_total" + labels + ",result=\"missing\"} 1\n"));
  EXPECT_THAT(found, HasSubstr("_bucket" + labels + ",le=\"0.05\"} 0\n"));
  EXPECT_THAT(found, HasSubstr("_bucket" + labels + ",le=\"0.1\"} 1\n"));
  EXPECT_THAT(found, HasSubstr("_bucket" + labels + ",le=\"3600\"} 2\n"));
  EXPECT_THAT(found, HasSubstr("_bucket" + labels + ",le=\"+Inf\"} 3\n"));
}

TEST_F(MetricsTest, WhatIsNoAttemptCountsAsNone) {
  run(seconds(1), flow::ArcOutcome(flow::Idle::UpToDate));
  run(seconds(1), flow::ArcOutcome(flow::Busy{seconds(1)}));
  EXPECT_THAT(text(), HasSubstr("_count" + labels + "} 0\n"));
  EXPECT_THAT(text(), HasSubstr("cls_arc_lots" + labels + ",state=\"running\"} 1\n"));
  run(seconds(1), fail(FailureCode::Unavailable, "no"));
  EXPECT_THAT(text(), HasSubstr("cls_arc_record_failures_total" + labels + "} 1\n"));
}

TEST_F(MetricsTest, AQueueThatFailsIsShownAsItWas) {
  metrics_.read_queue_by([&] {
    return std::map<std::string, QueueCounts>{{key(), {.waiting = 5, .taken = 2, .due = 3}}};
  });
  EXPECT_THAT(text(), HasSubstr("cls_arc_queue_due" + labels + "} 3\n"));
  metrics_.read_queue_by(
      []() -> std::map<std::string, QueueCounts> { throw Error("database is locked"); });
  clock_.advance(seconds(10));
  EXPECT_THAT(text(), HasSubstr("cls_arc_queue_waiting" + labels + "} 5\n"));
}

TEST_F(MetricsTest, CountersOutliveAnEngineAndWhatIsGoneIsNotShown) {
  run(seconds(1), flow::ArcOutcome(flow::Lost{}));
  metrics_.serve(deployment_);
  EXPECT_THAT(text(), HasSubstr("result=\"lost\"} 1\n"));
  metrics_.serve(flow::Deployment({}));
  EXPECT_THAT(text(), Not(HasSubstr("project=\"p\"")));
}

TEST_F(MetricsTest, AnotherEngineThatLooksAtARunningLotHidesNothing) {
  const Metrics::Look former(metrics_, key(), lot, clock_);
  clock_.advance(seconds(5));
  {
    Metrics::Look look(metrics_, key(), lot, clock_);
    EXPECT_THAT(text(), HasSubstr("cls_arc_lots" + labels + ",state=\"running\"} 1\n"));
    look.ended(flow::ArcOutcome(flow::Idle::NotReady));
  }
  EXPECT_THAT(text(), HasSubstr("cls_arc_lots" + labels + ",state=\"running\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("cls_arc_oldest_running_seconds" + labels + "} 5\n"));
}

TEST_F(MetricsTest, WhatStillRunsOfAFormerDeploymentIsShownUntilItEnds) {
  {
    const Metrics::Look look(metrics_, key(), lot, clock_);
    metrics_.serve(flow::Deployment({}));
    EXPECT_THAT(text(), HasSubstr("cls_arc_lots" + labels + ",state=\"running\"} 1\n"));
  }
  EXPECT_THAT(text(), Not(HasSubstr("project=\"p\"")));
}

TEST_F(MetricsTest, TheLagIsThatOfTheOldestOpenLot) {
  Metrics::BoundaryNow now{.takes_in = true,
                           .closed_lots = 3,
                           .open_lots = 1,
                           .counts = {},
                           .last_closed_end = clock_.now() - seconds(400),
                           .oldest_open_end = clock_.now() - seconds(100)};
  const auto ref = deployment_.boundaries().front();
  metrics_.boundary(ref, now);
  EXPECT_THAT(text(), HasSubstr("cls_boundary_lag_seconds"
                                "{placement=\"local\",project=\"p\",version=\"1\",boundary=\"b\"} "
                                "100\n"));
  EXPECT_THAT(text(), HasSubstr("boundary=\"b\"} 400\n"));
  EXPECT_THAT(text(), Not(HasSubstr("cls_boundary_last_scan_timestamp_seconds{")));
  now.oldest_open_end = clock_.now() + seconds(1);
  metrics_.boundary(ref, now);
  EXPECT_THAT(text(), HasSubstr("cls_boundary_lag_seconds{placement=\"local\",project=\"p\","
                                "version=\"1\",boundary=\"b\"} 0\n"));
}

TEST(Health, IsWellWhileTheLoopTurnsInItsTime) {
  Health health;
  EXPECT_THAT(health.reasons(seconds(0)), ElementsAre("not everything is started yet"));
  health.ready();
  health.beat(seconds(10));
  health.expect(seconds(30));
  EXPECT_THAT(health.reasons(seconds(99)), IsEmpty());
  EXPECT_THAT(health.reasons(seconds(101)), ElementsAre("the serve loop has not turned for 91 s"));
  health.beat(seconds(101));
  EXPECT_THAT(health.reasons(seconds(102)), IsEmpty());
}

TEST(Health, SaysWhatDidNotAnswerUntilItDoes) {
  Health health;
  health.ready();
  health.trouble("p/1 inbox", {FailureCode::NoSpace, "no room"});
  health.trouble("p/1 copy", {FailureCode::Invalid, "damaged: set aside"});
  EXPECT_THAT(health.reasons(seconds(1)), ElementsAre("p/1 inbox: no room"));
  health.well("p/1 inbox");
  EXPECT_THAT(health.reasons(seconds(1)), IsEmpty());
}

TEST(Health, TellsItsListenerOfReadyAndBeats) {
  Health health;
  std::string told;
  health.listen([&](Health::Event event) { told += event == Health::Event::Ready ? 'r' : 'b'; });
  health.ready();
  health.beat(seconds(1));
  for (int i = 0; i < 1000; ++i) health.beat(seconds(1) + std::chrono::microseconds(i));
  health.expect(seconds(60));
  health.beat(seconds(1) + milliseconds(2));
  EXPECT_EQ(told, "rbb") << "of a million files looked at not each is told";
}

}  // namespace
}  // namespace cls::local
