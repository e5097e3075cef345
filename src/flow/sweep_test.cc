// SPDX-License-Identifier: Apache-2.0
#include "flow/sweep.h"

#include <gmock/gmock.h>

#include "base/format.h"
#include "flow/test_world.h"
#include "store/faulty_store.h"

namespace cls::flow {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string lot = "20230101PT5M000";

/// Keeps notes in memory.
class MemoryNotes final : public ClaimNotes {
 public:
  std::optional<std::string> find(const store::ObjectInfo& info) override {
    const auto found = notes.find({info.uri, info.size, info.modified});
    return found == notes.end() ? std::nullopt : std::optional(found->second);
  }
  void keep(const store::ObjectInfo& info, const std::string& note) override {
    notes[{info.uri, info.size, info.modified}] = note;
  }
  std::map<std::tuple<Uri, std::uint64_t, Instant>, std::string> notes;
};

class SweepTest : public ::testing::Test {
 protected:
  SweepTest() {
    const auto boundary = world_.boundary();
    EXPECT_TRUE(boundary->take({world_.arrival("a", "2023-01-01T00:01:00Z")}));
    EXPECT_TRUE(boundary->seal());
    for (const std::size_t arc : {0U, 1U}) {
      EXPECT_TRUE(
          std::holds_alternative<Ended>(world_.flow(arc).run(testing::lot_id(lot)).value()));
    }
    world_.clock.advance(std::chrono::hours(1));
  }
  SweepReport sweep(std::size_t arc, ClaimNotes* notes) {
    reads_ = 0;
    return sweep_arc(counted_, *world_.deployment, *world_.logs, world_.deployment->arcs()[arc], {},
                     notes)
        .value();
  }
  void change(const std::function<void(record::Claim&)>& how) {
    auto stored = world_.claim(lot).value();
    how(stored.claim);
    ASSERT_TRUE(write_claim(world_.store, stored.uri, stored.claim, stored.etag)->has_value());
  }

  testing::World world_;
  int reads_ = 0;  ///< of claims
  store::FaultyStore counted_{
      world_.store, [this](store::Operation operation, const Uri& uri) {
        if (operation == store::Operation::Get && uri.key.find("claims/") != std::string::npos) {
          ++reads_;
        }
        return store::Fault{};
      }};
  MemoryNotes notes_;
};

TEST_F(SweepTest, AClaimThatHasEndedIsReadOnceWithNotes) {
  EXPECT_THAT(sweep(0, &notes_).due, IsEmpty());
  EXPECT_EQ(reads_, 1);
  EXPECT_THAT(sweep(0, &notes_).due, IsEmpty());
  EXPECT_EQ(reads_, 0);
  EXPECT_THAT(sweep(0, nullptr).due, IsEmpty());
  EXPECT_EQ(reads_, 1);
}

TEST_F(SweepTest, AClaimThatChangedIsReadAgain) {
  sweep(0, &notes_);
  change([](record::Claim& claim) { claim.state = record::ClaimState::retrying; });
  EXPECT_THAT(sweep(0, &notes_).due, ElementsAre(testing::lot_id(lot)));
  EXPECT_THAT(sweep(0, &notes_).due, ElementsAre(testing::lot_id(lot)));
  EXPECT_EQ(reads_, 1) << "no note is kept of what is not over";
}

TEST_F(SweepTest, ANewRevisionIsFoundThroughNotesOfBothArcs) {
  EXPECT_THAT(sweep(1, &notes_).due, IsEmpty());
  change([](record::Claim& claim) { claim.sinks.at("main").revision = "another"; });
  EXPECT_THAT(sweep(1, &notes_).due, ElementsAre(testing::lot_id(lot)));
  EXPECT_THAT(sweep(1, &notes_).due, ElementsAre(testing::lot_id(lot)));
  EXPECT_EQ(reads_, 0) << "both claims are noted, and say it";
}

TEST_F(SweepTest, ALotThatEndedMissingIsUnfinishedAlsoByItsNote) {
  change([](record::Claim& claim) {
    claim.state = record::ClaimState::ended;
    claim.result = record::ClaimResult::missing;
  });
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(sweep(0, &notes_).unfinished, ElementsAre(testing::lot_id(lot)));
  }
  EXPECT_EQ(reads_, 0);
}

TEST_F(SweepTest, ALotOfAnotherUnitInTheSameDatasetHidesNone) {
  model::ProjectPlan plan = world_.project().plan;
  plan.arcs[0].sources = {{"main", testing::source("old")}};
  world_.make(std::move(plan));
  const auto& places = world_.project().places;
  for (const auto* of_older_tool : {"20230101PT15M000", "20230101PT5M001", "latest"}) {
    Uri uri = places.manifests_prefix({"old", "1"});
    uri.key += format("lot={}/state=complete/manifest.json", of_older_tool);
    ASSERT_TRUE(world_.store.put(uri, "{}"));
  }
  EXPECT_THAT(sweep(0, nullptr).due,
              ::testing::UnorderedElementsAre(testing::lot_id("20230101PT15M000"),
                                              testing::lot_id("20230101PT5M001")));
}

TEST(ClaimNotes, HoldWhatASweepNeedsOfClaimsThatAreOver) {
  record::Claim claim;
  claim.lot = lot;
  claim.state = record::ClaimState::committed;
  claim.result = record::ClaimResult::complete;
  claim.sources["in"] = {.manifest = "s3://b/m", .revision = "r1"};
  claim.sinks["out"].revision = "r2";
  EXPECT_EQ(note_of(claim), std::nullopt) << "it is not published";
  claim.sinks["out"].published = true;
  const auto back = claim_of(note_of(claim).value()).value();
  EXPECT_EQ(back.lot, lot);
  EXPECT_EQ(back.state, claim.state);
  EXPECT_EQ(back.result, claim.result);
  EXPECT_EQ(back.sources.at("in").revision, "r1");
  EXPECT_EQ(back.sinks.at("out").revision, "r2");
  EXPECT_TRUE(back.sinks.at("out").published);
  claim.state = record::ClaimState::running;
  EXPECT_EQ(note_of(claim), std::nullopt);
  for (const auto* damaged : {"", "x", "a\tb\tc\n", "20230101PT5M000\tcommitted\tcomplete\nx\n"}) {
    EXPECT_EQ(claim_of(damaged), std::nullopt) << damaged;
  }
}

}  // namespace
}  // namespace cls::flow
