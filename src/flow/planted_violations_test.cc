// SPDX-License-Identifier: Apache-2.0
// Every kind of violation that the audit knows, planted in a clean world: it is found, by its
// promise and with its URI. docs/audit.md has the same table for people.
#include <algorithm>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "flow/audited_world_test.h"

namespace cls::flow {
namespace {

using record::ManifestState;

constexpr const char* lot0 = "20260101PT5M000";
constexpr const char* lot1 = "20260101PT5M001";
/// Lots that nothing was done for.
constexpr const char* lot4 = "20260101PT5M004";
constexpr const char* lot9 = "20260101PT5M009";

/// A kind of violation: how it is planted, and what has to be said of it.
struct Kind {
  std::string name;
  unsigned promise = 0;
  std::string uri;      ///< part of it
  std::string message;  ///< part of it
  std::function<void(AuditedWorld&)> plant;
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) {
  return out << kind.name;
}

void edit(AuditedWorld& world, const Uri& uri, const std::function<void(std::string&)>& change) {
  std::string bytes = need(world.store.get(uri)).bytes;
  change(bytes);
  need(world.store.put(uri, bytes));
}

void remove(AuditedWorld& world, const Uri& uri) {
  need(world.store.head(uri));
  need(world.store.remove(uri));
}

/// Lot 0 gets another revision, by other bytes beside the former ones.
void revise(AuditedWorld& world, const std::string& suffix) {
  world.workload.suffix = suffix;
  world.workload.directory = "revised" + suffix;
  world.replay(lot0);
  for (std::size_t arc = 1; arc < world.deployment.arcs().size(); ++arc) world.run_arc(lot0, arc);
}

Uri kept(AuditedWorld& world) {
  return world.places.manifest({"out", "1"}, need(lot::LotId::parse(lot0)), ManifestState::removed,
                               *world.claim(lot0).sinks.at("main").former);
}

/// The attempts of the former revisions, in the order of their keys.
std::vector<Uri> all_kept(AuditedWorld& world) {
  std::vector<Uri> found;
  need(store::for_each_object(world.store, world.places.manifests_prefix({"out", "1"}),
                              [&](const auto& info) {
                                if (info.uri.key.find("state=removed") != std::string::npos) {
                                  found.push_back(info.uri);
                                }
                              }));
  return found;
}

void fail_lot(AuditedWorld& world) {
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/x", "x")});
  world.workload.fails = true;
  world.run_arc(lot4, 0);
}

std::vector<Kind> of_promise_1() {
  return {
      {"SegmentDeleted", 1, "segment=000000000001", "is missing, though there is a segment 2",
       [](AuditedWorld& world) { remove(world, world.segment(1)); }},
      {"SegmentDamaged", 1, "segment=000000000002", "cannot be read past segment 1",
       [](AuditedWorld& world) { need(world.store.put(world.segment(2), "no json\n")); }},
      {"LineAfterTheLotWasClosed", 1, "s3://data/in/e", "after the lot was closed",
       [](AuditedWorld& world) {
         world.plant_segment({member_line(world.put("s3://data/in/e", "e"), lot0)}, {});
       }},
      {"VersionInTwoLots", 1, "s3://data/in/a", "is a member of two lots",
       [](AuditedWorld& world) {
         world.plant_segment({member_line(world.sighting("s3://data/in/a"), lot4)}, {});
       }},
      {"MemberOfNoLot", 1, "s3://data/in/e", "which is no lot",
       [](AuditedWorld& world) {
         world.plant_segment({member_line(world.put("s3://data/in/e", "e"), "today")}, {});
       }},
      {"NoLotClosed", 1, "", "closes 'today', which is no lot",
       [](AuditedWorld& world) { world.plant_segment({}, {"today"}); }},
      {"BoundaryManifestDeleted", 1, "name=in/", "the manifest is missing, though",
       [](AuditedWorld& world) {
         remove(world, world.manifest("in", lot1, ManifestState::complete));
       }},
      {"BoundaryManifestEdited", 1, "name=in/", "is not what the ledger says",
       [](AuditedWorld& world) {
         edit(world, world.manifest("in", lot1, ManifestState::complete),
              [](std::string& bytes) { bytes += ' '; });
       }},
      {"CompleteManifestOfAnEmptyLot", 1, "lot=20260101PT5M009", "the lot has no member",
       [](AuditedWorld& world) {
         world.plant_segment({}, {lot9});
         need(world.store.put(world.manifest("in", lot9, ManifestState::complete), "{}"));
       }},
      {"ManifestOfALotThatNeverClosed", 1, "lot=20260101PT5M009", "the ledger never closed the lot",
       [](AuditedWorld& world) {
         need(world.store.put(world.manifest("in", lot9, ManifestState::complete), "{}"));
       }},
      {"SourceMemberDeleted", 1, "s3://data/in/a", "the object is gone",
       [](AuditedWorld& world) { remove(world, parsed("s3://data/in/a")); }},
      {"SourceMemberOverwritten", 1, "s3://data/in/a", "other bytes than the member",
       [](AuditedWorld& world) { world.put("s3://data/in/a", "AAA"); }},
      {"ObjectNeverTakenIn", 1, "s3://data/in/forgotten", "was never taken in",
       [](AuditedWorld& world) {
         world.put("s3://data/in/forgotten", "f");
         world.clock.advance(std::chrono::minutes(5));
         world.take({world.put("s3://data/in/later", "l")});
         world.clock.advance(std::chrono::minutes(5));
       }},
  };
}

std::vector<Kind> of_promise_2() {
  return {
      {"FormerRevisionDeleted", 2, "state=removed", "whose manifest was not kept",
       [](AuditedWorld& world) {
         revise(world, "2");
         remove(world, kept(world));
       }},
      {"FormerRevisionEdited", 2, "state=removed", "is not what its members file gives",
       [](AuditedWorld& world) {
         revise(world, "2");
         edit(world, kept(world), [](std::string& bytes) { bytes += ' '; });
       }},
      {"FormerRevisionDamaged", 2, "state=removed", "cannot be read",
       [](AuditedWorld& world) {
         revise(world, "2");
         need(world.store.put(kept(world), "{"));
       }},
      {"FormerRevisionOfAnotherLot", 2, "state=removed", "says that it is of lot 20260101PT5M001",
       [](AuditedWorld& world) {
         revise(world, "2");
         need(world.store.put(
             kept(world),
             need(world.store.get(world.manifest("out", lot1, ManifestState::complete))).bytes));
       }},
      {"OlderRevisionDeleted", 2, "lot=20260101PT5M000", "of the 2 before it only 1 are kept",
       [](AuditedWorld& world) {
         revise(world, "2");
         const Uri first = kept(world);
         revise(world, "3");
         ASSERT_EQ(all_kept(world).size(), 2U);
         remove(world, first);
       }},
      {"MembersOfAFormerRevisionDeleted", 2, "state=removed", "its members file",
       [](AuditedWorld& world) {
         const Uri members = world.members_place(lot0);
         revise(world, "2");
         remove(world, members);
       }},
      {"MembersOfAFormerRevisionDamaged", 2, "state=removed", "cannot be read",
       [](AuditedWorld& world) {
         const Uri members = world.members_place(lot0);
         revise(world, "2");
         need(world.store.put(members, "{"));
       }},
  };
}

/// A change of the claim of lot 0 alone.
Kind edited_claim(std::string name, unsigned promise, std::string message,
                  std::function<void(record::Claim&)> change) {
  return {std::move(name), promise, "claims/project=orders/version=1/arc=copy/lot=20260101PT5M000",
          std::move(message),
          [change = std::move(change)](AuditedWorld& world) { world.edit_claim(lot0, change); }};
}

std::vector<Kind> of_promise_3() {
  return {
      {"ClaimCopiedToAnotherLot", 3, "arc=copy/lot=20260101PT5M009.json", "its key says",
       [](AuditedWorld& world) {
         need(world.store.put(world.claim_place(lot9),
                              need(world.store.get(world.claim_place(lot0))).bytes));
       }},
      {"ClaimDeleted", 3, "arc=copy/lot=20260101PT5M000.json", "the claim was deleted",
       [](AuditedWorld& world) { remove(world, world.claim_place(lot0)); }},
      edited_claim("EpochZero", 3, "its epoch is 0; the first is 1",
                   [](record::Claim& claim) { claim.epoch = 0; }),
      edited_claim("EpochForTwoAttempts", 3, "its epoch is 1, but it counts 2 attempts",
                   [](record::Claim& claim) { claim.lostAttempts = 1; }),
      edited_claim("EpochForTwoRevisions", 3, "its epoch is 1, but it is at revision 2",
                   [](record::Claim& claim) {
                     claim.sinks["main"].number = 2;
                     claim.sinks["main"].former = "01";
                     claim.beat = 9;
                   }),
      {"EpochOfTwoOwners", 3, "arc=copy/lot=20260101PT5M000.json",
       "its epoch is 1, but there are 2 attempts",
       [](AuditedWorld& world) {
         // The zombie wrote its members file too, though its epoch was given to another.
         const auto bytes = need(world.store.get(world.members_place(lot0))).bytes;
         const auto lot = need(lot::LotId::parse(lot0));
         need(world.store.put(
             world.places.members({"orders", "1"}, "copy", lot, "01KDVDQ4K00000000000000000"),
             bytes));
       }},
      edited_claim("OlderClaimPutBack", 3, "an older claim was put back",
                   [](record::Claim& claim) { claim.beat = 0; }),
      edited_claim("OwnerOfACommittedClaim", 3, "it is committed with an owner",
                   [](record::Claim& claim) {
                     claim.owner = record::Owner{
                         .id = "zombie", .host = "host", .boot = "boot", .pidNamespace = "pid:[1]"};
                   }),
      edited_claim("RunningWithoutAnOwner", 3, "it is running without an owner",
                   [](record::Claim& claim) {
                     claim.state = record::ClaimState::running;
                     claim.attempt = "01";
                     claim.epoch = 2;
                   }),
      edited_claim("SecondRevisionOfNothing", 3, "has revision 2, which replaced none",
                   [](record::Claim& claim) {
                     claim.sinks["main"].number = 2;
                     claim.epoch = 2;
                     claim.beat = 9;
                   }),
      edited_claim("SinkOfAnAttemptThatHasNotCommitted", 3, "which has not committed",
                   [](record::Claim& claim) {
                     claim.state = record::ClaimState::retrying;
                     claim.epoch = 2;
                   }),
      {"ManifestNotTheCommittedOne", 3, "name=out/version=1/lot=20260101PT5M000/state=complete",
       "is not the one that the claim names",
       [](AuditedWorld& world) {
         edit(world, world.manifest("out", lot0, ManifestState::complete),
              [](std::string& bytes) { bytes += ' '; });
       }},
  };
}

std::vector<Kind> of_promise_4() {
  return {
      {"OutputDeleted", 4, "s3://data/out/20260101PT5M000/a", "the object is gone",
       [](AuditedWorld& world) { remove(world, parsed("s3://data/out/20260101PT5M000/a")); }},
      {"OutputOverwritten", 4, "s3://data/out/20260101PT5M000/a", "other bytes than were committed",
       [](AuditedWorld& world) { world.put("s3://data/out/20260101PT5M000/a", "AAA"); }},
      {"SourceManifestDeleted", 4, "name=in/", "the manifest of the source 'main' is not there",
       [](AuditedWorld& world) {
         remove(world, world.manifest("in", lot0, ManifestState::complete));
       }},
      {"MembersFileDeleted", 4, "members/", "the members file that the commit names is missing",
       [](AuditedWorld& world) { remove(world, world.members_place(lot0)); }},
      {"MembersFileDamaged", 4, "members/", "the members file cannot be read",
       [](AuditedWorld& world) { need(world.store.put(world.members_place(lot0), "{")); }},
      {"ClaimDamaged", 4, "arc=copy/lot=20260101PT5M000.json", "the claim cannot be read",
       [](AuditedWorld& world) { need(world.store.put(world.claim_place(lot0), "{")); }},
      edited_claim("CommitThatIsNotComplete", 4, "is committed with the result partial",
                   [](record::Claim& claim) { claim.result = record::ClaimResult::partial; }),
      edited_claim("CommitWithoutASink", 4, "says nothing of the sink 'main'",
                   [](record::Claim& claim) { claim.sinks.clear(); }),
      {"ManifestOfAnEndedLot", 4, "name=out/version=1/lot=20260101PT5M004",
       "the lot ended without it",
       [](AuditedWorld& world) {
         fail_lot(world);
         need(world.store.put(world.manifest("out", lot4, ManifestState::complete), "{}"));
       }},
  };
}

std::vector<Kind> of_promise_5() {
  return {
      {"ManifestDeleted", 5, "name=out/version=1/lot=20260101PT5M000/state=complete",
       "is published is missing",
       [](AuditedWorld& world) {
         remove(world, world.manifest("out", lot0, ManifestState::complete));
       }},
      {"ManifestThatNobodyCommitted", 5, "name=out/version=1/lot=20260101PT5M009",
       "nobody committed this manifest",
       [](AuditedWorld& world) {
         need(world.store.put(world.manifest("out", lot9, ManifestState::complete), "{}"));
       }},
      {"ManifestOfAnotherState", 5, "lot=20260101PT5M000/state=empty", "names another",
       [](AuditedWorld& world) {
         need(world.store.put(world.manifest("out", lot0, ManifestState::empty), "{}"));
       }},
      {"ManifestListsMoreThanItsMembers", 5, "name=out/version=1/lot=20260101PT5M000",
       "lists 1 URIs that the members file does not",
       [](AuditedWorld& world) {
         auto file =
             need(record::read_members(need(world.store.get(world.members_place(lot0))).bytes));
         file.lines.pop_back();
         need(world.store.put(world.members_place(lot0), record::write_members(file)));
       }},
      {"ClaimNamesAManifestOfAnotherLot", 5, "name=out/version=1/lot=20260101PT5M001",
       "its key says another lot or state",
       [](AuditedWorld& world) {
         const std::string other = world.claim(lot1).sinks.at("main").manifest;
         world.edit_claim(lot0,
                          [&](record::Claim& claim) { claim.sinks["main"].manifest = other; });
       }},
  };
}

std::vector<Kind> of_promise_6() {
  const auto arc_state = [](AuditedWorld& world, record::ArcState state) {
    return world.places.arc_state({"orders", "1"}, "copy", need(lot::LotId::parse(lot0)), state);
  };
  return {
      edited_claim(
          "RevisionThatTheLedgerDoesNotGive", 6, "which the ledger does not give",
          [](record::Claim& claim) { claim.sources["main"].revision = "0123456789abcdef"; }),
      {"ClaimOfALotThatNeverClosed", 6, "arc=copy/lot=20260101PT5M009.json",
       "whose ledger never closed the lot",
       [](AuditedWorld& world) {
         fail_lot(world);
         record::Claim claim = world.claim(lot4);
         claim.lot = lot9;
         claim.sources["main"].manifest =
             world.manifest("in", lot9, ManifestState::complete).to_string();
         need(world.store.put(world.claim_place(lot9), json::write_record(claim)));
       }},
      {"RevisionThatNobodyCommitted", 6, "arc=again/lot=20260101PT5M000.json",
       "which orders/1 copy never committed",
       [](AuditedWorld& world) {
         world.edit_claim(
             lot0,
             [](record::Claim& claim) { claim.sources["main"].revision = "0123456789abcdef"; }, 1);
       }},
      {"LotThatNobodyTook", 6, "arc=copy/lot=20260101PT5M004.json", "is due and nobody took it",
       [](AuditedWorld& world) {
         world.clock.advance(std::chrono::minutes(5));
         world.take({world.put("s3://data/in/x", "x")});
       }},
      {"RevisionThatNobodyTook", 6, "arc=again/lot=20260101PT5M000.json",
       "is due and nobody took it",
       [](AuditedWorld& world) {
         world.workload.suffix = "2";
         world.workload.directory = "second";
         world.edit_claim(lot0,
                          [](record::Claim& claim) { claim.sources["main"].revision = "other"; });
         world.run_arc(lot0, 0);
       }},
      {"SubscriptionDamaged", 6, "subscriptions/project=orders/version=1/arc=copy.json",
       "the record cannot be read",
       [](AuditedWorld& world) {
         need(world.store.put(world.places.arc_subscription({"orders", "1"}, "copy"), "{"));
       }},
      {"DatasetRecordDamaged", 6, "datasets/name=out/version=1/dataset.json",
       "the record cannot be read",
       [](AuditedWorld& world) { need(world.store.put(world.places.dataset({"out", "1"}), "{")); }},
      {"ArcStateDeleted", 6, "lot=20260101PT5M000/complete.arc", "its .arc object is missing",
       [=](AuditedWorld& world) { remove(world, arc_state(world, record::ArcState::complete)); }},
  };
}

std::vector<Kind> all_kinds() {
  std::vector<Kind> kinds;
  for (auto&& some : {of_promise_1(), of_promise_2(), of_promise_3(), of_promise_4(),
                      of_promise_5(), of_promise_6()}) {
    std::ranges::copy(some, std::back_inserter(kinds));
  }
  return kinds;
}

AuditReport audit_settled(AuditedWorld& world) {
  return world.audit_as({.now = world.clock.now(), .settled = true});
}

class PlantedViolation : public ::testing::TestWithParam<Kind> {};

TEST_P(PlantedViolation, IsFoundAndNamed) {
  const Kind& kind = GetParam();
  AuditedWorld world(model::OnConflict::beside, Arcs::Two);
  ASSERT_TRUE(audit_settled(world).violations.empty());
  kind.plant(world);
  const AuditReport report = audit_settled(world);
  const auto is_it = [&](const AuditViolation& one) {
    return one.promise == kind.promise &&
           one.uri.value_or("").find(kind.uri) != std::string::npos &&
           one.message.find(kind.message) != std::string::npos;
  };
  std::string all;
  for (const auto& one : report.violations) {
    all += format("{} {} {}\n", one.promise, one.uri.value_or("-"), one.message);
  }
  EXPECT_EQ(std::ranges::count_if(report.violations, is_it), 1) << all;
  EXPECT_GT(report.promises.at(kind.promise - 1).violations, 0U);
  EXPECT_TRUE(report.promises.at(kind.promise - 1).checked);
}

INSTANTIATE_TEST_SUITE_P(All, PlantedViolation, ::testing::ValuesIn(all_kinds()),
                         [](const auto& one) { return one.param.name; });

TEST(PlantedViolations, AreManyKindsOfEveryPromise) {
  std::set<std::string> names;
  std::set<unsigned> promises;
  for (const auto& kind : all_kinds()) {
    names.insert(kind.name);
    promises.insert(kind.promise);
  }
  EXPECT_EQ(names.size(), all_kinds().size());
  EXPECT_GE(names.size(), 20U);
  EXPECT_EQ(promises, (std::set<unsigned>{1, 2, 3, 4, 5, 6}));
}

}  // namespace
}  // namespace cls::flow
