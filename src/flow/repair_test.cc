// SPDX-License-Identifier: Apache-2.0
#include "flow/repair.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/audited_world_test.h"

namespace cls::flow {
namespace {

using record::ManifestState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* lot0 = "20260101PT5M000";
constexpr const char* lot1 = "20260101PT5M001";

/// Every object of a store's bucket, by key.
std::map<std::string, std::string> all_in(store::ObjectStore& store, const std::string& bucket) {
  std::map<std::string, std::string> objects;
  need(store::for_each_object(store, {"s3", bucket, ""}, [&](const store::ObjectInfo& info) {
    objects[info.uri.key] = need(store.get(info.uri)).bytes;
  }));
  return objects;
}

/// Records and data, but for what was kept aside.
std::map<std::string, std::string> all_of(AuditedWorld& world) {
  std::map<std::string, std::string> all;
  for (const auto kind : {record::StoreKind::ArcState, record::StoreKind::Manifest}) {
    all.merge(all_in(world.store, record::store_name(world.places.placement(), kind)));
  }
  all.merge(all_in(world.store, "data"));
  std::erase_if(all,
                [](const auto& one) { return one.first.find("attempt=0/") != std::string::npos; });
  return all;
}

/// Claims whose marks were set anew have another beat.
std::map<std::string, std::string> without_claims(std::map<std::string, std::string> all) {
  std::erase_if(all, [](const auto& one) { return one.first.starts_with("claims/"); });
  return all;
}

std::vector<std::string> plan_of(const AuditReport& report) {
  std::vector<std::string> lines;
  lines.reserve(report.repairs.size());
  for (const auto& one : report.repairs) {
    lines.push_back(format("{} {} {} {}", json::name_of(one.action), one.lot,
                           one.arc.value_or(one.boundary.value_or("-")), one.why));
  }
  return lines;
}

TEST(Repair, PublishesAgainWhatRecordsGive) {
  AuditedWorld world;
  const auto before = all_of(world);
  need(world.store.remove(world.manifest("in", lot0, ManifestState::complete)));
  need(world.store.put(world.manifest("in", lot1, ManifestState::complete), "{}"));
  need(world.store.remove(world.manifest("out", lot0, ManifestState::complete)));
  need(world.store.put(world.manifest("out", lot1, ManifestState::complete), "{}"));
  auto report = world.audit();
  EXPECT_THAT(plan_of(report),
              ElementsAre("publish commit 20260101PT5M000 orders/1 copy is missing",
                          "publish commit 20260101PT5M001 orders/1 copy its bytes are not those "
                          "that the claim names",
                          "publish lot 20260101PT5M000 orders/1 ingress is missing",
                          "publish lot 20260101PT5M001 orders/1 ingress its bytes are not what the "
                          "ledger says"));
  EXPECT_EQ(repair(world.store, world.deployment, report.repairs), 4U);
  for (const auto& one : report.repairs) EXPECT_TRUE(one.done) << one.failure.value_or("");
  EXPECT_EQ(all_of(world), before);
  const auto after = world.audit();
  EXPECT_THAT(after.violations, IsEmpty());
  EXPECT_THAT(after.repairs, IsEmpty());
  // What stood there is kept.
  const auto lot = need(lot::LotId::parse(lot1));
  for (const char* dataset : {"in", "out"}) {
    const Uri kept = world.places.manifest({dataset, "1"}, lot, ManifestState::removed, "0");
    EXPECT_EQ(need(world.store.get(kept)).bytes, "{}");
  }
}

TEST(Repair, SetsOwedMarksAndArcStates) {
  AuditedWorld world;
  const auto before = without_claims(all_of(world));
  const auto state = [&](const char* lot, record::ArcState which) {
    return world.places.arc_state({"orders", "1"}, "copy", need(lot::LotId::parse(lot)), which);
  };
  world.edit_claim(lot0, [](record::Claim& claim) { claim.sinks["main"].published = false; });
  need(world.store.remove(state(lot0, record::ArcState::complete)));
  need(world.store.put(state(lot1, record::ArcState::partial), ""));
  auto report = world.audit();
  EXPECT_THAT(plan_of(report),
              ElementsAre("publish commit 20260101PT5M000 orders/1 copy is committed and not "
                          "published yet",
                          "publish commit 20260101PT5M001 orders/1 copy stands beside another "
                          "state"));
  EXPECT_EQ(repair(world.store, world.deployment, report.repairs), 2U);
  EXPECT_TRUE(world.claim(lot0).sinks.at("main").published);
  EXPECT_EQ(without_claims(all_of(world)), before);
  EXPECT_THAT(world.audit().repairs, IsEmpty());
}

TEST(Repair, WritesTheArcStateThatAnEndedLotIsOwed) {
  AuditedWorld world;
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/x", "x")});
  world.workload.fails = true;
  world.run_arc("20260101PT5M004");
  const Uri missing =
      world.places.arc_state({"orders", "1"}, "copy", need(lot::LotId::parse("20260101PT5M004")),
                             record::ArcState::missing);
  need(world.store.remove(missing));
  auto report = world.audit();
  EXPECT_THAT(report.violations, IsEmpty());
  EXPECT_THAT(report.notes,
              ElementsAre(HasSubstr("the .arc objects of 1 lot are not what the claims say")));
  EXPECT_EQ(repair(world.store, world.deployment, report.repairs), 1U);
  EXPECT_TRUE(world.store.head(missing).has_value());
  EXPECT_THAT(world.audit().notes, IsEmpty());
}

TEST(Repair, PlansNothingThatNoRecordGives) {
  AuditedWorld world;
  need(world.store.remove(parsed("s3://data/in/a")));
  need(world.store.remove(parsed("s3://data/out/20260101PT5M000/b")));
  need(world.store.remove(world.members_place(lot1)));
  need(world.store.remove(world.manifest("out", lot1, ManifestState::complete)));
  const auto report = world.audit();
  EXPECT_EQ(report.violations.size(), 4U);
  EXPECT_THAT(report.repairs, IsEmpty());
  EXPECT_THAT(report.violations.back().message, HasSubstr("restore it from a copy"));
}

TEST(Repair, SaysWhyWhatStandsThereCannotBeKept) {
  AuditedWorld world;
  world.workload.suffix = "2";
  world.workload.directory = "second";
  world.replay(lot0);
  // The place for what is replaced holds the former revision, which stays.
  need(world.store.put(world.manifest("out", lot0, ManifestState::complete),
                       record::write_manifest({.state = ManifestState::complete,
                                               .comment = {},
                                               .lotId = lot0,
                                               .uriType = record::UriType::identifier,
                                               .uris = {"s3://elsewhere/x"}})));
  const auto before = all_of(world);
  auto report = world.audit();
  ASSERT_EQ(report.repairs.size(), 1U);
  EXPECT_EQ(repair(world.store, world.deployment, report.repairs), 0U);
  EXPECT_FALSE(report.repairs.front().done);
  EXPECT_THAT(report.repairs.front().failure.value_or(""), HasSubstr("move one of the two away"));
  EXPECT_EQ(all_of(world), before);
}

TEST(Repair, OfAPlanForWhatIsNotDeployedSaysSo) {
  AuditedWorld world;
  std::vector<AuditRepair> plan{{.action = RepairAction::publishLot,
                                 .boundary = "other/1 ingress",
                                 .arc = std::nullopt,
                                 .lot = lot0,
                                 .uri = "s3://m/k",
                                 .why = ""},
                                {.action = RepairAction::publishCommit,
                                 .boundary = std::nullopt,
                                 .arc = "orders/1 copy",
                                 .lot = "today",
                                 .uri = "s3://m/k",
                                 .why = ""}};
  EXPECT_EQ(repair(world.store, world.deployment, plan), 0U);
  EXPECT_EQ(plan[0].failure, "the boundary is not deployed");
  EXPECT_EQ(plan[1].failure, "'today' is no lot");
}

}  // namespace
}  // namespace cls::flow
