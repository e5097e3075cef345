// SPDX-License-Identifier: Apache-2.0
// Several processes, or threads of one, at the ledger of one boundary; and stores that fail.
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "flow/test_world.h"
#include "store/faulty_store.h"

namespace cls::flow {
namespace {

using testing::at;
using ::testing::Each;
using ::testing::ElementsAre;
using testing::lot_id;
using ::testing::Pair;
using testing::World;
using State = record::ManifestState;

constexpr const char* lot0 = "20230101PT5M000";

std::vector<record::LedgerLine> lines(World& world) {
  std::vector<record::LedgerLine> all;
  EXPECT_TRUE(world.log().for_each_segment([&](const record::Segment& segment) {
    all.insert(all.end(), segment.lines.begin(), segment.lines.end());
  }));
  return all;
}

/// How many lines make each URI a member, whatever the lot.
std::map<std::string, int> memberships(World& world) {
  std::map<std::string, int> counts;
  for (const auto& line : lines(world)) {
    if (line.decision == record::Decision::member) ++counts[line.uri];
  }
  return counts;
}

/// Another process at the boundary of a world.
struct OtherProcess {
  explicit OtherProcess(World& world)
      : log(world.store, world.deployment->boundaries().front()),
        boundary(world.store, world.clock, log, events, "other", world.out) {
    if (!boundary.start()) throw std::runtime_error("start");
  }
  LedgerLog log;
  testing::RecordedEvents events;
  Boundary boundary;
};

TEST(BoundaryProcesses, WhatAnotherThreadReadOfTheLogIsDecidedAnew) {
  World world;  // frequent: objects are held until their lot closes
  auto first = world.boundary();
  OtherProcess other(world);
  ASSERT_TRUE(first->take(
      {world.arrival("x", "2023-01-01T00:01:00Z"), world.arrival("y", "2023-01-01T00:01:30Z")}));
  ASSERT_TRUE(other.boundary.take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:07:00Z"));
  ASSERT_TRUE(other.boundary.tick(Boundary::Quiet::Waited));
  // An arc of the first process looks at the lot, through the log that it shares with the boundary.
  ASSERT_TRUE(world.sources->find(world.project(), {"in", "1"}, lot_id(lot0)));
  ASSERT_TRUE(first->seal());
  EXPECT_THAT(memberships(world), Each(Pair(::testing::_, 1)));
  EXPECT_EQ(lines(world).back().uri, "s3://b/in/y");
  EXPECT_NE(lines(world).back().lot, lot0) << "it joined a closed lot";
}

TEST(BoundaryProcesses, WhatOthersListedIsNotListedAgainWhereALaterVersionCameAfterIt) {
  World world;
  auto first = world.boundary();
  OtherProcess other(world);
  const auto former = world.arrival("x", "2023-01-01T00:01:00Z", "former");
  const auto later = world.arrival("x", "2023-01-01T00:06:00Z", "later");
  ASSERT_TRUE(first->take({former}));
  ASSERT_TRUE(other.boundary.take({former}));
  world.clock.set(at("2023-01-01T00:07:00Z"));
  ASSERT_TRUE(other.boundary.tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(other.boundary.take({later}));
  world.clock.set(at("2023-01-01T00:12:00Z"));
  ASSERT_TRUE(other.boundary.tick(Boundary::Quiet::Waited));
  // The first process was slow: only now does it hear of either segment.
  ASSERT_TRUE(first->tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(first->take({later}));
  ASSERT_TRUE(first->seal());
  EXPECT_THAT(memberships(world), Each(Pair(::testing::_, 2))) << "one for each version";
}

/// What lies at a key of a store that keeps versions.
Arrival present_version(World& world, const std::string& key) {
  const auto info = world.store.head({"s3", "b", "in/" + key}).value();
  return {.uri = info.uri,
          .version = {.size = info.size,
                      .mtime = std::nullopt,
                      .sha256 = std::nullopt,
                      .etag = info.etag,
                      .versionId = info.version_id},
          .modified = info.modified,
          .event = info.modified,
          .first_seen = world.clock.now()};
}

TEST(BoundaryProcesses, AForerunnerOfTheSameBytesIsNotListedAfterItsSuccessor) {
  World world;
  world.store.name_versions();
  auto first = world.boundary();
  OtherProcess other(world);
  const Uri x{"s3", "b", "in/x"};
  world.clock.set(at("2023-01-01T00:01:00Z"));
  ASSERT_TRUE(world.store.put(x, "same"));
  const auto former = present_version(world, "x");
  world.clock.set(at("2023-01-01T00:02:00Z"));
  ASSERT_TRUE(world.store.put(x, "same"));
  const auto later = present_version(world, "x");
  ASSERT_EQ(former.version.etag, later.version.etag);
  ASSERT_TRUE(first->take({former}));
  ASSERT_TRUE(other.boundary.take({later}));
  world.clock.set(at("2023-01-01T00:07:00Z"));
  ASSERT_TRUE(other.boundary.tick(Boundary::Quiet::Waited));
  // The first process never heard of the later one.
  ASSERT_TRUE(first->tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(first->seal());
  EXPECT_TRUE(first->knows(x, later.version)) << "it would be listed once more";
  EXPECT_EQ(memberships(world)["s3://b/in/x"], 1);
}

TEST(BoundaryProcesses, AVersionIsListedOnceThoughItsForerunnerIsRecordedAsVanishedAfterIt) {
  World world;
  auto first = world.boundary();
  OtherProcess other(world);
  const auto later = world.arrival("x", "2022-12-31T23:51:00Z", "later");
  world.clock.set(at("2023-01-01T00:12:00Z"));
  ASSERT_TRUE(first->take({world.arrival("y", "2022-12-31T23:52:00Z")}));
  world.clock.set(at("2023-01-01T00:14:00Z"));
  ASSERT_TRUE(first->tick(Boundary::Quiet::Waited));  // closes the lot that `later` is late for
  ASSERT_TRUE(first->take({world.arrival("x", "2023-01-01T00:11:00Z", "former")}));
  ASSERT_TRUE(other.boundary.tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(other.boundary.take({later}));
  ASSERT_TRUE(first->take({later}));  // the former one has vanished, the later one is listed
  ASSERT_TRUE(first->take({later}));
  ASSERT_TRUE(first->seal());
  EXPECT_EQ(memberships(world)["s3://b/in/x"], 1);
  const auto all = lines(world);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].uri, "s3://b/in/y");
  EXPECT_EQ(all[1].object.size, 5U);
  EXPECT_EQ(all[2].decision, record::Decision::vanished);
}

record::LedgerLine line_of(const Arrival& arrival, record::Decision decision) {
  return {.uri = arrival.uri.to_string(),
          .object = arrival.version,
          .firstSeen = format_instant(arrival.first_seen),
          .ownLot = lot0,
          .lot = lot0,
          .decision = decision,
          .reason = std::nullopt};
}

/// A log in which a version of x vanished, in the segment that closes the lot.
void close_with_vanished(World& world, const std::vector<record::LedgerLine>& before) {
  const LedgerLog::Follow nothing = [](const auto&, const auto&, const auto&) {};
  record::Segment first;
  first.lines = before;
  ASSERT_TRUE(world.log().append(std::move(first), 0, nothing));
  record::Segment second;
  second.head.closes = {lot0};
  second.lines = {
      line_of(world.arrival("x", "2023-01-01T00:02:00Z", "between"), record::Decision::vanished)};
  ASSERT_TRUE(world.log().append(std::move(second), 1, nothing));
}

/// Another process may list what came between after its successor; and bytes that came back are
/// known by the line that they have already.
TEST(BoundaryProcesses, AMemberIsPublishedThoughAnotherVersionVanishedAfterItsLine) {
  World world;
  world.clock.set(at("2023-01-01T00:12:00Z"));
  close_with_vanished(
      world, {line_of(world.arrival("x", "2023-01-01T00:01:00Z"), record::Decision::member)});
  const auto members = world.log().members_of(lot_id(lot0));
  ASSERT_TRUE(members);
  ASSERT_EQ((*members)->size(), 1U);
  EXPECT_EQ((*members)->version(0).size, 1U);
  world.boundary();  // publishes what is closed and has no manifest
  EXPECT_TRUE(world.store.head(
      world.project().places.manifest({"in", "1"}, lot_id(lot0), State::complete)));
  EXPECT_THAT(world.events.seen, ElementsAre(std::string("in ") + lot0));
}

TEST(BoundaryProcesses, ALotWithoutAManifestIsAnnouncedToNobody) {
  World world;
  world.clock.set(at("2023-01-01T00:12:00Z"));
  close_with_vanished(world, {});
  world.boundary();
  EXPECT_THAT(world.events.seen, ::testing::IsEmpty());
}

TEST(BoundaryProcesses, WhatOthersOvertookIsRecordedAsVanished) {
  World world;
  auto first = world.boundary();
  OtherProcess other(world);
  const auto later = world.arrival("x", "2023-01-01T00:02:00Z", "later");
  ASSERT_TRUE(world.store.put(later.uri, "later"));
  ASSERT_TRUE(first->take({world.arrival("x", "2023-01-01T00:01:00Z", "former")}));
  ASSERT_TRUE(other.boundary.take({later}));
  world.clock.set(at("2023-01-01T00:07:00Z"));
  ASSERT_TRUE(other.boundary.tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(first->tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(first->take({later}));
  ASSERT_TRUE(first->seal());
  const auto all = lines(world);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].decision, record::Decision::member);
  EXPECT_EQ(all[1].decision, record::Decision::vanished);
  EXPECT_EQ(all[1].lot, "") << "a line of a lot that is closed";
}

TEST(BoundaryProcesses, BytesThatCameBackAreListedThoughOthersListedThemBefore) {
  World world;
  auto first = world.boundary();
  OtherProcess other(world);
  ASSERT_TRUE(other.boundary.take({world.arrival("x", "2023-01-01T00:01:00Z", "former")}));
  world.clock.set(at("2023-01-01T00:07:00Z"));
  ASSERT_TRUE(other.boundary.tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(other.boundary.take({world.arrival("x", "2023-01-01T00:06:00Z", "later")}));
  world.clock.set(at("2023-01-01T00:12:00Z"));
  const auto back = world.arrival("x", "2023-01-01T00:12:00Z", "former");
  ASSERT_TRUE(world.store.put(back.uri, "former"));
  ASSERT_TRUE(first->take({back}));
  ASSERT_TRUE(other.boundary.tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(first->tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(first->seal());
  EXPECT_THAT(memberships(world), Each(Pair(::testing::_, 3)));
}

TEST(BoundaryProcesses, AManifestThatCouldNotBeStoredIsPublishedLater) {
  World world;
  store::FaultyStore faulty(world.store);
  bool full = true;
  faulty.set_plan([&](store::Operation, const Uri& uri) {
    store::Fault fault;
    if (full && uri.key.ends_with("/manifest.json")) {
      fault.when = store::Fault::When::BeforeEffect;
      fault.code = FailureCode::NoSpace;
    }
    return fault;
  });
  LedgerLog log(faulty, world.deployment->boundaries().front());
  Boundary boundary(faulty, world.clock, log, world.events, "test", world.out);
  ASSERT_TRUE(boundary.start());
  ASSERT_TRUE(boundary.take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:07:00Z"));
  EXPECT_FALSE(boundary.tick(Boundary::Quiet::Waited));
  full = false;
  ASSERT_TRUE(boundary.tick(Boundary::Quiet::Waited));
  EXPECT_TRUE(world.manifest("in", lot0, State::complete));
  EXPECT_THAT(world.events.seen, ElementsAre(std::string("in ") + lot0));
}

TEST(BoundaryProcesses, ASurvivorClosesTheCollectingLotOfADeadProcess) {
  World world;
  auto survivor = world.boundary();
  {
    OtherProcess dead(world);
    ASSERT_TRUE(dead.boundary.take({world.arrival("far", "2031-01-01T00:00:00Z")}));
  }
  world.clock.set(at("2023-01-01T00:07:00Z"));
  ASSERT_TRUE(survivor->tick(Boundary::Quiet::Waited));
  EXPECT_TRUE(world.manifest("in", lot0, State::complete));
}

TEST(BoundaryProcesses, ALotWhoseObjectsWentElsewhereIsNotPublishedEmpty) {
  auto plan = World::default_boundary();
  plan.lot_source = model::LotSource::arrivalTime;
  World world(plan);
  world.clock.set(at("2023-01-01T00:04:59Z"));
  auto first = world.boundary();
  OtherProcess other(world);
  ASSERT_TRUE(first->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:05:01Z"));
  ASSERT_TRUE(other.boundary.take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:12:00Z"));
  ASSERT_TRUE(other.boundary.tick(Boundary::Quiet::Waited));
  ASSERT_TRUE(first->seal());  // without a look at the log before
  EXPECT_FALSE(world.manifest("in", lot0, State::empty));
  EXPECT_FALSE(world.log().is_closed(lot_id(lot0)));
  EXPECT_THAT(memberships(world), ElementsAre(Pair("s3://b/in/x", 1)));
}

TEST(BoundaryProcesses, AForeignManifestIsKeptOrNothingIsReplaced) {
  World world;
  auto boundary = world.boundary();
  const auto& places = world.project().places;
  const Uri there = places.manifest({"in", "1"}, lot_id(lot0), State::complete);
  ASSERT_TRUE(world.store.put(there, "second"));
  ASSERT_TRUE(
      world.store.put(places.manifest({"in", "1"}, lot_id(lot0), State::removed, "0"), "first"));
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:07:00Z"));
  const auto done = boundary->tick(Boundary::Quiet::Waited);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, FailureCode::Conflict);
  EXPECT_EQ(world.store.get(there)->bytes, "second");
}

TEST(BoundaryProcesses, AClockThatStepsBackChangesNoOrderOfLines) {
  World world;
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("w", "2023-01-01T00:01:00Z", "w")}));
  world.clock.set(at("2023-01-01T00:07:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));  // closes lot 000
  world.clock.set(at("2023-01-01T00:08:00Z"));
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:06:00Z", "one")}));
  world.clock.set(at("2023-01-01T00:07:30Z"));
  // Late: one segment says that the first version vanished, and that the second is a member.
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:02:00Z", "two!")}));
  world.logs = std::make_unique<LedgerLogs>(world.store);
  auto again = world.boundary();
  ASSERT_TRUE(again->take({world.arrival("x", "2023-01-01T00:02:00Z", "two!")}));
  EXPECT_EQ(memberships(world)["s3://b/in/x"], 1);
}

/// Its lines would be members of nothing, and the objects lost without a word.
TEST(BoundaryProcesses, ASegmentThatNamesALotThatIsNoneIsNotPassedOver) {
  World world;
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  world.clock.set(at("2023-01-01T00:07:00Z"));
  ASSERT_TRUE(boundary->tick(Boundary::Quiet::Waited));
  const Uri uri = world.project().places.segment({"p", "1"}, "b", 1);
  const std::string whole = world.store.get(uri)->bytes;
  const std::string named = std::string("\"") + lot0 + "\"";
  for (auto found = whole.find(named); found != std::string::npos;
       found = whole.find(named, found + 1)) {
    std::string bytes = whole;
    bytes.replace(found, named.size(), "\"today\"");
    ASSERT_TRUE(world.store.put(uri, bytes));
    LedgerLog log(world.store, world.deployment->boundaries().front());
    const auto read = log.refresh();
    ASSERT_FALSE(read) << bytes;
    EXPECT_EQ(read.error().code, FailureCode::Invalid);
    EXPECT_EQ(log.last_number(), 0U) << "nothing was taken in";
    // Who has taken it in before it was damaged, and reads it again.
    ASSERT_TRUE(world.store.put(uri, whole));
    LedgerLog former(world.store, world.deployment->boundaries().front());
    ASSERT_TRUE(former.refresh());
    ASSERT_TRUE(world.store.put(uri, bytes));
    EXPECT_FALSE(former.members_of(lot_id(lot0)));
  }
}

}  // namespace
}  // namespace cls::flow
