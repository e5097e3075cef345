// SPDX-License-Identifier: Apache-2.0
// Empty revisions of lots whose arc has, or had, another sink: what the audit takes for kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/audited_world_test.h"

namespace cls::flow {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* lot = "20260101PT5M004";

/// What is wrong, a promise and a URI each.
std::vector<std::string> found(const AuditReport& report) {
  std::vector<std::string> all;
  for (const auto& one : report.violations) {
    all.push_back(std::to_string(one.promise) + " " + one.uri.value_or("-"));
  }
  return all;
}

/// A lot of which nothing is made.
void make_nothing(AuditedWorld& world) {
  world.workload.makes_nothing = true;
  world.clock.advance(std::chrono::minutes(5));
  world.take({world.put("s3://data/in/x", "x")});
  world.run_arc(lot);
  world.workload.makes_nothing = false;
}

TEST(Checker, AnEmptyRevisionStandsInTheDatasetThatItsArcHasAgain) {
  AuditedWorld world;
  make_nothing(world);
  world.redeploy_with_sink("moved");
  world.replay(lot);
  world.redeploy_with_sink("out");
  EXPECT_THAT(found(world.audit()), IsEmpty());
}

TEST(Checker, AnEmptyRevisionOfAnotherSinkIsNotTheFormerOneThatIsGone) {
  AuditedWorld world;
  world.redeploy([](model::ProjectPlan& plan) {
    auto side = plan.arcs.front().sinks.front().second;
    side.name = "side";
    side.pathURI = "s3://data/side/";
    plan.arcs.front().sinks.emplace_back("side", side);
    plan.arcs.front().declaration = "d2";
  });
  make_nothing(world);
  const std::string first = world.claim(lot).attempt;
  world.replay(lot);
  ASSERT_THAT(found(world.audit()), IsEmpty());
  const Uri kept = world.places.manifest({"out", "1"}, need(lot::LotId::parse(lot)),
                                         record::ManifestState::removed, first);
  need(world.store.remove(kept));
  EXPECT_THAT(found(world.audit()), ElementsAre("2 " + kept.to_string()));
}

}  // namespace
}  // namespace cls::flow
