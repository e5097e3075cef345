// SPDX-License-Identifier: Apache-2.0
#include "operate/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/test_world.h"
#include "record/subscription.h"
#include "store/faulty_store.h"

namespace cls::operate {
namespace {

using flow::testing::lot_id;
using flow::testing::World;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* first_lot = "20230101PT5M000";

/// A deployed pipeline b → in → a → out → second → last, with what a test lets happen.
struct StatusTest : ::testing::Test {
  StatusTest() : world(plan()) {
    boundary = world.boundary();
    subscribe(places().boundary_subscription(id(), "b"));
    subscribe(places().arc_subscription(id(), "a"));
    subscribe(places().arc_subscription(id(), "second"));
  }
  static model::BoundaryPlan plan() {
    auto made = World::default_boundary();
    made.arrival = model::EventArrival::infrequent;
    made.settle = seconds(0);
    return made;
  }
  const record::Places& places() const { return world.project().places; }
  const model::ProjectId& id() const { return world.project().plan.project; }

  void put(const Uri& uri, const std::string& bytes) { ASSERT_TRUE(world.store.put(uri, bytes)); }
  void subscribe(const Uri& uri, bool enabled = true,
                 const std::optional<std::string>& since = "1970-01-01T00:00:00.000000000Z") {
    put(uri, json::write_record(record::Subscription{
                 .version = 1, .enabled = enabled, .since = since, .history = {}}));
  }
  /// An object below the boundary's path, which the boundary takes.
  void arrive(const std::string& key, const std::string& bytes) {
    put({"s3", "b", "in/" + key}, bytes);
    ASSERT_TRUE(boundary->take({world.arrival(key, format_instant(world.clock.now()), bytes)}));
  }
  void run(std::size_t arc = 0, const std::string& lot = first_lot) {
    ASSERT_TRUE(world.flow(arc).run(lot_id(lot)));
  }
  StatusReport look(const ReportFilter& filter = {}) { return look_at(world.store, filter); }
  StatusReport look_at(store::ObjectStore& store, const ReportFilter& filter = {}) {
    // Its own ledgers: a status knows what is stored, not what this process has in memory.
    flow::LedgerLogs logs(store);
    auto report = status({.store = store,
                          .deployment = *world.deployment,
                          .logs = logs,
                          .now = world.clock.now(),
                          .home = "/h",
                          .queued = queued},
                         filter);
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report.value_or(StatusReport{});
  }
  ArcStatus arc(const std::string& name) {
    for (auto& arc : look().arcs) {
      if (arc.name == name) return arc;
    }
    ADD_FAILURE() << name;
    return {};
  }
  DatasetStatus dataset(const std::string& name) {
    for (auto& dataset : look().datasets) {
      if (dataset.dataset.name == name) return dataset;
    }
    ADD_FAILURE() << name;
    return {};
  }
  World world;
  std::unique_ptr<flow::Boundary> boundary;
  std::function<std::uint64_t(const flow::ArcRef&)> queued;
};

TEST_F(StatusTest, OfAFreshDeploymentIsZeros) {
  const auto report = look();
  EXPECT_EQ(report.home, "/h");
  EXPECT_EQ(report.at, "2023-01-01T00:02:00.000000000Z");
  ASSERT_THAT(report.boundaries, SizeIs(1));
  EXPECT_EQ(report.boundaries[0],
            (BoundaryStatus{
                .placement = places().placement(), .project = id(), .name = "b", .enabled = true}));
  ASSERT_THAT(report.arcs, SizeIs(2));
  EXPECT_EQ(report.arcs[0],
            (ArcStatus{
                .placement = places().placement(), .project = id(), .name = "a", .enabled = true}));
  ASSERT_THAT(report.datasets, SizeIs(3));
  EXPECT_EQ(report.datasets[0],
            (DatasetStatus{.placement = places().placement(), .dataset = {"in", "1"}}));
  EXPECT_THAT(report.problems, IsEmpty());
}

TEST_F(StatusTest, ABoundaryShowsWhatItsLedgerSaysAndWhatIsNotReadYet) {
  arrive("x", "x");
  world.clock.advance(seconds(1));
  arrive("late", "yy");  // its lot is closed: it waits in the next one
  put({"s3", "b", "in/new"}, "n");
  put({"s3", "b", "in/.hidden"}, "n");
  put({"s3", "b", "in/half.part"}, "n");
  put({"s3", "b", "other/new"}, "n");
  const auto report = look();
  const auto& status = report.boundaries.at(0);
  EXPECT_EQ(status.openLots, 1U);
  EXPECT_EQ(status.lastArrival, "2023-01-01T00:02:01.000000000Z");
  EXPECT_EQ(status.lastLot, first_lot);
  EXPECT_EQ(status.late, 1U);
  EXPECT_EQ(status.rejected, 0U);
  EXPECT_EQ(status.unread, 1U);
  EXPECT_EQ(report.datasets.at(0).members, 1U) << "of closed lots alone";
  EXPECT_EQ(report.datasets.at(0).bytes, 1U);
}

TEST_F(StatusTest, ALotGoesFromWaitingToCompleteAndWakesTheNextArc) {
  arrive("x", "x");
  world.clock.advance(seconds(30));
  EXPECT_EQ(arc("a").waiting, 1U);
  EXPECT_EQ(arc("a").lagSec, 30);
  EXPECT_EQ(arc("second").waiting, 0U);
  run(0);
  world.clock.advance(seconds(7));
  EXPECT_EQ(arc("a").waiting, 0U);
  EXPECT_EQ(arc("a").complete, 1U);
  EXPECT_EQ(arc("a").lagSec, 0);
  EXPECT_EQ(arc("second").waiting, 1U);
  EXPECT_EQ(arc("second").lagSec, 7) << "since the first commit of its source";
  run(1);
  EXPECT_EQ(arc("second").complete, 1U);
  EXPECT_EQ(arc("second").waiting, 0U);
  EXPECT_EQ(dataset("out"), (DatasetStatus{.placement = places().placement(),
                                           .dataset = {"out", "1"},
                                           .lastLot = first_lot,
                                           .complete = 1,
                                           .members = 1,
                                           .bytes = 1}));
}

TEST_F(StatusTest, ARunningLotShowsSinceWhen) {
  arrive("x", "x");
  world.clock.advance(seconds(10));
  ArcStatus seen;
  world.workload.script = [&](const flow::WorkloadContext& context) {
    world.clock.advance(seconds(5));
    seen = arc("a");
    return flow::testing::ScriptedWorkload::copy_all(context);
  };
  run();
  EXPECT_EQ(seen.running, 1U);
  EXPECT_EQ(seen.waiting, 0U);
  EXPECT_EQ(seen.oldestRunning, "2023-01-01T00:02:10.000000000Z");
  EXPECT_EQ(seen.lagSec, 15) << "since the lot was ready";
}

TEST_F(StatusTest, AFailingLotIsRetryingAndThenMissingWithAHint) {
  arrive("x", "x");
  world.workload.script = [](const flow::WorkloadContext&) {
    return flow::Failed{.code = "Exit", .message = "exit code 1", .partial = {}};
  };
  run();
  EXPECT_EQ(arc("a").retrying, 1U);
  EXPECT_THAT(look().problems, IsEmpty()) << "it is tried again";
  for (int i = 0; i < 3; ++i) run();
  const auto report = look();
  EXPECT_EQ(report.arcs.at(0).missing, 1U);
  EXPECT_EQ(report.arcs.at(0).lagSec, 0);
  EXPECT_THAT(report.problems, ElementsAre(StatusProblem{.subject = "p/1 a",
                                                         .lot = first_lot,
                                                         .message = "ended missing: exit code 1",
                                                         .hint = "cls retry a 20230101PT5M000"}));
}

TEST_F(StatusTest, OnlyItsOwnLotsWaitForAnArcAndNoneForADisabledOne) {
  arrive("x", "x");  // closed, and so ready, at 00:02:00
  const auto subscription = places().arc_subscription(id(), "a");
  subscribe(subscription, true, "2023-01-01T00:02:01.000000000Z");
  EXPECT_EQ(arc("a").waiting, 0U);
  subscribe(subscription, true, "2023-01-01T00:02:00.000000000Z");
  EXPECT_EQ(arc("a").waiting, 1U);
  subscribe(subscription, false);
  EXPECT_EQ(arc("a").waiting, 0U);
  EXPECT_FALSE(arc("a").enabled);
  world.clock.advance(seconds(1));
  subscribe(subscription, true, std::nullopt);
  EXPECT_EQ(arc("a").waiting, 0U) << "a null since is the store's time of the record";
}

TEST_F(StatusTest, WithoutASubscriptionItIsNotEnabledAndSaysSo) {
  ASSERT_TRUE(world.store.remove(places().arc_subscription(id(), "a")));
  const auto report = look();
  EXPECT_FALSE(report.arcs.at(0).enabled);
  EXPECT_THAT(report.problems, ElementsAre(StatusProblem{.subject = "p/1 a",
                                                         .lot = std::nullopt,
                                                         .message = "it has no subscription",
                                                         .hint = "cls deploy its project again"}));
}

TEST_F(StatusTest, WritesNothing) {
  arrive("x", "x");
  subscribe(places().arc_subscription(id(), "second"), true, std::nullopt);
  run();
  // A commit that is not published yet stays so: the sweep's work, not the status's.
  auto stored = world.claim(first_lot);
  stored->claim.sinks.at("main").published = false;
  ASSERT_TRUE(
      flow::write_claim(world.store, stored->uri, stored->claim, stored->etag)->has_value());
  const Uri manifest = Uri::parse(stored->claim.sinks.at("main").manifest).value();
  ASSERT_TRUE(world.store.remove(manifest));
  store::FaultyStore counted(world.store);
  look_at(counted);
  EXPECT_GT(counted.calls(store::Operation::Get), 0U);
  using store::Operation;
  for (const auto write :
       {Operation::Put, Operation::PutIfAbsent, Operation::ReplaceIf, Operation::DeleteIf,
        Operation::Remove, Operation::CopyIfAbsent, Operation::CopyIf}) {
    EXPECT_EQ(counted.calls(write), 0U) << static_cast<int>(write);
  }
}

TEST_F(StatusTest, ABrokenRecordIsAProblemAndTheRestIsStillShown) {
  arrive("x", "x");
  run();
  const Uri claim = places().claim(id(), "second", lot_id(first_lot));
  put(claim, "{\"state\":");
  const auto members = world.claim(first_lot)->claim.sinks.at("main").members;
  put({"s3", record::store_name(places().placement(), record::StoreKind::ArcState), members},
      "no members\n");
  const auto report = look();
  EXPECT_EQ(report.arcs.at(0).complete, 1U);
  EXPECT_EQ(report.arcs.at(1).waiting, 0U);
  ASSERT_THAT(report.problems, SizeIs(2));
  EXPECT_THAT(report.problems[0].subject, HasSubstr(members));
  EXPECT_EQ(report.problems[0].lot, first_lot);
  EXPECT_THAT(report.problems[0].message, HasSubstr("line 1"));
  EXPECT_EQ(report.problems[1].subject, claim.to_string());
}

TEST_F(StatusTest, ABrokenLedgerIsAProblemOfItsBoundary) {
  arrive("x", "x");
  put(places().segment(id(), "b", 1), "not a segment\n");
  const auto report = look();
  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_EQ(report.problems[0].subject, "p/1 b");
  EXPECT_THAT(report.problems[0].message, HasSubstr("segment=000000000001.jsonl"));
}

TEST_F(StatusTest, APathThatMayNotBeListedIsAProblemOfItsBoundary) {
  arrive("x", "x");
  store::FaultyStore faulty(world.store, [](store::Operation operation, const Uri& uri) {
    store::Fault fault{.code = FailureCode::Denied, .message = "no permission"};
    if (operation == store::Operation::List && uri.bucket == "b") {
      fault.when = store::Fault::When::BeforeEffect;
    }
    return fault;
  });
  const auto report = look_at(faulty);
  EXPECT_EQ(report.boundaries.at(0).lastLot, first_lot);
  EXPECT_EQ(report.datasets.at(0).members, 1U);
  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_EQ(report.problems[0].subject, "p/1 b");
  EXPECT_EQ(report.problems[0].message, "its path cannot be listed: s3://b/in/: no permission");
}

TEST_F(StatusTest, AtMostAHundredProblemsAreNamedAndTheRestIsCounted) {
  for (int i = 0; i < 150; ++i) {
    put(places().arc_state(id(), "a", lot_id(first_lot).plus(i), record::ArcState::missing), "");
  }
  const auto report = look();
  EXPECT_EQ(report.arcs.at(0).missing, 150U);
  ASSERT_THAT(report.problems, SizeIs(101));
  EXPECT_EQ(report.problems[0].message, "ended missing, says its arc state; it has no claim");
  EXPECT_EQ(report.problems[100].message, "and 50 more");
}

TEST_F(StatusTest, MembersBesideTheirWantedKeyAreCounted) {
  arrive("x", "x");
  world.workload.script = [](const flow::WorkloadContext& context) -> flow::RunOutcome {
    auto done = std::get<flow::Completed>(flow::testing::ScriptedWorkload::copy_all(context));
    record::MemberLine line = done.sinks[0].members[0];
    line.wanted = "out/x";
    line.uri = "s3://b/out/x~L~A";
    done.sinks[0].members.set(0, line);
    return done;
  };
  run();
  const auto report = look();
  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_EQ(report.problems[0].subject, "p/1 a");
  EXPECT_THAT(report.problems[0].message, HasSubstr("sink main: 1 members lie beside"));
  EXPECT_EQ(dataset("out").members, 1U);
}

TEST_F(StatusTest, WhatVanishedIsNoMember) {
  arrive("x", "x");
  world.workload.script = [](const flow::WorkloadContext& context) -> flow::RunOutcome {
    auto done = std::get<flow::Completed>(flow::testing::ScriptedWorkload::copy_all(context));
    record::MemberLine gone = done.sinks[0].members[0];
    gone.uri += "-gone";
    gone.vanished = "nothing";
    done.sinks[0].members.push_back(gone);
    return done;
  };
  run();
  ASSERT_EQ(arc("a").complete, 1U);
  EXPECT_EQ(dataset("out").members, 1U);
  EXPECT_EQ(dataset("out").bytes, 1U);
}

TEST_F(StatusTest, LotsWithoutALedgerOrClaimCountTheirManifestsMembers) {
  const auto lot = lot_id("20221231PT5M000");
  const Uri uri = places().manifest({"in", "1"}, lot, record::ManifestState::complete);
  put(uri, record::write_manifest({.state = record::ManifestState::complete,
                                   .comment = {},
                                   .lotId = lot.to_string(),
                                   .uriType = record::UriType::identifier,
                                   .uris = {"s3://b/in/1", "s3://b/in/2"}}));
  put(places().manifest({"out", "1"}, lot, record::ManifestState::empty), "{}");
  arrive("x", "x");
  EXPECT_EQ(dataset("in").members, 3U);
  EXPECT_EQ(dataset("in").bytes, 1U);
  EXPECT_EQ(dataset("in").complete, 2U);
  EXPECT_EQ(dataset("out").empty, 1U);
  EXPECT_EQ(dataset("out").lastLot, "20221231PT5M000");
}

TEST_F(StatusTest, TheFilterChoosesWhatIsShownAndWhichLotsCount) {
  arrive("x", "x");
  run();
  queued = [](const flow::ArcRef& ref) { return ref.arc->name == "second" ? 3U : 0U; };
  const auto report = look({.names = {"second", "last"}});
  EXPECT_THAT(report.boundaries, IsEmpty());
  ASSERT_THAT(report.arcs, SizeIs(1));
  EXPECT_EQ(report.arcs[0].waiting, 1U) << "its source's arc is read all the same";
  EXPECT_EQ(report.arcs[0].queued, 3U);
  ASSERT_THAT(report.datasets, SizeIs(1));
  EXPECT_EQ(report.datasets[0].dataset.name, "last");
  EXPECT_THAT(look({.projects = {"p:2"}}).arcs, IsEmpty());
  ReportFilter later;
  later.earliest = lot::Moment::parse("2023-01-02", world.clock.now()).value();
  EXPECT_EQ(look(later).arcs.at(0).complete, 0U);
  EXPECT_EQ(look(later).datasets.at(0).members, 0U);
}

TEST_F(StatusTest, AStoreThatDoesNotAnswerIsAFailure) {
  arrive("x", "x");
  run();
  for (const auto broken : {store::Operation::Get, store::Operation::List}) {
    store::FaultyStore faulty(world.store, [&](store::Operation operation, const Uri&) {
      store::Fault fault;
      if (operation == broken) fault.when = store::Fault::When::BeforeEffect;
      return fault;
    });
    flow::LedgerLogs logs(faulty);
    EXPECT_FALSE(status({.store = faulty,
                         .deployment = *world.deployment,
                         .logs = logs,
                         .now = world.clock.now(),
                         .home = "/h",
                         .queued = {}},
                        {}));
  }
}

TEST_F(StatusTest, CostsTheSameListingsForManyLots) {
  for (int i = 0; i < 20; ++i) {
    arrive("x" + std::to_string(i), "x");
    world.clock.advance(seconds(300));
    ASSERT_TRUE(boundary->tick(flow::Boundary::Quiet::Assumed));
    run(0, lot_id(first_lot).plus(i).to_string());
  }
  store::FaultyStore counted(world.store);
  const auto report = look_at(counted);
  EXPECT_EQ(report.arcs.at(0).complete, 20U);
  EXPECT_EQ(report.datasets.at(2).members, 20U);
  // The data once, claims and states of two arcs, manifests of three datasets.
  EXPECT_EQ(counted.calls(store::Operation::List), 8U);
  EXPECT_EQ(counted.calls(store::Operation::GetPieces), 0U);
  EXPECT_EQ(counted.calls(store::Operation::PutIfAbsent), 0U);
}

}  // namespace
}  // namespace cls::operate
