// SPDX-License-Identifier: Apache-2.0
// The order of an attempt's steps, seen from what stands in the store when one of them fails or
// somebody else acts in between.
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/sweep.h"
#include "flow/test_world.h"
#include "store/faulty_store.h"

namespace cls::flow {
namespace {

using ::testing::ElementsAre;
using testing::lot_id;
using testing::ScriptedWorkload;
using testing::World;
using State = record::ManifestState;
using store::Fault;
using store::Operation;

constexpr const char* lot = "20230101PT5M000";

/// A world whose first lot is closed with one object, and flows whose store does what a test says.
struct ArcFlowOrderTest : ::testing::Test {
  ArcFlowOrderTest() : world(plan()) {
    EXPECT_TRUE(world.boundary()->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  }
  static model::BoundaryPlan plan() {
    auto made = World::default_boundary();
    made.arrival = model::EventArrival::infrequent;
    made.settle = std::chrono::seconds(0);
    return made;
  }
  ArcOutcome run(std::size_t arc) { return world.flow(arc).run(lot_id(lot)).value(); }
  ArcOutcome run_faulty(std::size_t arc) {
    return ArcFlow(ArcServices{.store = faulty,
                               .clock = world.clock,
                               .ids = world.ids,
                               .events = world.events,
                               .owners = world.probe,
                               .held = world.held,
                               .leases = world.leases,
                               .sources = sources,
                               .self = world.self,
                               .log = world.out,
                               .workload = [this](const auto&) -> Workload& { return workload; }},
                   world.deployment->arcs().at(arc), {})
        .run(lot_id(lot))
        .value();
  }
  /// Makes the first arc's claim look as if its source had another revision.
  void forget_source() {
    auto stored = world.claim(lot);
    record::Claim claim = stored->claim;
    claim.sources.at("main").revision = "older";
    ASSERT_TRUE(write_claim(world.store, stored->uri, claim, stored->etag)->has_value());
  }
  /// The first arc commits another revision.
  void revise() {
    forget_source();
    world.workload.script = [](const WorkloadContext& context) -> RunOutcome {
      auto done = std::get<Completed>(ScriptedWorkload::copy_all(context));
      record::MemberLine line = done.sinks[0].members[0];
      line.uri = "s3://b/out/revised";
      done.sinks[0].members.set(0, line);
      return done;
    };
    EXPECT_TRUE(std::holds_alternative<Ended>(run(0)));
  }

  World world;
  store::FaultyStore faulty{world.store};
  SourceReader sources{faulty, *world.deployment, *world.logs};
  ScriptedWorkload workload;  ///< of the faulty flows
};

TEST_F(ArcFlowOrderTest, NothingIsCommittedWhoseMembersAreNotStored) {
  faulty.set_plan([](Operation, const Uri& uri) {
    Fault fault;
    if (uri.key.starts_with("members/")) fault.when = Fault::When::BeforeEffect;
    return fault;
  });
  EXPECT_TRUE(std::holds_alternative<RetryLater>(run_faulty(0)));
  EXPECT_TRUE(world.claim(lot)->claim.sinks.empty());
  EXPECT_FALSE(world.manifest("out", lot, State::complete));
}

TEST_F(ArcFlowOrderTest, ASourceRevisedWhileItsLotIsClaimedIsReadAgainBeforeTheLotRuns) {
  run(0);
  faulty.set_plan([this, revised = false](Operation operation, const Uri& uri) mutable {
    Fault fault;
    const bool claims = operation == Operation::PutIfAbsent && !revised &&
                        uri == claim_uri(world.deployment->arcs()[1], lot_id(lot));
    if (!claims) return fault;
    revised = true;
    fault.before_effect = [this] { revise(); };
    return fault;
  });
  EXPECT_TRUE(std::holds_alternative<Ended>(run_faulty(1)));
  EXPECT_EQ(workload.runs, 1);
  EXPECT_THAT(world.uris("last", lot, State::complete), ElementsAre("s3://b/last/revised"));
}

TEST_F(ArcFlowOrderTest, TheManifestOfAnEmptyLotStaysWhenTheLotBecomesComplete) {
  world.workload.script = [](const WorkloadContext&) -> RunOutcome {
    Completed done;
    done.sinks.push_back({.role = "main", .state = State::empty, .members = {}, .comment = {}});
    return done;
  };
  run(0);
  const auto first = world.claim(lot)->claim.attempt;
  revise();
  EXPECT_THAT(world.uris("out", lot, State::complete), ElementsAre("s3://b/out/revised"));
  EXPECT_TRUE(world.manifest("out", lot, State::empty)) << "no manifest key is ever deleted";
  EXPECT_TRUE(world.store.head(
      world.project().places.manifest({"out", "1"}, lot_id(lot), State::removed, first)));
}

/// All of its sinks are published already: what is lacking is the state of the arc alone.
TEST_F(ArcFlowOrderTest, ACommitOfTheSameContentIsFoundWhoseOwnerDiedBeforeItsStateWasThere) {
  run(0);
  const Uri state =
      world.project().places.arc_state({"p", "1"}, "a", lot_id(lot), record::ArcState::complete);
  // As a lot leaves it that was to be replayed before its state was there.
  ASSERT_TRUE(world.store.remove(state));
  forget_source();
  faulty.set_plan([](Operation, const Uri& uri) {
    Fault fault;
    if (uri.key.starts_with("arcs/")) {
      fault.before_effect = [] { throw std::runtime_error("its owner dies"); };
    }
    return fault;
  });
  EXPECT_THROW(run_faulty(0), std::runtime_error);
  EXPECT_EQ(world.claim(lot)->claim.state, record::ClaimState::committed);
  EXPECT_FALSE(world.store.head(state));
  const auto& arc = world.deployment->arcs()[0];
  EXPECT_TRUE(
      sweep_arc(world.store, *world.deployment, *world.logs, arc, {}).value().broken.empty());
  EXPECT_TRUE(world.store.head(state));
  EXPECT_TRUE(world.claim(lot)->claim.sinks.at("main").published);
}

/// Whoever wrote it so: nobody knows that its owner is dead.
TEST_F(ArcFlowOrderTest, ARunningClaimThatNamesNoOwnerIsTakenAfterALeaseOnly) {
  record::Claim claim;
  claim.project = "p";
  claim.projectVersion = "1";
  claim.arc = "a";
  claim.lot = lot;
  claim.leaseSec = 60;
  world.probe.verdict = OwnerProbe::Verdict::Unknown;
  const Uri uri = claim_uri(world.deployment->arcs()[0], lot_id(lot));
  ASSERT_TRUE(write_claim(world.store, uri, claim, std::nullopt)->has_value());
  EXPECT_TRUE(std::holds_alternative<Busy>(run(0)));
  world.clock.advance(std::chrono::seconds(59));
  EXPECT_TRUE(std::holds_alternative<Busy>(run(0)));
  world.clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(std::holds_alternative<Ended>(run(0)));
  EXPECT_EQ(world.claim(lot)->claim.lostAttempts, 1U);
}

}  // namespace
}  // namespace cls::flow
