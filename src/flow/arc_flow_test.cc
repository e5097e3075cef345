// SPDX-License-Identifier: Apache-2.0
#include "flow/arc_flow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/publisher.h"
#include "flow/test_world.h"
#include "store/faulty_store.h"

namespace cls::flow {
namespace {

using testing::at;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::lot_id;
using testing::ScriptedWorkload;
using testing::World;
using State = record::ManifestState;

constexpr const char* lot = "20230101PT5M000";

/// A world whose first lot is closed with one object.
struct ArcFlowTest : ::testing::Test {
  ArcFlowTest() : world(plan()) {
    boundary = world.boundary();
    EXPECT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  }
  static model::BoundaryPlan plan() {
    auto made = World::default_boundary();
    made.arrival = model::EventArrival::infrequent;
    made.settle = std::chrono::seconds(0);
    return made;
  }
  template <class T>
  T run(std::size_t arc = 0, SubscriptionView subscription = {}) {
    auto outcome = world.flow(arc, subscription).run(lot_id(lot));
    EXPECT_TRUE(outcome) << (outcome ? "" : outcome.error().message);
    EXPECT_TRUE(outcome && std::holds_alternative<T>(*outcome));
    return std::get<T>(*outcome);
  }
  World world;
  std::unique_ptr<Boundary> boundary;
};

TEST_F(ArcFlowTest, CommitsAndPublishesALot) {
  EXPECT_EQ(run<Ended>().result, record::ClaimResult::complete);
  EXPECT_THAT(world.uris("out", lot, State::complete), ElementsAre("s3://b/out/x"));
  const auto claim = world.claim(lot)->claim;
  EXPECT_EQ(claim.state, record::ClaimState::committed);
  EXPECT_EQ(claim.epoch, 1U);
  EXPECT_TRUE(claim.sinks.at("main").published);
  EXPECT_EQ(claim.sinks.at("main").number, 1U);
  EXPECT_FALSE(claim.owner);
  EXPECT_THAT(world.events.seen, ElementsAre("in 20230101PT5M000", "out 20230101PT5M000"));
  EXPECT_TRUE(world.store.head(
      world.project().places.arc_state({"p", "1"}, "a", lot_id(lot), record::ArcState::complete)));
}

TEST_F(ArcFlowTest, NoPrivateManifestStays) {
  run<Ended>();
  const auto claim = world.claim(lot)->claim;
  EXPECT_FALSE(world.store.head(world.project().places.private_manifest(
      {"p", "1"}, "a", claim.attempt, {"out", "1"}, lot_id(lot), State::complete)));
}

TEST_F(ArcFlowTest, B4_ASecondEventForTheSameRevisionRunsNothing) {
  run<Ended>();
  EXPECT_EQ(run<Idle>(), Idle::UpToDate);
  EXPECT_EQ(world.workload.runs, 1);
}

TEST_F(ArcFlowTest, TheNextArcReadsWhatTheFirstCommitted) {
  run<Ended>(0);
  run<Ended>(1);
  EXPECT_THAT(world.uris("last", lot, State::complete), ElementsAre("s3://b/last/x"));
}

TEST_F(ArcFlowTest, NothingRunsBeforeTheSourceIsPublished) {
  EXPECT_EQ(run<Idle>(1), Idle::NotReady);
  EXPECT_FALSE(world.claim(lot, 1));
}

TEST_F(ArcFlowTest, ALotThatWasReadyBeforeTheSubscriptionIsNotItsOwn) {
  EXPECT_EQ(run<Idle>(0, {.enabled = true, .since = at("2023-01-01T00:02:01Z")}), Idle::NotOwn);
  EXPECT_EQ(run<Ended>(0, {.enabled = true, .since = at("2023-01-01T00:02:00Z")}).result,
            record::ClaimResult::complete);
}

TEST_F(ArcFlowTest, B5_AFailedAttemptIsTriedAgainAndThenEndsMissing) {
  world.workload.script = [](const WorkloadContext&) {
    return Failed{.code = "Exit", .message = "exit code 1", .partial = {}};
  };
  for (int i = 0; i < 3; ++i) EXPECT_GE(run<RetryLater>().after.count(), 1);
  EXPECT_EQ(run<Ended>().result, record::ClaimResult::missing);
  const auto claim = world.claim(lot)->claim;
  EXPECT_EQ(claim.state, record::ClaimState::ended);
  EXPECT_EQ(claim.attempts, 4U);
  EXPECT_EQ(claim.error->message, "exit code 1");
  EXPECT_EQ(claim.epoch, 4U);
  EXPECT_FALSE(world.manifest("out", lot, State::complete));
}

TEST_F(ArcFlowTest, RetryStartsBothCountsAnew) {
  world.workload.script = [](const WorkloadContext&) {
    return Failed{
        .code = "Exit", .message = "no", .partial = {}, .tolerated = false, .retryable = false};
  };
  EXPECT_EQ(run<Ended>().result, record::ClaimResult::missing);
  EXPECT_EQ(run<Idle>(), Idle::UpToDate) << "an ended lot is left alone";
  EXPECT_TRUE(retry_lot(world.store, claim_uri(world.deployment->arcs()[0], lot_id(lot))).value());
  world.workload.script = nullptr;
  EXPECT_EQ(run<Ended>().result, record::ClaimResult::complete);
  EXPECT_EQ(world.claim(lot)->claim.attempts, 0U);
}

TEST_F(ArcFlowTest, A20_WhatAFailedAttemptCopiedIsListedInAPartialManifest) {
  world.workload.script = [](const WorkloadContext&) {
    Failed failed{
        .code = "Copy", .message = "1 of 2", .partial = {}, .tolerated = true, .retryable = false};
    failed.partial.push_back({.role = "main",
                              .members = {{.role = "main", .uri = "s3://b/out/x", .size = 1}},
                              .comment = {}});
    return failed;
  };
  EXPECT_EQ(run<Ended>().result, record::ClaimResult::partial);
  const auto claim = world.claim(lot)->claim;
  auto object = world.store.get(
      world.project().places.manifest({"out", "1"}, lot_id(lot), State::partial, claim.attempt));
  ASSERT_TRUE(object);
  EXPECT_THAT(record::read_manifest(object->bytes)->uris, ElementsAre("s3://b/out/x"));
  EXPECT_THAT(world.events.seen, ElementsAre("in 20230101PT5M000"));
}

TEST_F(ArcFlowTest, B2_ADeadOwnersLotIsReclaimed) {
  world.workload.script = [](const WorkloadContext&) -> RunOutcome { return Stopped{}; };
  EXPECT_EQ(run<Idle>(), Idle::Stopped);
  // A claim of another process that stands at running.
  auto stored = world.claim(lot);
  record::Claim claim = stored->claim;
  claim.state = record::ClaimState::running;
  claim.owner = record::Owner{
      .id = "other", .host = "h", .boot = "b", .pidNamespace = "n", .pid = 2, .startTime = 1};
  ASSERT_TRUE(write_claim(world.store, stored->uri, claim, stored->etag)->has_value());
  world.workload.script = nullptr;
  run<Busy>();
  world.probe.verdict = OwnerProbe::Verdict::Dead;
  EXPECT_EQ(run<Ended>().result, record::ClaimResult::complete);
  EXPECT_EQ(world.claim(lot)->claim.lostAttempts, 1U);
  EXPECT_EQ(world.claim(lot)->claim.attempts, 0U);
}

TEST_F(ArcFlowTest, ALeaseIsJudgedExpiredByWatchingTheETagForAFullLease) {
  record::Claim claim;
  claim.project = "p";
  claim.projectVersion = "1";
  claim.arc = "a";
  claim.lot = lot;
  claim.leaseSec = 60;
  claim.owner = record::Owner{
      .id = "other", .host = "far", .boot = "b", .pidNamespace = "n", .pid = 2, .startTime = 1};
  const Uri uri = claim_uri(world.deployment->arcs()[0], lot_id(lot));
  ASSERT_TRUE(write_claim(world.store, uri, claim, std::nullopt)->has_value());
  world.probe.verdict = OwnerProbe::Verdict::Unknown;
  run<Busy>();
  world.clock.advance(std::chrono::seconds(59));
  run<Busy>();
  world.clock.advance(std::chrono::seconds(1));
  run<Ended>();
  EXPECT_EQ(world.claim(lot)->claim.epoch, 2U);
}

TEST_F(ArcFlowTest, ALateOwnerChangesNothingAnyMore) {
  world.workload.script = [&](const WorkloadContext& context) -> RunOutcome {
    auto stored = world.claim(lot);
    record::Claim other = stored->claim;
    ++other.epoch;
    other.nonce = "other";
    EXPECT_TRUE(write_claim(world.store, stored->uri, other, stored->etag)->has_value());
    return testing::ScriptedWorkload::copy_all(context);
  };
  run<Lost>();
  EXPECT_FALSE(world.manifest("out", lot, State::complete));
  EXPECT_EQ(world.claim(lot)->claim.nonce, "other");
  EXPECT_THAT(world.events.seen, ElementsAre("in 20230101PT5M000"));
}

/// Makes the lot's commit look as if its owner had died before it was published; its manifest.
store::Object unpublish(World& world) {
  auto stored = world.claim(lot);
  record::Claim behind = stored->claim;
  behind.sinks.at("main").published = false;
  auto manifest = world.store.get(Uri::parse(behind.sinks.at("main").manifest).value()).value();
  EXPECT_TRUE(world.store.remove(manifest.info.uri));
  EXPECT_TRUE(write_claim(world.store, stored->uri, behind, stored->etag)->has_value());
  return manifest;
}

std::size_t broken_in_sweep(World& world) {
  return sweep_arc(world.store, *world.deployment, *world.logs, world.deployment->arcs()[0], {})
      .value()
      .broken.size();
}

TEST_F(ArcFlowTest, ACommitThatWasNotPublishedIsPublishedFromItsMembersByWhoeverFindsIt) {
  run<Ended>();
  const auto manifest = unpublish(world);
  EXPECT_EQ(broken_in_sweep(world), 0U);
  EXPECT_EQ(world.store.get(manifest.info.uri)->bytes, manifest.bytes);
  EXPECT_TRUE(world.claim(lot)->claim.sinks.at("main").published);
}

TEST_F(ArcFlowTest, WhoPublishesTheCommitOfAnotherDeclarationTellsOfItsDataset) {
  run<Ended>();
  unpublish(world);
  model::ProjectPlan moved = world.project().plan;
  moved.arcs.front().sinks = {{"main", testing::sink("elsewhere", "s3://b/elsewhere/")}};
  world.make(std::move(moved));
  world.events.seen.clear();
  EXPECT_EQ(run<Idle>(), Idle::UpToDate);
  EXPECT_THAT(world.events.seen, ElementsAre("out " + std::string(lot)));
}

TEST_F(ArcFlowTest, APrivateManifestIsPublishedWhereThereIsOne) {
  run<Ended>();
  const auto manifest = unpublish(world);
  const auto claim = world.claim(lot)->claim;
  const auto& places = world.project().places;
  ASSERT_TRUE(world.store.put(places.private_manifest({"p", "1"}, "a", claim.attempt, {"out", "1"},
                                                      lot_id(lot), State::complete),
                              manifest.bytes));
  ASSERT_TRUE(world.store.remove(places.members({"p", "1"}, "a", lot_id(lot), claim.attempt)));
  EXPECT_EQ(broken_in_sweep(world), 0U);
  EXPECT_EQ(world.store.get(manifest.info.uri)->bytes, manifest.bytes);
}

TEST_F(ArcFlowTest, MembersThatDoNotGiveTheCommittedManifestPublishNothing) {
  run<Ended>();
  const auto manifest = unpublish(world);
  const auto claim = world.claim(lot)->claim;
  ASSERT_TRUE(world.store.put(
      world.project().places.members({"p", "1"}, "a", lot_id(lot), claim.attempt), "{}\n"));
  EXPECT_EQ(broken_in_sweep(world), 1U);
  EXPECT_FALSE(world.store.head(manifest.info.uri));
}

TEST_F(ArcFlowTest, ACommentOfTheWorkloadIsStoredPrivatelyUntilItIsPublished) {
  world.workload.script = [](const WorkloadContext& context) {
    auto done = std::get<Completed>(ScriptedWorkload::copy_all(context));
    done.sinks.front().comment = "by hand";
    return done;
  };
  run<Ended>();
  EXPECT_EQ(world.manifest("out", lot, State::complete)->comment, "by hand");
}

TEST_F(ArcFlowTest, AManifestThatAnotherPublishesMeanwhileIsNotTakenForADamagedOne) {
  run<Ended>();
  const auto manifest = unpublish(world);
  const auto claim = world.claim(lot)->claim;
  const auto& places = world.project().places;
  ASSERT_TRUE(world.store.put(places.private_manifest({"p", "1"}, "a", claim.attempt, {"out", "1"},
                                                      lot_id(lot), State::complete),
                              manifest.bytes));
  ASSERT_TRUE(world.store.remove(places.members({"p", "1"}, "a", lot_id(lot), claim.attempt)));
  store::FaultyStore slow(world.store);
  bool first = true;
  slow.set_plan([&](store::Operation, const Uri& uri) {
    store::Fault fault;
    if (uri == manifest.info.uri && std::exchange(first, false)) {
      fault.after_effect = [&] { EXPECT_EQ(broken_in_sweep(world), 0U); };
    }
    return fault;
  });
  const auto& arc = world.deployment->arcs()[0];
  const auto published = publish_claim(slow, arc, claim_uri(arc, lot_id(lot)));
  EXPECT_TRUE(published) << published.error().message;
  EXPECT_FALSE(first);
  EXPECT_EQ(world.store.get(manifest.info.uri)->bytes, manifest.bytes);
}

/// Makes the claim look as if its source had another revision, so that the arc runs again.
void forget_source(World& world) {
  auto stored = world.claim(lot);
  record::Claim claim = stored->claim;
  claim.sources.at("main").revision = "older";
  ASSERT_TRUE(write_claim(world.store, stored->uri, claim, stored->etag)->has_value());
}

TEST_F(ArcFlowTest, B3_ANewRevisionReplacesTheManifestAndKeepsTheFormerOne) {
  run<Ended>();
  const auto first = world.claim(lot)->claim;
  const std::string former =
      world.store.get(Uri::parse(first.sinks.at("main").manifest).value())->bytes;
  forget_source(world);
  world.workload.script = [](const WorkloadContext& context) -> RunOutcome {
    auto done = std::get<Completed>(testing::ScriptedWorkload::copy_all(context));
    record::MemberLine line = done.sinks[0].members[0];
    line.uri = "s3://b/out/other";
    done.sinks[0].members.set(0, line);
    return done;
  };
  run<Ended>();
  const auto manifest = world.manifest("out", lot, State::complete);
  ASSERT_TRUE(manifest);
  EXPECT_THAT(manifest->uris, ElementsAre("s3://b/out/other"));
  EXPECT_EQ(manifest->comment, "revision 2");
  const auto kept = world.store.get(
      world.project().places.manifest({"out", "1"}, lot_id(lot), State::removed, first.attempt));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->bytes, former);
  EXPECT_EQ(world.claim(lot)->claim.sinks.at("main").number, 2U);
  EXPECT_EQ(world.claim(lot)->claim.committedAt, first.committedAt);
}

TEST_F(ArcFlowTest, AReplayThatChangesNothingWakesNobody) {
  run<Ended>();
  const auto before = world.claim(lot)->claim.sinks;
  forget_source(world);
  world.events.seen.clear();
  run<Ended>();
  EXPECT_EQ(world.claim(lot)->claim.sinks, before);
  EXPECT_THAT(world.events.seen, IsEmpty());
}

TEST_F(ArcFlowTest, WhatWasOnceCompleteStaysSo) {
  run<Ended>();
  forget_source(world);
  world.workload.script = [](const WorkloadContext&) -> RunOutcome {
    Completed done;
    done.sinks.push_back({.role = "main", .state = State::empty, .members = {}, .comment = {}});
    return done;
  };
  run<Ended>();
  EXPECT_THAT(world.uris("out", lot, State::complete), IsEmpty());
  EXPECT_FALSE(world.manifest("out", lot, State::empty));
}

TEST_F(ArcFlowTest, AWorkloadThatWritesAnUnknownSinkFails) {
  world.workload.script = [](const WorkloadContext&) -> RunOutcome {
    Completed done;
    done.sinks.push_back({.role = "nowhere", .members = {}, .comment = {}});
    return done;
  };
  run<RetryLater>();
  EXPECT_THAT(world.claim(lot)->claim.error->message, HasSubstr("unknown sink 'nowhere'"));
}

TEST_F(ArcFlowTest, A9_AnArcWithTwoSourcesRunsOnceWhenBothArePublished) {
  model::ProjectPlan plan = world.project().plan;
  model::ArcPlan both = plan.arcs[0];
  both.name = "both";
  both.sources = {{"left", testing::source("in")}, {"right", testing::source("out")}};
  both.sinks = {{"main", testing::sink("joined", "s3://b/joined/")}};
  plan.arcs.push_back(both);
  world.make(std::move(plan));
  EXPECT_EQ(run<Idle>(2), Idle::NotReady) << "only one source is published";
  run<Ended>(0);
  world.workload.runs = 0;
  run<Ended>(2);
  EXPECT_EQ(run<Idle>(2), Idle::UpToDate) << "the other source's event";
  EXPECT_EQ(world.workload.runs, 1);
  EXPECT_EQ(world.claim(lot, 2)->claim.sources.size(), 2U);
}

TEST_F(ArcFlowTest, A12_AClaimThatCannotBeReadRunsNothing) {
  run<Ended>();
  const Uri uri = claim_uri(world.deployment->arcs()[0], lot_id(lot));
  ASSERT_TRUE(world.store.put(uri, "{ damaged"));
  auto flow = world.flow(0);
  EXPECT_FALSE(flow.run(lot_id(lot)));
  EXPECT_EQ(world.workload.runs, 1);
}

TEST_F(ArcFlowTest, B6_AMissingLotIsNotTakenForComplete) {
  world.workload.script = [](const WorkloadContext&) {
    return Failed{
        .code = "Exit", .message = "no", .partial = {}, .tolerated = false, .retryable = false};
  };
  EXPECT_EQ(run<Ended>().result, record::ClaimResult::missing);
  EXPECT_EQ(run<Idle>(1), Idle::NotReady) << "nothing was published";
  ASSERT_TRUE(*retry_lot(world.store, claim_uri(world.deployment->arcs()[0], lot_id(lot))));
  world.workload.script = {};
  EXPECT_EQ(run<Ended>().result, record::ClaimResult::complete);
}

TEST_F(ArcFlowTest, WhatThisProcessLetGoOfIsTakenUpAgainWithoutCountingALostAttempt) {
  run<Ended>();
  auto present = *world.claim(lot);
  record::Claim claim = present.claim;
  claim.state = record::ClaimState::running;
  claim.owner = world.self;
  claim.sources.begin()->second.revision = "older";
  ++claim.beat;
  ASSERT_TRUE(*write_claim(world.store, present.uri, claim, present.etag));
  run<Ended>();
  EXPECT_EQ(world.claim(lot)->claim.lostAttempts, 0U);
}

TEST_F(ArcFlowTest, APublishedManifestThatWasDeletedIsMadeAgainFromTheMembers) {
  run<Ended>();
  const Uri uri = world.project().places.manifest({"out", "1"}, lot_id(lot), State::complete);
  const std::string before = world.store.get(uri)->bytes;
  ASSERT_TRUE(world.store.remove(uri));
  run<Ended>(1);
  EXPECT_EQ(world.store.get(uri)->bytes, before);
}

TEST_F(ArcFlowTest, APublishedManifestThatWasEditedIsReplacedAndTheEditKept) {
  run<Ended>();
  const Uri uri = world.project().places.manifest({"out", "1"}, lot_id(lot), State::complete);
  const std::string before = world.store.get(uri)->bytes;
  ASSERT_TRUE(world.store.put(uri, "edited"));
  run<Ended>(1);
  EXPECT_EQ(world.store.get(uri)->bytes, before);
  const Uri kept = world.project().places.manifest({"out", "1"}, lot_id(lot), State::removed, "0");
  EXPECT_EQ(world.store.get(kept)->bytes, "edited");
}

TEST_F(ArcFlowTest, ALotCommittedToAnotherDatasetIsNotTheNewSinks) {
  run<Ended>();
  model::ProjectPlan plan = world.project().plan;
  plan.arcs[0].sinks = {{"main", testing::sink("renamed", "s3://b/renamed/")}};
  plan.arcs[1].sources = {{"main", testing::source("renamed")}};
  world.make(std::move(plan));
  EXPECT_EQ(run<Idle>(1), Idle::NotReady);
}

TEST_F(ArcFlowTest, EachFormerBodyIsKeptUnderANameOfItsOwnThoughTwoAttemptsMadeTheSame) {
  const auto commit_to = [&](const std::string& dataset, const std::string& member) {
    model::ProjectPlan plan = world.project().plan;
    plan.arcs[0].sinks = {{"main", testing::sink(dataset, "s3://b/out/")}};
    world.make(std::move(plan));
    if (auto stored = world.claim(lot)) {
      stored->claim.state = record::ClaimState::retrying;
      stored->claim.result.reset();
      ++stored->claim.beat;
      ASSERT_TRUE(write_claim(world.store, stored->uri, stored->claim, stored->etag));
    }
    world.workload.script = [member](const WorkloadContext&) -> RunOutcome {
      Completed done;
      done.sinks.push_back({.role = "main", .members = {}, .comment = std::nullopt});
      done.sinks.front().members.push_back(
          {.role = "main", .uri = "s3://b/out/" + member, .size = 1, .sha256 = sha256_hex(member)});
      return done;
    };
    run<Ended>();
  };
  commit_to("out", "x");
  commit_to("renamed", "y");
  commit_to("out", "x");
  commit_to("out", "z");
  EXPECT_THAT(world.uris("out", lot, State::complete), ElementsAre("s3://b/out/z"));
  std::vector<std::string> comments;
  ASSERT_TRUE(store::for_each_object(
      world.store, world.project().places.manifests_prefix({"out", "1"}),
      [&](const store::ObjectInfo& info) {
        if (info.uri.key.find("state=removed") == std::string::npos) return;
        const auto body = record::read_manifest(world.store.get(info.uri)->bytes).value();
        comments.push_back(body.comment.value_or("revision 1"));
      }));
  EXPECT_THAT(comments, ::testing::UnorderedElementsAre("revision 1", "revision 3"));
}

/// It was kept while it was damaged, as its members file gives it, and then put back.
TEST_F(ArcFlowTest, ABodyIsReplacedThoughItIsKeptWithoutTheCommentOfItsWorkload) {
  const auto commit = [&](const std::string& member) {
    world.workload.script = [member](const WorkloadContext&) -> RunOutcome {
      Completed done;
      done.sinks.push_back({.role = "main", .members = {}, .comment = "counted by hand"});
      done.sinks.front().members.push_back(
          {.role = "main", .uri = "s3://b/out/" + member, .size = 1, .sha256 = sha256_hex(member)});
      return done;
    };
    run<Ended>();
  };
  commit("x");
  const auto first = world.claim(lot)->claim;
  auto body = world.manifest("out", lot, State::complete).value();
  EXPECT_EQ(body.comment, "counted by hand");
  body.comment.reset();
  const Uri kept =
      world.project().places.manifest({"out", "1"}, lot_id(lot), State::removed, first.attempt);
  const auto without = record::manifest_objects(kept, body, record::manifest_part_limit).back();
  ASSERT_TRUE(world.store.put(kept, without.bytes));
  forget_source(world);
  commit("y");
  EXPECT_THAT(world.uris("out", lot, State::complete), ElementsAre("s3://b/out/y"));
  EXPECT_EQ(world.store.get(kept)->bytes, without.bytes);
}

TEST_F(ArcFlowTest, ADamagedBodyIsNotReplacedWhileNothingGivesItAgain) {
  run<Ended>();
  const auto first = world.claim(lot).value();
  const Uri uri = Uri::parse(first.claim.sinks.at("main").manifest).value();
  const Uri members =
      world.project().places.members({"p", "1"}, "a", lot_id(lot), first.claim.attempt);
  const std::string body = world.store.get(uri)->bytes;
  const std::string file = world.store.get(members)->bytes;
  ASSERT_TRUE(world.store.put(uri, "damaged"));
  ASSERT_TRUE(world.store.put(members, "damaged"));
  record::Claim again = first.claim;
  again.state = record::ClaimState::retrying;
  again.result.reset();
  ++again.beat;
  ASSERT_TRUE(write_claim(world.store, first.uri, again, first.etag));
  world.workload.script = [](const WorkloadContext& context) {
    auto outcome = ScriptedWorkload::copy_all(context);
    auto& made = std::get<Completed>(outcome).sinks.front().members;
    auto line = made.front();
    line.size = 2;
    line.sha256 = sha256_hex("other");
    made.set(0, line);
    return outcome;
  };
  EXPECT_FALSE(world.flow().run(lot_id(lot)));
  EXPECT_EQ(world.store.get(uri)->bytes, "damaged");
  ASSERT_TRUE(world.store.put(members, file));
  run<Idle>();
  const Uri kept = world.project().places.manifest({"out", "1"}, lot_id(lot), State::removed,
                                                   first.claim.attempt);
  EXPECT_EQ(world.store.get(kept)->bytes, body);
  EXPECT_NE(world.store.get(uri)->bytes, "damaged");
}

TEST_F(ArcFlowTest, AClaimThatNamesNoLotOrManifestIsOneThatCannotBeRead) {
  run<Ended>();
  const auto stored = world.claim(lot).value();
  const auto reads = [&](const std::function<void(record::Claim&)>& change) {
    record::Claim edited = stored.claim;
    change(edited);
    EXPECT_TRUE(world.store.put(stored.uri, json::write_record(edited)));
    return read_claim(world.store, stored.uri).has_value();
  };
  EXPECT_TRUE(reads([](record::Claim&) {}));
  EXPECT_FALSE(reads([](record::Claim& claim) { claim.lot = "latest"; }));
  EXPECT_FALSE(reads([](record::Claim& claim) { claim.sinks["main"].manifest = "no URI"; }));
  EXPECT_FALSE(reads([](record::Claim& claim) { claim.sinks["main"].manifest = "s3://b/x"; }));
  EXPECT_FALSE(reads([](record::Claim& claim) { claim.sinks["main"].members = "x"; }));
}

TEST(Backoff, DoublesUpToFiveMinutes) {
  using std::chrono::seconds;
  EXPECT_EQ(backoff(seconds(2), 1, 0.5), seconds(2));
  EXPECT_EQ(backoff(seconds(2), 2, 0.5), seconds(4));
  EXPECT_EQ(backoff(seconds(2), 3, 0.0), seconds(6));
  EXPECT_EQ(backoff(seconds(2), 30, 0.99), seconds(300));
}

}  // namespace
}  // namespace cls::flow
