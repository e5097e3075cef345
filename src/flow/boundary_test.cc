// SPDX-License-Identifier: Apache-2.0
#include "flow/boundary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "flow/test_world.h"
#include "store/faulty_store.h"

namespace cls::flow {
namespace {

using testing::at;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::lot_id;
using ::testing::Optional;
using testing::World;
using State = record::ManifestState;

model::BoundaryPlan infrequent() {
  auto plan = World::default_boundary();
  plan.arrival = model::EventArrival::infrequent;
  plan.settle = std::chrono::seconds(0);
  return plan;
}

std::vector<record::LedgerLine> lines(World& world) {
  std::vector<record::LedgerLine> all;
  EXPECT_TRUE(world.log().for_each_segment([&](const record::Segment& segment) {
    all.insert(all.end(), segment.lines.begin(), segment.lines.end());
  }));
  return all;
}

TEST(FrequentBoundary, ClosesALotWhenItsIntervalEndedAndSettled) {
  World world;
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:05:59Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  EXPECT_EQ(world.log().last_number(), 0U);
  world.clock.set(at("2023-01-01T00:06:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  const auto manifest = world.manifest("in", "20230101PT5M000", State::complete);
  ASSERT_TRUE(manifest);
  EXPECT_THAT(manifest->uris, ElementsAre("s3://b/in/x"));
  EXPECT_THAT(world.events.seen, ElementsAre("in 20230101PT5M000"));
}

TEST(FrequentBoundary, AnArrivalKeepsItsLotOpenForAnotherSettleTime) {
  World world;
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:05:50Z"));
  ASSERT_TRUE(boundary->take({world.arrival("y", "2023-01-01T00:02:00Z")}));
  world.clock.set(at("2023-01-01T00:06:30Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  EXPECT_FALSE(world.log().is_closed(lot_id("20230101PT5M000")));
  world.clock.set(at("2023-01-01T00:06:50Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  EXPECT_THAT(world.uris("in", "20230101PT5M000", State::complete),
              ElementsAre("s3://b/in/x", "s3://b/in/y"));
}

TEST(FrequentBoundary, A2_ASecondTickPublishesNothingBesideTheCompleteManifest) {
  World world;
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:07:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  EXPECT_FALSE(world.manifest("in", "20230101PT5M000", State::empty));
  EXPECT_EQ(world.events.seen.size(), 1U);
}

TEST(FrequentBoundary, ALateObjectJoinsTheCollectingLotAndIsStoredAtOnce) {
  World world;
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:12:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(boundary->take({world.arrival("late", "2023-01-01T00:02:00Z")}));
  const auto all = lines(world);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].ownLot, "20230101PT5M000");
  EXPECT_EQ(all[1].lot, "20230101PT5M002");
  EXPECT_TRUE(world.log().is_collecting(lot_id("20230101PT5M002")));
  world.clock.set(at("2023-01-01T00:16:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  EXPECT_THAT(world.uris("in", "20230101PT5M002", State::complete), ElementsAre("s3://b/in/late"));
}

TEST(FrequentBoundary, RejectsALateObjectWhenToldTo) {
  auto plan = World::default_boundary();
  plan.lateness = model::Lateness::reject;
  World world(plan);
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:12:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(boundary->take({world.arrival("late", "2023-01-01T00:02:00Z")}));
  EXPECT_EQ(lines(world).back().decision, record::Decision::rejected);
  EXPECT_THAT(lines(world).back().reason, Optional(std::string("its lot is closed")));
  EXPECT_EQ(world.log().counts().rejected, 1U);
}

/// An object of S3, of which a listing tells size and ETag.
Arrival of_s3(World& world, const std::string& key, const std::string& modified,
              const std::string& etag) {
  Arrival arrival = world.arrival(key, modified);
  arrival.version.mtime.reset();
  arrival.version.sha256.reset();
  arrival.version.etag = etag;
  return arrival;
}

TEST(FrequentBoundary, ByAnETagAListedVersionThatComesBackIsKnown) {
  World world;
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({of_s3(world, "x", "2023-01-01T00:01:00Z", "a")}));
  world.clock.set(at("2023-01-01T00:07:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(boundary->take({of_s3(world, "x", "2023-01-01T00:06:00Z", "b")}));
  ASSERT_TRUE(boundary->take({of_s3(world, "x", "2023-01-01T00:06:30Z", "a")}));
  world.clock.set(at("2023-01-01T00:12:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  const auto all = lines(world);
  ASSERT_EQ(all.size(), 2U) << "it was never anything else, as far as the log tells";
  EXPECT_EQ(all[0].decision, record::Decision::member);
  EXPECT_EQ(all[1].decision, record::Decision::vanished);
  EXPECT_THAT(all[1].object.etag, Optional(std::string("b")));
  // But what came between is listed: then it is another object.
  ASSERT_TRUE(boundary->take({of_s3(world, "x", "2023-01-01T00:11:00Z", "b")}));
  world.clock.set(at("2023-01-01T00:17:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(boundary->take({of_s3(world, "x", "2023-01-01T00:16:00Z", "a")}));
  world.clock.set(at("2023-01-01T00:22:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  EXPECT_EQ(lines(world).size(), 4U);
  EXPECT_THAT(world.uris("in", "20230101PT5M003", State::complete), ElementsAre("s3://b/in/x"));
}

TEST(FrequentBoundary, AnObjectsTimeTooFarAheadIsNotTrusted) {
  World world;
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("far", "2031-01-01T00:00:00Z")}));
  ASSERT_EQ(lines(world).size(), 1U);
  EXPECT_EQ(lines(world)[0].ownLot, "20310101PT5M000");
  EXPECT_EQ(lines(world)[0].lot, "20230101PT5M000");
}

TEST(FrequentBoundary, SeeingAKnownVersionAgainIsNoEvent) {
  World world;
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z", "bytes")}));
  world.clock.set(at("2023-01-01T00:12:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  // Written again unchanged, with a new modification time.
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:11:00Z", "bytes")}));
  EXPECT_EQ(lines(world).size(), 1U);
  EXPECT_THAT(boundary->open_lots(), IsEmpty());
  // Other bytes are a new object.
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:11:30Z", "other")}));
  world.clock.set(at("2023-01-01T00:17:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  EXPECT_EQ(lines(world).size(), 2U);
  EXPECT_EQ(lines(world)[1].lot, "20230101PT5M002");
}

TEST(FrequentBoundary, AnObjectOverwrittenBeforeItsLotClosedIsRecordedAsVanished) {
  World world;
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z", "one")}));
  world.clock.set(at("2023-01-01T00:06:30Z"));
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:06:00Z", "two")}));
  world.clock.set(at("2023-01-01T00:12:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  const auto all = lines(world);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].decision, record::Decision::vanished);
  EXPECT_EQ(all[1].lot, "20230101PT5M001");
  EXPECT_FALSE(world.manifest("in", "20230101PT5M000", State::complete));
}

TEST(FrequentBoundary, EmptyLotsArePublishedOnlyForIntervalsThatPassWhileRunning) {
  auto plan = World::default_boundary();
  plan.lot_source = model::LotSource::arrivalTime;
  plan.empty_lots = model::EmptyLots::publish;
  World world(plan);
  auto boundary = world.boundary();
  world.clock.set(at("2023-01-01T00:11:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  EXPECT_TRUE(world.manifest("in", "20230101PT5M000", State::empty));
  EXPECT_TRUE(world.manifest("in", "20230101PT5M001", State::empty));
  EXPECT_FALSE(world.manifest("in", "20230101PT5M002", State::empty));
  EXPECT_FALSE(world.manifest("in", "20221231PT5M287", State::empty));
}

TEST(InfrequentBoundary, TheFirstGroupOfALotClosesItAtOnce) {
  World world(infrequent());
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z"),
                              world.arrival("y", "2023-01-01T00:00:30Z"),
                              world.arrival("z", "2022-12-31T23:59:00Z")}));
  EXPECT_THAT(world.uris("in", "20230101PT5M000", State::complete),
              ElementsAre("s3://b/in/x", "s3://b/in/y"));
  EXPECT_THAT(world.uris("in", "20221231PT5M287", State::complete), ElementsAre("s3://b/in/z"));
  EXPECT_EQ(world.log().last_number(), 1U) << "several lots are closed by one segment";
}

TEST(InfrequentBoundary, A3_ASecondObjectOfALotIsNotDropped) {
  World world(infrequent());
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  ASSERT_TRUE(boundary->take({world.arrival("y", "2023-01-01T00:01:30Z")}));
  EXPECT_EQ(lines(world).back().lot, "20230101PT5M001");
  world.clock.set(at("2023-01-01T00:10:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  EXPECT_THAT(world.uris("in", "20230101PT5M001", State::complete), ElementsAre("s3://b/in/y"));
}

TEST(InfrequentBoundary, AFilteredObjectUsesUpNoLot) {
  auto plan = infrequent();
  plan.filter.excludes = {"_*"};
  World world(plan);
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("_SUCCESS", "2023-01-01T00:01:00Z")}));
  EXPECT_EQ(lines(world)[0].decision, record::Decision::filtered);
  EXPECT_FALSE(world.log().is_closed(lot_id("20230101PT5M000")));
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  EXPECT_THAT(world.uris("in", "20230101PT5M000", State::complete), ElementsAre("s3://b/in/x"));
}

TEST(Boundary, B10_KeyTimestampRegexGivesTheLot) {
  auto plan = infrequent();
  plan.lot_source = model::LotSource::keyTimestampRegex;
  plan.key_regex =
      R"((?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d))";
  World world(plan);
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("2022-06-05T0410.csv", "2023-01-01T00:01:00Z"),
                              world.arrival("2022-02-30T0410.csv", "2023-01-01T00:01:00Z"),
                              world.arrival("no-time.csv", "2023-01-01T00:01:00Z")}));
  EXPECT_THAT(world.uris("in", "20220605PT5M050", State::complete),
              ElementsAre("s3://b/in/2022-06-05T0410.csv"));
  const auto all = lines(world);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].decision, record::Decision::rejected);
  EXPECT_THAT(all[0].reason, Optional(std::string("the time in the key does not exist")));
  EXPECT_THAT(all[2].reason, Optional(std::string("the key does not match keyRegex")));
}

TEST(Boundary, WhoeverFindsAClosedLotWithoutManifestPublishesIt) {
  World world(infrequent());
  ASSERT_TRUE(world.boundary()->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  const Uri uri =
      world.project().places.manifest({"in", "1"}, lot_id("20230101PT5M000"), State::complete);
  const std::string before = world.store.get(uri)->bytes;
  ASSERT_TRUE(world.store.remove(uri));
  world.events.seen.clear();
  world.boundary();
  EXPECT_EQ(world.store.get(uri)->bytes, before);
  EXPECT_THAT(world.events.seen, ElementsAre("in 20230101PT5M000"));
}

TEST(Boundary, AnotherToolsManifestOfALotWhoseCloserDiedIsKeptAsideAndReplaced) {
  World world(infrequent());
  ASSERT_TRUE(world.boundary()->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  const auto& places = world.project().places;
  const Uri uri = places.manifest({"in", "1"}, lot_id("20230101PT5M000"), State::complete);
  const std::string right = world.store.get(uri)->bytes;
  const std::string others = record::write_manifest({.state = State::complete,
                                                     .comment = std::nullopt,
                                                     .lotId = "20230101PT5M000",
                                                     .uriType = record::UriType::identifier,
                                                     .uris = {"s3://b/other/y"}});
  // As if the closer had died after its segment, and the other tool had been faster than the next.
  ASSERT_TRUE(world.store.put(uri, others));
  world.boundary();
  EXPECT_EQ(world.store.get(uri)->bytes, right);
  const Uri kept = places.manifest({"in", "1"}, lot_id("20230101PT5M000"), State::removed, "0");
  const auto aside = world.store.get(kept);
  ASSERT_TRUE(aside);
  EXPECT_EQ(aside->bytes, others);
}

TEST(Boundary, NoSegmentIsAppendedWhileALotOfAFormerOneIsNotPublished) {
  World world(infrequent());
  store::FaultyStore store(world.store);
  LedgerLog log(store, world.deployment->boundaries().front());
  Boundary boundary(store, world.clock, log, world.events, "test", world.out);
  ASSERT_TRUE(boundary.start());
  const auto& places = world.project().places;
  const Uri first = places.manifest({"in", "1"}, lot_id("20230101PT5M000"), State::complete);
  store.set_plan([&](store::Operation, const Uri& uri) {
    using When = store::Fault::When;
    return store::Fault{.when = uri == first ? When::BeforeEffect : When::Never};
  });
  EXPECT_FALSE(boundary.take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:06:00Z"));
  EXPECT_FALSE(boundary.take({world.arrival("y", "2023-01-01T00:06:00Z")}));
  EXPECT_EQ(lines(world).size(), 1U);
  store.set_plan({});
  ASSERT_TRUE(boundary.tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(boundary.take({}));
  EXPECT_TRUE(world.store.get(first));
  EXPECT_THAT(world.uris("in", "20230101PT5M001", State::complete), ElementsAre("s3://b/in/y"));
}

TEST(Boundary, TwoProcessesNeverListAnObjectTwice) {
  World world(infrequent());
  auto first = world.boundary();
  LedgerLog other_log(world.store, world.deployment->boundaries().front());
  testing::RecordedEvents events;
  Boundary second(world.store, world.clock, other_log, events, "other", world.out);
  ASSERT_TRUE(second.start());
  ASSERT_TRUE(first->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  // The second has not read the first's segment: it finds it when it appends.
  ASSERT_TRUE(second.take(
      {world.arrival("x", "2023-01-01T00:01:00Z"), world.arrival("y", "2023-01-01T00:01:10Z")}));
  const auto all = lines(world);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].uri, "s3://b/in/x");
  EXPECT_EQ(all[1].uri, "s3://b/in/y");
  EXPECT_EQ(all[1].lot, "20230101PT5M001") << "its own lot is closed: it is late";
}

TEST(Boundary, AStoreThatFailsLosesNothing) {
  World world(infrequent());
  auto boundary = world.boundary();
  const Uri next = world.project().places.segment({"p", "1"}, "b", 1);
  ASSERT_TRUE(boundary->knows({"s3", "b", "in/x"}, {}) == false);
  // A segment that cannot be read stands in the way: nothing may be appended after it.
  ASSERT_TRUE(world.store.put(next, "no json"));
  EXPECT_FALSE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  ASSERT_TRUE(world.store.remove(next));
  ASSERT_TRUE(boundary->take({}));
  EXPECT_THAT(world.uris("in", "20230101PT5M000", State::complete), ElementsAre("s3://b/in/x"));
}

TEST(Boundary, ASegmentThatClosesManyLotsIsReadOnceForAllOfThem) {
  World world;
  store::FaultyStore counted(world.store);
  LedgerLog log(counted, world.deployment->boundaries().front());
  Boundary boundary(counted, world.clock, log, world.events, "test", world.out);
  ASSERT_TRUE(boundary.start());
  std::vector<Arrival> arrivals;
  constexpr int lots = 200;
  for (int i = 0; i < lots; ++i) {
    const Instant modified = at("2022-12-01T00:01:00Z") + std::chrono::minutes(5 * i);
    arrivals.push_back(world.arrival(format("f{}", i), format_instant(modified)));
  }
  ASSERT_TRUE(boundary.take(arrivals));
  counted.reset_calls();
  ASSERT_TRUE(boundary.seal());
  ASSERT_EQ(log.closed().count(), std::uint64_t{lots});
  for (const auto& lot : log.closed()) ASSERT_EQ((*log.members_of(lot))->size(), 1U);
  EXPECT_LT(counted.calls(store::Operation::Get), std::uint64_t{lots});
}

TEST(Boundary, SealClosesWhatIsOpen) {
  World world;
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  ASSERT_TRUE(boundary->seal());
  EXPECT_TRUE(world.log().is_closed(lot_id("20230101PT5M000")));
  EXPECT_THAT(boundary->open_lots(), IsEmpty());
}

}  // namespace
}  // namespace cls::flow
