// SPDX-License-Identifier: Apache-2.0
// The audit of what an attempt wrote over, and of arcs that had another sink dataset before.
#include "flow/commit_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/audited_world_test.h"
#include "flow/publisher.h"
#include "record/overwrites.h"

namespace cls::flow {
namespace {

using record::ManifestState;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* lot0 = "20260101PT5M000";
constexpr const char* lot4 = "20260101PT5M004";
constexpr const char* member = "s3://data/out/20260101PT5M000/a";

std::vector<std::string> messages(const AuditReport& report) {
  std::vector<std::string> texts;
  texts.reserve(report.violations.size());
  for (const auto& one : report.violations) {
    texts.push_back(format("{}|{}|{}", one.promise, one.uri.value_or("-"), one.message));
  }
  return texts;
}

/// An attempt of another lot has put on record that it writes over the object.
void record_overwriting(AuditedWorld& world, const std::string& uri, const std::string& etag) {
  const Uri place = world.places.overwrites({"orders", "1"}, "copy", need(lot::LotId::parse(lot4)),
                                            "01ATTEMPT", 1);
  need(world.store.put(place,
                       record::write_overwrites({.head = {.project = "orders",
                                                          .projectVersion = "1",
                                                          .arc = "copy",
                                                          .lot = lot4,
                                                          .attempt = "01ATTEMPT"},
                                                 .lines = {{.role = "main",
                                                            .uri = uri,
                                                            .superseded = etag,
                                                            .size = 5,
                                                            .sha256 = sha256_hex("other")}}})));
}

TEST(CommitCheck, SaysWhichAttemptWroteOverAMemberThoughItCameToNoCommit) {
  AuditedWorld world;
  record_overwriting(world, member, md5_hex("aaa"));
  EXPECT_THAT(world.audit().notes, IsEmpty()) << "nothing was written over yet";
  world.put(member, "other");
  const auto report = world.audit();
  EXPECT_THAT(messages(report), IsEmpty());
  EXPECT_THAT(report.notes,
              ElementsAre(AllOf(HasSubstr("1 object that a manifest lists was written over"),
                                HasSubstr(format("{} of orders/1 copy {} was superseded by attempt "
                                                 "01ATTEMPT of orders/1 copy {}",
                                                 member, lot0, lot4)))));
}

TEST(CommitCheck, ARecordOfAnotherVersionOrObjectExcusesNothing) {
  AuditedWorld world;
  record_overwriting(world, member, md5_hex("before"));
  world.put(member, "other");
  EXPECT_THAT(messages(world.audit()),
              ElementsAre(AllOf(HasSubstr(member), HasSubstr("other bytes than were committed"))));
  record_overwriting(world, "s3://data/out/20260101PT5M000/b", md5_hex("aaa"));
  EXPECT_THAT(messages(world.audit()), ElementsAre(HasSubstr(member)));
}

TEST(CommitCheck, ARecordThatCannotBeReadExcusesNothingAndIsNamed) {
  AuditedWorld world;
  record_overwriting(world, member, md5_hex("aaa"));
  const Uri place = world.places.overwrites({"orders", "1"}, "copy", need(lot::LotId::parse(lot4)),
                                            "01ATTEMPT", 1);
  need(world.store.put(place, "{"));
  world.put(member, "other");
  const auto report = world.audit();
  EXPECT_THAT(messages(report), ElementsAre(HasSubstr(member)));
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr(place.to_string())));
}

TEST(CommitCheck, ALotMadeAgainForAnotherDatasetHasItsFormerRevisionUnderTheOldOne) {
  AuditedWorld world;
  world.redeploy_with_sink("new");
  world.replay(lot0);
  EXPECT_EQ(world.claim(lot0).sinks.at("main").number, 2U);
  auto report = world.audit();
  EXPECT_THAT(messages(report), IsEmpty());
  EXPECT_EQ(report.promises[1].lots, 1U) << "it was looked at";
  world.workload.suffix = "2";
  world.workload.directory = "second";
  world.replay(lot0);
  EXPECT_EQ(world.claim(lot0).sinks.at("main").number, 3U);
  EXPECT_THAT(messages(world.audit()), IsEmpty());
}

TEST(CommitCheck, NamesAFormerRevisionThatIsGoneFromTheDatasetThatTheArcHadBefore) {
  AuditedWorld world;
  world.redeploy_with_sink("new");
  world.replay(lot0);
  need(world.store.remove(world.manifest("out", lot0, ManifestState::complete)));
  EXPECT_THAT(messages(world.audit()),
              ElementsAre(AllOf(HasSubstr("2|"), HasSubstr("revision 2 replaced another one"))));
}

TEST(CommitCheck, ADatasetThatAnArcWritesAgainKeepsEachRevisionUnderItsOwnAttempt) {
  AuditedWorld world;
  const std::string first = world.claim(lot0).attempt;
  world.redeploy_with_sink("new");
  world.replay(lot0);
  world.redeploy_with_sink("out");
  world.workload.suffix = "3";
  world.workload.directory = "third";
  world.replay(lot0);
  EXPECT_EQ(world.claim(lot0).sinks.at("main").number, 3U);
  EXPECT_TRUE(world.store.head(world.places.manifest({"out", "1"}, need(lot::LotId::parse(lot0)),
                                                     ManifestState::removed, first)));
  EXPECT_THAT(messages(world.audit()), IsEmpty());
}

TEST(CommitCheck, OfASpoiledManifestTheRevisionIsKeptThatItWas) {
  AuditedWorld world;
  const std::string first = world.claim(lot0).attempt;
  const Uri published = world.manifest("out", lot0, ManifestState::complete);
  const std::string body = need(world.store.get(published)).bytes;
  need(world.store.put(published, body.substr(0, body.size() / 2)));
  world.workload.directory = "second";
  world.replay(lot0);
  const Uri kept = world.places.manifest({"out", "1"}, need(lot::LotId::parse(lot0)),
                                         ManifestState::removed, first);
  EXPECT_EQ(need(world.store.get(kept)).bytes, body);
  EXPECT_THAT(messages(world.audit()), IsEmpty());
}

TEST(CommitCheck, ARoleThatIsDeclaredNoMoreStaysAtItsRevision) {
  AuditedWorld world;
  const auto declare = [&](const std::string& declaration, bool side) {
    world.redeploy([&](model::ProjectPlan& plan) {
      auto& arc = plan.arcs.front();
      arc.declaration = declaration;
      arc.sinks.resize(1);
      if (!side) return;
      arc.sinks.emplace_back("side", arc.sinks.front().second);
      arc.sinks.back().second.name = "side";
      arc.sinks.back().second.pathURI = "s3://data/side/";
    });
    world.workload.directory = declaration;  // each attempt has members of its own
    world.replay(lot0);
  };
  declare("both", true);
  EXPECT_EQ(world.claim(lot0).sinks.at("side").number, 1U);
  declare("one", false);
  EXPECT_EQ(world.claim(lot0).sinks.at("side").number, 1U);
  EXPECT_THAT(messages(world.audit()), IsEmpty());
  declare("both again", true);
  EXPECT_EQ(world.claim(lot0).sinks.at("side").number, 2U);
  declare("one again", false);
  declare("both at last", true);
  EXPECT_EQ(world.claim(lot0).sinks.at("side").number, 3U);
  EXPECT_FALSE(is_behind(world.claim(lot0)));
  EXPECT_THAT(messages(world.audit()), IsEmpty());
}

TEST(CommitCheck, ADatasetThatAnotherArcHasNowMayHaveManifestsOfItsFormerOne) {
  AuditedWorld world;
  const auto take_over = [&] {
    world.redeploy_with_sink("new");
    world.redeploy([](model::ProjectPlan& plan) {
      model::ArcPlan other = plan.arcs.front();
      other.name = "other";
      other.sinks.front().second.name = "out";
      plan.arcs.push_back(std::move(other));
    });
  };
  take_over();
  EXPECT_THAT(messages(world.audit()), IsEmpty()) << "the former owner's claim names it";
  world.edit_claim(lot0, [](record::Claim& claim) { claim.sources["main"].revision = "other"; });
  world.run_arc(lot0, 0);
  EXPECT_THAT(messages(world.audit()), IsEmpty()) << "and now names another one";
  need(world.store.put(world.manifest("out", lot0, ManifestState::complete), "{}"));
  EXPECT_THAT(messages(world.audit()),
              ::testing::Contains(HasSubstr("nobody committed this manifest")));
}

}  // namespace
}  // namespace cls::flow
