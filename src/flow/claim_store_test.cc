// SPDX-License-Identifier: Apache-2.0
#include "flow/claim_store.h"

#include <latch>
#include <thread>

#include <gmock/gmock.h>

#include "flow/publisher.h"
#include "flow/test_world.h"
#include "store/faulty_store.h"

namespace cls::flow {
namespace {

using store::Fault;
using store::Operation;
using testing::lot_id;
using testing::World;

const std::string lot = "20230101PT5M000";

/// A running claim of an arc, held through a store whose faults the test decides.
class HeldClaimTest : public ::testing::Test {
 protected:
  HeldClaimTest() {
    record::Claim claim;
    claim.project = "p";
    claim.projectVersion = "1";
    claim.arc = "a";
    claim.lot = lot;
    claim.state = record::ClaimState::running;
    claim.owner = world_.self;
    claim.leaseSec = 60;
    claim.nonce = "n";
    claim.attempt = "A";
    uri_ = claim_uri(world_.deployment->arcs().front(), lot_id(lot));
    auto stored = write_claim(world_.store, uri_, claim, std::nullopt).value().value();
    held_ = std::make_unique<HeldClaim>(faulty_, world_.clock, std::move(stored));
  }

  /// Makes every write of this operation fail so, until told otherwise.
  void fail_writes(Fault::When when) {
    faulty_.set_plan([when](Operation operation, const Uri&) {
      Fault fault;
      if (operation == Operation::ReplaceIf || operation == Operation::Get) fault.when = when;
      return fault;
    });
  }
  void heal() { faulty_.set_plan({}); }
  record::Claim stored() { return read_claim(world_.store, uri_).value()->claim; }

  World world_;
  store::FaultyStore faulty_{world_.store};
  Uri uri_;
  std::unique_ptr<HeldClaim> held_;
};

TEST_F(HeldClaimTest, BeatsAfterAThirdOfTheLease) {
  world_.clock.advance(std::chrono::seconds(19));
  held_->keep();
  EXPECT_EQ(stored().beat, 0U);
  world_.clock.advance(std::chrono::seconds(1));
  held_->keep();
  EXPECT_EQ(stored().beat, 1U);
}

TEST_F(HeldClaimTest, AWriteThatTookEffectThoughItsAnswerWasLostIsStillItsOwn) {
  fail_writes(Fault::When::AfterEffect);
  EXPECT_FALSE(held_->update([](record::Claim&) {})) << "the store does not answer";
  EXPECT_FALSE(held_->lost());
  EXPECT_EQ(stored().beat, 1U);
  heal();
  const auto committed =
      held_->update([](record::Claim& claim) { claim.state = record::ClaimState::committed; });
  ASSERT_TRUE(committed);
  EXPECT_TRUE(*committed);
  EXPECT_EQ(stored().state, record::ClaimState::committed);
}

TEST_F(HeldClaimTest, B1_AnothersClaimIsNeverTakenForItsOwn) {
  record::Claim other = stored();
  ++other.beat;
  ++other.epoch;
  other.nonce = "other";
  other.owner->id = "other";
  const auto present = read_claim(world_.store, uri_).value().value();
  ASSERT_TRUE(*write_claim(world_.store, uri_, other, present.etag));
  const auto updated =
      held_->update([](record::Claim& claim) { claim.state = record::ClaimState::committed; });
  ASSERT_TRUE(updated);
  EXPECT_FALSE(*updated);
  EXPECT_TRUE(held_->lost());
  EXPECT_TRUE(held_->stop_token().stop_requested());
  EXPECT_EQ(stored(), other);
}

TEST_F(HeldClaimTest, StopsAtTwoThirdsOfTheLeaseWithoutABeat) {
  fail_writes(Fault::When::BeforeEffect);
  world_.clock.advance(std::chrono::seconds(39));
  held_->keep();
  EXPECT_FALSE(held_->lost());
  world_.clock.advance(std::chrono::seconds(1));
  held_->keep();
  EXPECT_TRUE(held_->lost());
}

TEST_F(HeldClaimTest, ALateHeartbeatIsNoHeartbeat) {
  world_.clock.advance(std::chrono::seconds(40));
  held_->keep();
  EXPECT_TRUE(held_->lost()) << "somebody may judge the lease expired soon";
  EXPECT_EQ(stored().beat, 0U);
}

/// Several held claims over a store that does not answer for one of them, until told otherwise.
class HeldClaimsTest : public HeldClaimTest {
 protected:
  HeldClaimsTest() {
    for (int i = 0; i < 3; ++i) {
      record::Claim claim = stored();
      claim.lot = "20230101PT5M00" + std::to_string(i + 1);
      const Uri uri = claim_uri(world_.deployment->arcs().front(), lot_id(claim.lot));
      auto written = write_claim(world_.store, uri, claim, std::nullopt).value().value();
      all_.push_back(claims_.hold(faulty_, world_.clock, std::move(written)));
    }
    faulty_.set_plan([this](Operation operation, const Uri& uri) {
      Fault fault;
      if (operation == Operation::ReplaceIf && uri == all_.front()->uri()) {
        fault.before_effect = [this] {
          hanging_.count_down();
          answered_.wait();
        };
      }
      return fault;
    });
  }
  record::Claim stored_of(std::size_t i) {
    return read_claim(world_.store, all_.at(i)->uri()).value()->claim;
  }

  HeldClaims claims_;
  std::vector<std::shared_ptr<HeldClaim>> all_;
  std::latch hanging_{1};
  std::latch answered_{1};
};

TEST_F(HeldClaimsTest, AClaimThatIsTakenWhileAllAreStoppedIsStoppedToo) {
  claims_.request_stop_all();
  EXPECT_TRUE(all_.at(0)->stop_token().stop_requested());
  claims_.release(all_.at(2));
  auto again = read_claim(world_.store, all_.at(2)->uri()).value().value();
  const auto late = claims_.hold(world_.store, world_.clock, std::move(again));
  EXPECT_TRUE(late->stop_token().stop_requested());
}

TEST_F(HeldClaimsTest, AWriteThatHangsHoldsUpNoOtherHeartbeatAndIsGivenUpByTheClock) {
  world_.clock.advance(std::chrono::seconds(20));
  ASSERT_TRUE(claims_.judge_all());
  std::jthread hanging([this] { EXPECT_TRUE(claims_.beat_one()); });
  hanging_.wait();
  EXPECT_TRUE(claims_.beat_one());
  EXPECT_TRUE(claims_.beat_one());
  EXPECT_FALSE(claims_.beat_one());
  EXPECT_EQ(stored_of(1).beat, 1U);
  EXPECT_EQ(stored_of(2).beat, 1U);
  world_.clock.advance(std::chrono::seconds(19));
  EXPECT_FALSE(claims_.judge_all()) << "its beat is under way, the others have another second";
  world_.clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(claims_.judge_all());
  EXPECT_TRUE(all_.at(0)->lost()) << "the store still has not answered";
  EXPECT_TRUE(all_.at(0)->stop_token().stop_requested());
  EXPECT_FALSE(all_.at(1)->lost());
  answered_.count_down();
}

TEST_F(HeldClaimsTest, AWriteOfTheAttemptThatIsUnderWayIsNotWaitedFor) {
  std::jthread committing([this] {
    EXPECT_TRUE(all_.front()->update([](record::Claim& claim) { claim.attempts = 1; }));
  });
  hanging_.wait();
  world_.clock.advance(std::chrono::seconds(20));
  ASSERT_TRUE(claims_.judge_all());
  while (claims_.beat_one()) {
  }
  EXPECT_EQ(stored_of(1).beat, 1U);
  world_.clock.advance(std::chrono::seconds(20));
  claims_.judge_all();
  EXPECT_TRUE(all_.front()->lost());
  answered_.count_down();
}

}  // namespace
}  // namespace cls::flow
