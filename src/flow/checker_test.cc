// SPDX-License-Identifier: Apache-2.0
#include "flow/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/audited_world_test.h"
#include "flow/closed_lots.h"
#include "flow/publisher.h"
#include "record/subscription.h"

namespace cls::flow {
namespace {

using record::ManifestState;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* lot0 = "20260101PT5M000";
constexpr const char* lot1 = "20260101PT5M001";
constexpr const char* manifests = "s3://clusterless-manifest-local-home/datasets/";
constexpr const char* arc_states = "s3://clusterless-arc-state-local-home/";

/// Each violation as `promise|dataset|arc|lot|uri|message`, `-` for null.
std::vector<std::string> lines(const AuditReport& report) {
  std::vector<std::string> texts;
  texts.reserve(report.violations.size());
  for (const auto& one : report.violations) {
    texts.push_back(format("{}|{}|{}|{}|{}|{}", one.promise, one.dataset.value_or("-"),
                           one.arc.value_or("-"), one.lot.value_or("-"), one.uri.value_or("-"),
                           one.message));
  }
  return texts;
}

TEST(Checker, CleanWorldSaysWhatItLookedAt) {
  AuditedWorld world;
  const auto report = world.audit();
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_THAT(report.notes, IsEmpty());
  ASSERT_EQ(report.promises.size(), 6U);
  EXPECT_EQ(report.promises[0], (PromiseCheck{1, 2, 3, 8, 0, true}));
  EXPECT_EQ(report.promises[1], (PromiseCheck{2, 0, 0, 0, 0, false}));
  EXPECT_EQ(report.promises[2], (PromiseCheck{3, 2, 2, report.promises[4].bytes, 0, true}));
  EXPECT_EQ(report.promises[3], (PromiseCheck{4, 2, 3, 8, 0, true}));
  EXPECT_EQ(report.promises[4].lots, 2U);
  EXPECT_EQ(report.promises[4].members, 3U);
  EXPECT_TRUE(report.promises[4].checked);
  EXPECT_EQ(report.promises[5], (PromiseCheck{6, 2, 2, 0, 0, true}));
  EXPECT_THAT(report.repairs, IsEmpty());
}

TEST(Checker, NothingDeployedIsNothingChecked) {
  const ManualClock clock{Instant{}};
  store::MemoryStore store(clock);
  const Deployment deployment({});
  const auto report = need(Checker(store, deployment, {.now = clock.now()}).run());
  for (const auto& promise : report.promises) EXPECT_FALSE(promise.checked);
}

TEST(Checker, ChecksNothingOfADeploymentWithoutRecords) {
  const ManualClock clock{Instant{}};
  store::MemoryStore store(clock);
  std::vector<std::unique_ptr<const Deployed>> projects;
  projects.push_back(copying_project());
  const Deployment deployment(std::move(projects));
  const auto report = need(Checker(store, deployment, {.now = clock.now()}).run());
  EXPECT_THAT(lines(report), IsEmpty());
  for (const auto& promise : report.promises) EXPECT_FALSE(promise.checked);
}

TEST(Checker, NamesASourceMemberThatIsGone) {
  AuditedWorld world;
  need(world.store.remove(parsed("s3://data/in/a")));
  EXPECT_THAT(lines(world.audit()),
              ElementsAre("1|in/1|-|20260101PT5M000|s3://data/in/a|the object is gone, and the "
                          "manifest lists it; restore it"));
}

TEST(Checker, NamesASourceMemberWithOtherBytes) {
  AuditedWorld world;
  world.put("s3://data/in/b", "BBBB");
  EXPECT_THAT(lines(world.audit()),
              ElementsAre("1|in/1|-|20260101PT5M000|s3://data/in/b|the object has other bytes than "
                          "the member the manifest lists"));
}

TEST(Checker, AcceptsTheSameBytesWrittenAgain) {
  AuditedWorld world;
  world.put("s3://data/in/b", "bbbb");
  EXPECT_THAT(lines(world.audit()), IsEmpty());
}

TEST(Checker, AcceptsAMemberThatALaterLineSupersedes) {
  AuditedWorld world;
  world.take({world.put("s3://data/in/b", "other bytes")});
  EXPECT_THAT(lines(world.audit()), IsEmpty());
}

TEST(Checker, AcceptsASourceThatACommitRecordedAsVanished) {
  AuditedWorld world;
  world.take({world.put("s3://data/in/d", "dd")});
  need(world.store.remove(parsed("s3://data/in/d")));
  EXPECT_THAT(
      lines(world.audit()),
      ElementsAre(AllOf(HasSubstr("1|in/1|-|20260101PT5M003|s3://data/in/d|"), HasSubstr("gone"))));
  world.run_arc("20260101PT5M003");
  EXPECT_THAT(lines(world.audit()), IsEmpty());
}

TEST(Checker, NamesAnOutputMemberThatIsGone) {
  AuditedWorld world;
  need(world.store.remove(parsed("s3://data/out/20260101PT5M000/a")));
  EXPECT_THAT(
      lines(world.audit()),
      ElementsAre("4|out/1|orders/1 copy|20260101PT5M000|s3://data/out/20260101PT5M000/a|the "
                  "object is gone, and the lot's manifest lists it; restore it"));
}

TEST(Checker, NamesAnOutputMemberWithOtherBytes) {
  AuditedWorld world;
  world.put("s3://data/out/20260101PT5M000/a", "AAA");
  world.put("s3://data/out/20260101PT5M001/c", "longer");
  EXPECT_THAT(
      lines(world.audit()),
      ElementsAre(
          AllOf(HasSubstr("4|out/1|orders/1 copy|20260101PT5M000|s3://data/out/"
                          "20260101PT5M000/a|the object has other bytes than were committed"),
                HasSubstr("SHA-256 cb1ad2119d8fafb69566510ee712661f9f14b83385006ef92aec47f5"
                          "23a38358, not 9834876dcfb05cb167a5c24953eba58c4ac89b1adf57f28f2f9"
                          "d09af107ee8f0")),
          HasSubstr("s3://data/out/20260101PT5M001/c|the object has other bytes than were "
                    "committed: 6 of them, not 1")));
}

TEST(Checker, AcceptsAnOverwriteThatAnotherCommitRecorded) {
  AuditedWorld world;
  world.workload.directory = "shared";
  world.workload.suffix = "!";
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/x/k", "first")});
  world.run_arc("20260101PT5M004");
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/y/k", "second")});
  world.run_arc("20260101PT5M005");
  EXPECT_THAT(lines(world.audit()), IsEmpty());
  // Nobody recorded this one.
  world.put("s3://data/out/shared/k", "third.");
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(AllOf(HasSubstr("|20260101PT5M005|s3://data/out/shared/k|"),
                                HasSubstr("other bytes than were committed"))));
}

TEST(Checker, AcceptsAnOverwriteByAnArcThatReplacesThoughItsAttemptDiedBeforeItCouldSay) {
  for (const auto on_conflict : {model::OnConflict::replace, model::OnConflict::beside}) {
    AuditedWorld world(on_conflict);
    world.workload.directory = "shared";
    world.workload.tells = false;
    world.clock.advance(std::chrono::minutes(5));
    world.take({world.put("s3://data/in/x/k", "first")});
    world.run_arc("20260101PT5M004");
    world.clock.advance(std::chrono::minutes(5));
    world.take({world.put("s3://data/in/y/k", "second")});
    world.run_arc("20260101PT5M005");
    const bool accepted = on_conflict == model::OnConflict::replace;
    EXPECT_EQ(world.audit().violations.empty(), accepted);
    // What no arc committed is a violation all the same.
    world.put("s3://data/out/shared/k", "third.");
    EXPECT_FALSE(world.audit().violations.empty());
  }
}

TEST(Checker, AcceptsAnOverwriteThatAFormerRevisionRecorded) {
  AuditedWorld world;
  world.workload.directory = "shared";
  world.take({world.put("s3://data/in/x/k", "first")});
  world.run_arc("20260101PT5M003");
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/y/k", "second")});
  world.run_arc("20260101PT5M004");
  world.workload.suffix = "!";
  world.replay("20260101PT5M004");
  EXPECT_EQ(world.claim("20260101PT5M004").sinks.at("main").number, 2U);
  EXPECT_THAT(lines(world.audit()), IsEmpty());
}

TEST(Checker, NamesABoundaryManifestThatWasEdited) {
  AuditedWorld world;
  const Uri uri = world.manifest("in", lot0, ManifestState::complete);
  auto manifest = need(record::read_manifest(need(world.store.get(uri)).bytes));
  manifest.uris.pop_back();
  need(world.store.put(uri, record::write_manifest(manifest)));
  EXPECT_THAT(
      lines(world.audit()),
      ElementsAre(AllOf(HasSubstr(format("1|in/1|-|20260101PT5M000|{}name=in/version=1/"
                                         "lot=20260101PT5M000/state=complete/manifest.json|",
                                         manifests)),
                        HasSubstr("is not what the ledger says (closed in segment 1)"))));
}

TEST(Checker, NamesABoundaryManifestThatIsMissing) {
  AuditedWorld world;
  need(world.store.remove(world.manifest("in", lot1, ManifestState::complete)));
  const std::string uri =
      format("{}name=in/version=1/lot=20260101PT5M001/state=complete/manifest.json|", manifests);
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(AllOf(HasSubstr("1|in/1|-|20260101PT5M001|" + uri),
                                HasSubstr("closed the lot in segment 2")),
                          AllOf(HasSubstr("4|-|orders/1 copy|20260101PT5M001|" + uri),
                                HasSubstr("the manifest of the source 'main' is not there"))));
}

TEST(Checker, NamesABoundaryManifestThatTheLedgerDoesNotKnow) {
  AuditedWorld world;
  const Uri uri = world.manifest("in", "20260101PT5M007", ManifestState::complete);
  need(world.store.put(uri, "{}"));
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(AllOf(HasSubstr("1|in/1|-|20260101PT5M007|"),
                                HasSubstr("the ledger never closed the lot"))));
}

TEST(Checker, NamesAVersionThatIsInTwoLots) {
  AuditedWorld world;
  world.plant_segment({member_line(world.sighting("s3://data/in/a"), "20260101PT5M002")}, {});
  EXPECT_THAT(lines(world.audit()),
              ElementsAre("1|in/1|-|20260101PT5M002|s3://data/in/a|one version of the object is a "
                          "member of two lots: of 20260101PT5M000 too; count it once"));
}

TEST(Checker, TakesFormerBytesWrittenAnewForANewObject) {
  AuditedWorld world;
  world.take({world.put("s3://data/in/a", "AAA")});
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/a", "aaa")});
  EXPECT_THAT(lines(world.audit()), IsEmpty());
}

TEST(Checker, TakesAFormerVersionThatWasPutBackWithItsTimeForANewObject) {
  AuditedWorld world;
  Arrival former = world.sighting("s3://data/in/a");
  world.take({world.put("s3://data/in/a", "AAA")});
  world.clock.advance(std::chrono::minutes(5));
  need(world.store.put(former.uri, "aaa"));
  former.first_seen = world.clock.now();
  world.take({former});
  LedgerLog& log = world.logs.of(world.deployment.boundaries().front());
  std::vector<std::string> lots;
  need(log.for_each_segment([&](const record::Segment& segment) {
    for (const auto& line : segment.lines) {
      if (line.uri == "s3://data/in/a") lots.push_back(line.lot);
    }
  }));
  ASSERT_EQ(lots.size(), 3U);
  EXPECT_NE(lots.front(), lots.back()) << "the boundary takes it into another lot";
  EXPECT_THAT(lines(world.audit()), IsEmpty());
}

TEST(Checker, NamesAVersionThatIsListedAgainThoughItWasSeenBeforeItsSuccessor) {
  AuditedWorld world;
  const Arrival first = world.sighting("s3://data/in/a");
  world.clock.advance(std::chrono::seconds(1));
  world.take({world.put("s3://data/in/a", "AAA")});
  world.plant_segment({member_line(first, "20260101PT5M007")}, {});
  const auto found = lines(world.audit());
  EXPECT_THAT(found, ::testing::Contains(AllOf(HasSubstr("|20260101PT5M007|s3://data/in/a|"),
                                               HasSubstr("two lots: of 20260101PT5M000 too"))));
}

TEST(Checker, NamesALineThatJoinsAClosedLot) {
  AuditedWorld world;
  world.plant_segment({member_line(world.put("s3://data/in/e", "e"), lot0)}, {});
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(AllOf(HasSubstr("1|in/1|-|20260101PT5M000|s3://data/in/e|segment 3 has a "
                                          "line of the lot after the lot was closed"))));
}

TEST(Checker, NamesAnObjectThatWasNeverTakenIn) {
  AuditedWorld world;
  world.put("s3://data/in/forgotten", "f");
  world.put("s3://data/in/unfinished.part", "u");
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/later", "l")});
  world.clock.advance(std::chrono::minutes(5));
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(AllOf(HasSubstr("1|in/1|-|-|s3://data/in/forgotten|"),
                                HasSubstr("was never taken in"))));
}

TEST(Checker, WaitingObjectsAreANote) {
  AuditedWorld world;
  world.put("s3://data/in/new1", "1");
  world.put("s3://data/in/new2", "2");
  const auto report = world.audit();
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_THAT(report.notes,
              ElementsAre("orders/1 ingress: 2 objects are not taken in yet, the first is "
                          "s3://data/in/new1; cls run or cls up takes them in"));
}

TEST(Checker, NamesASegmentThatIsMissing) {
  AuditedWorld world;
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/x", "x")});
  need(world.store.remove(world.segment(2)));
  const auto found = lines(world.audit());
  EXPECT_THAT(found, ::testing::Contains(AllOf(
                         HasSubstr(format("1|in/1|-|-|{}arrivals/project=orders/version=1/"
                                          "boundary=ingress/segment=000000000002.jsonl|",
                                          arc_states)),
                         HasSubstr("ledger segment 2 is missing, though there is a segment 3"))));
}

TEST(Checker, NamesASegmentThatCannotBeRead) {
  AuditedWorld world;
  need(world.store.put(world.segment(2), "no json\n"));
  const auto found = lines(world.audit());
  EXPECT_THAT(found, ::testing::Contains(AllOf(HasSubstr("/segment=000000000002.jsonl|"),
                                               HasSubstr("cannot be read past segment 1"))));
}

TEST(Checker, NamesAnArcManifestThatWasEdited) {
  AuditedWorld world;
  const Uri uri = world.manifest("out", lot0, ManifestState::complete);
  need(world.store.put(uri, need(world.store.get(uri)).bytes + " "));
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(AllOf(HasSubstr("3|out/1|orders/1 copy|20260101PT5M000|"),
                                HasSubstr("the manifest is not the one that the claim names"))));
}

TEST(Checker, NamesAnArcManifestThatIsMissing) {
  AuditedWorld world;
  need(world.store.remove(world.manifest("out", lot0, ManifestState::complete)));
  EXPECT_THAT(
      lines(world.audit()),
      ElementsAre(AllOf(HasSubstr("5|out/1|orders/1 copy|20260101PT5M000|"),
                        HasSubstr("the manifest that the claim says is published is missing"))));
}

TEST(Checker, NamesAManifestThatNobodyCommitted) {
  AuditedWorld world;
  need(world.store.put(world.manifest("out", "20260101PT5M009", ManifestState::complete), "{}"));
  need(world.store.put(world.manifest("out", lot0, ManifestState::empty), "{}"));
  EXPECT_THAT(
      lines(world.audit()),
      ElementsAre(AllOf(HasSubstr("5|out/1|orders/1 copy|20260101PT5M000|"),
                        HasSubstr("the lot's claim is committed and names another")),
                  AllOf(HasSubstr("5|out/1|orders/1 copy|20260101PT5M009|"),
                        HasSubstr("nobody committed this manifest: the lot has no claim"))));
}

TEST(Checker, NamesALotWhoseClaimIsGone) {
  AuditedWorld world;
  need(world.store.remove(world.claim_place(lot0)));
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(AllOf(HasSubstr("3|-|orders/1 copy|20260101PT5M000|"),
                                HasSubstr("the claim was deleted")),
                          AllOf(HasSubstr("5|out/1|orders/1 copy|20260101PT5M000|"),
                                HasSubstr("the lot has no claim"))));
}

TEST(Checker, TakesALotOfAnOlderToolAsItIs) {
  AuditedWorld world;
  const auto lot = need(lot::LotId::parse("20250101PT5M000"));
  need(world.store.put(world.manifest("out", "20250101PT5M000", ManifestState::complete), "{}"));
  need(world.store.put(
      world.places.arc_state({"orders", "1"}, "copy", lot, record::ArcState::complete), ""));
  const auto report = world.audit();
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_THAT(report.notes,
              ElementsAre(HasSubstr("1 manifests of out/1 are of lots without a claim")));
}

TEST(Checker, NamesAnEndedLotThatPublished) {
  AuditedWorld world;
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/x", "x")});
  world.workload.fails = true;
  world.run_arc("20260101PT5M004");
  EXPECT_THAT(lines(world.audit()), IsEmpty());
  need(world.store.put(world.manifest("out", "20260101PT5M004", ManifestState::complete), "{}"));
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(AllOf(HasSubstr("4|out/1|orders/1 copy|20260101PT5M004|"),
                                HasSubstr("the lot ended without it"))));
}

TEST(Checker, NamesAMembersFileThatIsMissing) {
  AuditedWorld world;
  const std::string key = world.claim(lot0).sinks.at("main").members;
  need(world.store.remove(parsed(arc_states + key)));
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(format("4|-|orders/1 copy|20260101PT5M000|{}{}|the members file that the "
                                 "commit names is missing; restore it from a copy",
                                 arc_states, key)));
}

TEST(Checker, NamesAManifestThatListsOtherThanTheMembersFile) {
  AuditedWorld world;
  const Uri uri = parsed(arc_states + world.claim(lot0).sinks.at("main").members);
  auto file = need(record::read_members(need(world.store.get(uri)).bytes));
  file.lines.pop_back();
  need(world.store.put(uri, record::write_members(file)));
  EXPECT_THAT(
      lines(world.audit()),
      ElementsAre(AllOf(HasSubstr("5|out/1|orders/1 copy|20260101PT5M000|"),
                        HasSubstr("lists 1 URIs that the members file does not, the first is "
                                  "s3://data/out/20260101PT5M000/b"))));
}

TEST(Checker, NamesAClaimThatCannotBeRead) {
  AuditedWorld world;
  need(world.store.put(world.claim_place(lot0), "{\"version\":1"));
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(AllOf(HasSubstr(format("4|-|orders/1 copy|20260101PT5M000|{}claims/"
                                                 "project=orders/version=1/arc=copy/"
                                                 "lot=20260101PT5M000.json|",
                                                 arc_states)),
                                HasSubstr("the claim cannot be read"))));
}

TEST(Checker, NamesAClaimWithAnotherHash) {
  AuditedWorld world;
  world.edit_claim(lot1,
                   [](record::Claim& claim) { claim.sinks["main"].sha256 = std::string(64, '0'); });
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(AllOf(HasSubstr("3|out/1|orders/1 copy|20260101PT5M001|"),
                                HasSubstr(", not " + std::string(64, '0')))));
}

TEST(Checker, NamesACommitThatIsNotComplete) {
  AuditedWorld world;
  world.edit_claim(lot1, [](record::Claim& claim) { claim.result = record::ClaimResult::partial; });
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(HasSubstr("the claim is committed with the result partial")));
}

TEST(Checker, NamesACommitWithoutASink) {
  AuditedWorld world;
  world.edit_claim(lot1, [](record::Claim& claim) { claim.sinks.clear(); });
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(HasSubstr("the commit says nothing of the sink 'main'"),
                          HasSubstr("nobody committed this manifest")));
}

TEST(Checker, NamesAFormerRevisionThatWasNotKept) {
  AuditedWorld world;
  world.workload.suffix = "2";
  world.workload.directory = "second";
  world.replay(lot0);
  EXPECT_THAT(lines(world.audit()), IsEmpty());
  const auto lot = need(lot::LotId::parse(lot0));
  const Uri kept = world.places.manifest({"out", "1"}, lot, ManifestState::removed,
                                         *world.claim(lot0).sinks.at("main").former);
  need(world.store.remove(kept));
  EXPECT_THAT(
      lines(world.audit()),
      ElementsAre(AllOf(HasSubstr("2|out/1|orders/1 copy|20260101PT5M000|" + kept.to_string()),
                        HasSubstr("revision 2 replaced another one"))));
}

TEST(Checker, AnUnpublishedCommitIsANote) {
  AuditedWorld world;
  world.edit_claim(lot1, [](record::Claim& claim) { claim.sinks["main"].published = false; });
  const auto report = world.audit();
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_THAT(report.notes,
              ElementsAre(HasSubstr("orders/1 copy: 1 manifests are committed and not published")));
}

TEST(Checker, OnlyTheDeepAuditReadsWhatLooksUnchanged) {
  AuditedWorld world;
  // Other bytes with the same size, time and ETag: the members file and the ledger know better.
  const Uri uri = parsed(arc_states + world.claim(lot0).sinks.at("main").members);
  auto file = need(record::read_members(need(world.store.get(uri)).bytes));
  record::MemberLine line = file.lines.front();
  line.sha256 = std::string(64, 'a');
  file.lines.set(0, line);
  need(world.store.put(uri, record::write_members(file)));
  EXPECT_THAT(lines(world.audit()), IsEmpty());
  EXPECT_THAT(lines(world.audit(true)),
              ElementsAre(AllOf(HasSubstr("4|out/1|"), HasSubstr("SHA-256"))));
}

TEST(Checker, LooksOnlyFromALotOn) {
  AuditedWorld world;
  need(world.store.remove(parsed("s3://data/in/a")));
  need(world.store.remove(parsed("s3://data/out/20260101PT5M000/a")));
  need(world.store.remove(world.manifest("in", lot0, ManifestState::complete)));
  need(world.store.put(world.claim_place(lot0), "{"));
  EXPECT_EQ(world.audit().violations.size(), 3U);
  const AuditOptions options{.now = world.clock.now(), .since = need(lot::LotId::parse(lot1))};
  auto report = world.audit_as(options);
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_THAT(report.notes, ElementsAre("2 lots of boundaries and arcs before 20260101PT5M001 were "
                                        "left out"));
  EXPECT_EQ(report.since, lot1);
  EXPECT_EQ(report.left_out, 2U);
  EXPECT_EQ(report.promises[0], (PromiseCheck{1, 1, 1, 1, 0, true}));
  EXPECT_EQ(report.promises[3], (PromiseCheck{4, 1, 1, 1, 0, true}));
  EXPECT_EQ(report.promises[5].lots, 1U);
  need(world.store.remove(parsed("s3://data/out/20260101PT5M001/c")));
  report = world.audit_as(options);
  EXPECT_THAT(lines(report), ElementsAre(HasSubstr("s3://data/out/20260101PT5M001/c")));
}

TEST(Checker, ChecksNothingAfterTheLastLot) {
  AuditedWorld world;
  const auto report = world.audit_as(
      {.now = world.clock.now(), .since = need(lot::LotId::parse("20270101PT5M000"))});
  for (const auto& promise : report.promises) EXPECT_FALSE(promise.checked) << promise.promise;
  EXPECT_EQ(report.left_out, 4U);
}

TEST(Checker, AcceptsAnOverwriteByALotThatIsLeftOut) {
  AuditedWorld world;
  world.workload.directory = "shared";
  world.workload.suffix = "!";
  world.take({world.put("s3://data/in/x/k", "first")});
  world.run_arc("20260101PT5M003");
  world.workload.suffix = "?";
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/y/k", "second")});
  world.run_arc("20260101PT5M004");
  // The older lot is made anew, over what the younger one wrote.
  world.workload.suffix = "#";
  world.replay("20260101PT5M003");
  EXPECT_THAT(lines(world.audit()), IsEmpty());
  const auto report = world.audit_as(
      {.now = world.clock.now(), .since = need(lot::LotId::parse("20260101PT5M004"))});
  EXPECT_THAT(lines(report), IsEmpty());
}

TEST(Checker, WhatIsDueIsANoteUntilAllIsSettled) {
  AuditedWorld world;
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/x", "x")});
  const auto report = world.audit();
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_THAT(report.notes, ElementsAre("orders/1 copy: 1 lot is due and not taken yet, the first "
                                        "is 20260101PT5M004; cls run or cls up takes it"));
  EXPECT_EQ(world.audit_as({.now = world.clock.now(), .settled = true}).violations.size(), 1U);
}

TEST(Checker, WhatWasTakenWhileNoArcMadeTheSourceIsNoRevisionThatWasNeverCommitted) {
  AuditedWorld world(model::OnConflict::beside, Arcs::Two);
  world.redeploy([](model::ProjectPlan& plan) { plan.arcs.erase(plan.arcs.begin()); });
  world.edit_claim("20260101PT5M000",
                   [](record::Claim& claim) { claim.sources["main"].revision = "other"; });
  world.run_arc("20260101PT5M000", 0);
  ASSERT_TRUE(is_foreign_revision(world.claim("20260101PT5M000").sources["main"].revision));
  world.redeploy([](model::ProjectPlan& plan) {
    plan.arcs.insert(plan.arcs.begin(), copying_project()->plan.arcs.front());
  });
  const auto report = world.audit();
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_THAT(report.notes, ElementsAre("orders/1 again: 1 lot is due and not taken yet, the first "
                                        "is 20260101PT5M000; cls run or cls up takes it"));
}

TEST(Checker, ALotThatItsArcHasInAnotherDatasetNowIsNotDue) {
  AuditedWorld world(model::OnConflict::beside, Arcs::Two);
  world.redeploy_with_sink("moved");
  world.workload.suffix = " and other bytes";
  world.replay("20260101PT5M000");
  world.redeploy_with_sink("out");
  const auto report = world.audit_as({.now = world.clock.now(), .settled = true});
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_THAT(report.notes, IsEmpty());
}

TEST(Checker, WhatWaitsByRuleIsNotDue) {
  const auto waits = [](const record::Subscription& subscription) {
    AuditedWorld world;
    world.clock.advance(std::chrono::minutes(5));
    world.take({world.put("s3://data/in/x", "x")});
    world.clock.advance(std::chrono::minutes(5));
    need(world.store.put(world.places.arc_subscription({"orders", "1"}, "copy"),
                         json::write_record(subscription)));
    const auto report = world.audit_as({.now = world.clock.now(), .settled = true});
    EXPECT_EQ(report.promises[5].lots, 3U);
    return report.violations.empty() && report.notes.empty();
  };
  EXPECT_FALSE(waits({.enabled = true, .since = "2026-01-01T00:00:00Z", .history = {}}));
  EXPECT_TRUE(waits({.enabled = false, .since = "2026-01-01T00:00:00Z", .history = {}}));
  EXPECT_TRUE(waits({.enabled = true, .since = "2026-01-02T00:00:00Z", .history = {}}));
  // Not filled in yet: the store's time of the record, which is after the lot was closed.
  EXPECT_TRUE(waits({.enabled = true, .since = std::nullopt, .history = {}}));
}

TEST(Checker, ReadsASubscriptionWithoutWritingIt) {
  AuditedWorld world;
  const Uri uri = world.places.arc_subscription({"orders", "1"}, "copy");
  const std::string bytes = json::write_record(
      record::Subscription{.enabled = true, .since = std::nullopt, .history = {}});
  need(world.store.put(uri, bytes));
  world.audit();
  EXPECT_EQ(need(world.store.get(uri)).bytes, bytes);
}

TEST(Checker, LooksAtFormerRevisionsAndWhatTheyList) {
  AuditedWorld world;
  world.workload.suffix = "2";
  world.workload.directory = "second";
  world.replay(lot0);
  world.workload.directory = "third";
  world.replay(lot0);
  const auto report = world.audit();
  EXPECT_THAT(lines(report), IsEmpty());
  EXPECT_EQ(report.promises[1].lots, 2U);
  EXPECT_EQ(report.promises[1].members, 4U);
  EXPECT_GT(report.promises[1].bytes, 0U);
}

/// A former revision with parts, so that there is one to lose; made by hand, as it has many
/// members.
TEST(Checker, NamesAFormerRevisionWhosePartIsGone) {
  AuditedWorld world;
  world.workload.suffix = "2";
  world.workload.directory = "second";
  const Uri members = world.members_place(lot0);
  world.replay(lot0);
  const auto lot = need(lot::LotId::parse(lot0));
  const std::string attempt = *world.claim(lot0).sinks.at("main").former;
  record::MembersFile file;
  for (std::size_t i = 0; i <= record::manifest_part_limit; ++i) {
    file.lines.push_back({.role = "main", .uri = format("s3://data/out/{:06}", i)});
  }
  need(world.store.put(members, record::write_members(file)));
  auto stored = record::manifest_objects(
      world.places.private_manifest({"orders", "1"}, "copy", attempt, {"out", "1"}, lot,
                                    ManifestState::complete),
      manifest_of_members(file, "main", lot, ManifestState::complete, 1));
  ASSERT_EQ(stored.size(), 3U);
  const Uri kept = world.places.manifest({"out", "1"}, lot, ManifestState::removed, attempt);
  need(world.store.put(kept, stored.back().bytes));
  stored.pop_back();
  for (const auto& part : stored) need(world.store.put(part.uri, part.bytes));
  EXPECT_THAT(lines(world.audit()), IsEmpty());
  need(world.store.remove(stored.back().uri));
  EXPECT_THAT(lines(world.audit()),
              ElementsAre(AllOf(HasSubstr("2|out/1|orders/1 copy|20260101PT5M000|"),
                                HasSubstr("is not what its members file gives"))));
}

TEST(Checker, ListsUpToItsLimitAndCountsAll) {
  AuditedWorld world;
  for (const char* key : {"in/a", "in/b", "in/c"}) need(world.store.remove({"s3", "data", key}));
  const auto report =
      need(Checker(world.store, world.deployment, {.now = world.clock.now(), .violation_limit = 2})
               .run());
  EXPECT_EQ(report.violations.size(), 2U);
  EXPECT_EQ(report.promises[0].violations, 3U);
  EXPECT_THAT(report.notes,
              ElementsAre("only the first 2 violations are listed, 1 more are counted"));
}

TEST(ClosedLots, TheLastLineOfAUriCounts) {
  AuditedWorld world;
  const record::LedgerLine first = member_line(world.sighting("s3://data/in/a"), "20260101PT5M004");
  record::LedgerLine gone = first;
  gone.decision = record::Decision::vanished;
  const record::LedgerLine other = member_line(world.sighting("s3://data/in/b"), "20260101PT5M004");
  ClosedLots lots;
  std::vector<record::Manifest> closed;
  const auto take = [&](const ClosedLot& lot) { closed.push_back(manifest_of(lot)); };
  record::Segment segment;
  segment.head.number = 1;
  segment.lines = {first, other};
  lots.add(segment, take);
  EXPECT_THAT(closed, IsEmpty());
  segment.head.number = 2;
  segment.head.closes = {"20260101PT5M004", "20260101PT5M005"};
  segment.lines = {gone};
  lots.add(segment, take);
  ASSERT_EQ(closed.size(), 2U);
  EXPECT_THAT(closed[0].uris, ElementsAre("s3://data/in/b"));
  EXPECT_EQ(closed[0].state, ManifestState::complete);
  EXPECT_EQ(closed[1].state, ManifestState::empty);
}

/// Of a lot in which a member's line is followed by one of another version that vanished.
TEST(ClosedLots, AVersionThatVanishedMeanwhileHidesNoMember) {
  AuditedWorld world;
  const record::LedgerLine member =
      member_line(world.sighting("s3://data/in/a"), "20260101PT5M004");
  record::LedgerLine gone = member;
  gone.object.sha256 = sha256_hex("between");
  gone.decision = record::Decision::vanished;
  ClosedLots lots;
  std::vector<record::Manifest> closed;
  record::Segment segment;
  segment.head.number = 1;
  segment.lines = {member};
  lots.add(segment, [](const ClosedLot&) {});
  segment.head.number = 2;
  segment.head.closes = {"20260101PT5M004"};
  segment.lines = {gone};
  lots.add(segment, [&](const ClosedLot& lot) { closed.push_back(manifest_of(lot)); });
  ASSERT_EQ(closed.size(), 1U);
  EXPECT_THAT(closed[0].uris, ElementsAre("s3://data/in/a"));
}

}  // namespace
}  // namespace cls::flow
