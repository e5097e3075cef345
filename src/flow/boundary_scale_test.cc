// SPDX-License-Identifier: Apache-2.0
// A boundary with many objects and many lots: what it holds, what it writes, how often it reads.
#include <malloc.h>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "flow/boundary.h"
#include "flow/test_world.h"
#include "store/faulty_store.h"

namespace cls::flow {
namespace {

using testing::at;
using testing::lot_id;
using testing::World;

model::BoundaryPlan infrequent() {
  auto plan = World::default_boundary();
  plan.arrival = model::EventArrival::infrequent;
  return plan;
}

/// `count` files whose times are spread over `lots` intervals, in turn.
ArrivalBatch files(std::size_t count, std::size_t lots, const std::string& prefix = "f") {
  ArrivalBatch batch({"s3", "b", "in/"});
  batch.enter("folder/");
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = format("{}{:08}.txt", prefix, i);
    const Instant modified = at("2020-01-01T00:00:01Z") + std::chrono::minutes(5 * (i % lots));
    batch.add(ArrivalBatch::File{.name = name,
                                 .size = 100,
                                 .modified = modified,
                                 .changed = modified,
                                 .first_seen = at("2023-01-01T00:02:00Z")});
  }
  return batch;
}

std::vector<record::Segment> segments(World& world) {
  std::vector<record::Segment> all;
  EXPECT_TRUE(world.log().for_each_segment([&](const auto& segment) { all.push_back(segment); }));
  return all;
}

std::size_t heap_bytes() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

TEST(BoundaryScale, AHeldObjectTakesLittleMemory) {
  World world;  // frequent: objects are held until their lot closes
  auto boundary = world.boundary();
  constexpr std::size_t count = 200'000;
  const std::size_t before = heap_bytes();
  ASSERT_TRUE(boundary->take(files(count, 1000)));
  const std::size_t after = heap_bytes();
  EXPECT_EQ(boundary->open_lots().size(), 1000U);
  // 53 bytes and 13 of name, up to 26 of index, up to 8 of the lot's list; none under ASan.
  EXPECT_LT(after - std::min(before, after), count * 110);
  // Seen again, nothing is added.
  ASSERT_TRUE(boundary->take(files(count, 1000)));
  const std::size_t again = heap_bytes();
  EXPECT_LT(again - std::min(after, again), count * 10);
}

TEST(BoundaryScale, ALotsLinesStandInOneSmallSegment) {
  World world(infrequent());
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take(files(60'000, 100)));
  const auto all = segments(world);
  ASSERT_EQ(all.size(), 3U);
  std::map<std::string, std::set<std::uint64_t>> places;
  std::size_t closed = 0;
  for (const auto& segment : all) {
    EXPECT_LE(segment.lines.size(), 25'000U);
    for (const auto& line : segment.lines) places[line.lot].insert(segment.head.number);
    for (const auto& lot : segment.head.closes) {
      EXPECT_EQ(places[lot], std::set{segment.head.number});
      ++closed;
    }
  }
  EXPECT_EQ(closed, 100U);
  const auto manifest = world.manifest("in", "20200101PT5M050", record::ManifestState::complete);
  ASSERT_TRUE(manifest);
  EXPECT_EQ(manifest->uris.size(), 600U);
}

TEST(BoundaryScale, ALotOfMoreThanASegmentStandsInAsFewAsHoldIt) {
  World world(infrequent());
  auto boundary = world.boundary();
  ArrivalBatch arrivals = files(1000, 2);
  for (std::size_t i = 0; i < 120'000; ++i) {
    const std::string name = format("big{:08}.txt", i);
    const Instant modified = at("2020-01-01T00:05:30Z");
    arrivals.add(ArrivalBatch::File{
        .name = name, .size = 1, .modified = modified, .changed = modified, .first_seen = {}});
  }
  ASSERT_TRUE(boundary->take(std::move(arrivals)));
  const auto all = segments(world);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].lines.size(), 500U) << "a lot begins a segment rather than to stand in two";
  EXPECT_EQ(all[1].lines.size(), record::segment_line_limit);
  EXPECT_TRUE(all[1].head.closes.empty());
  EXPECT_THAT(all[2].head.closes, ::testing::ElementsAre("20200101PT5M001"));
}

TEST(BoundaryScale, NothingOfWhatWasJustWrittenIsReadToPublishIt) {
  World world(infrequent());
  store::FaultyStore counted(world.store);
  LedgerLog log(counted, world.deployment->boundaries().front());
  Boundary boundary(counted, world.clock, log, world.events, "test", world.out);
  ASSERT_TRUE(boundary.start());
  counted.reset_calls();
  ASSERT_TRUE(boundary.take(files(40'000, 40)));
  EXPECT_EQ(log.closed().count(), 40U);
  EXPECT_EQ(counted.calls(store::Operation::Get), 0U);
}

TEST(BoundaryScale, ManyOpenLotsAreClosedInTurn) {
  World world;
  auto boundary = world.boundary();
  constexpr std::size_t lots = 20'000;
  ASSERT_TRUE(boundary->take(files(lots, lots)));
  EXPECT_EQ(boundary->open_lots().size(), lots);
  ASSERT_TRUE(boundary->seal());
  EXPECT_EQ(world.log().closed().count(), lots);
  EXPECT_EQ(world.events.seen.size(), lots);
  EXPECT_EQ(segments(world).size(), 1U);
}

TEST(BoundaryScale, AScanThatIsLateAsAWholeIsStoredInPieces) {
  World world(infrequent());
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take(files(10, 10)));
  ASSERT_TRUE(boundary->take(files(60'000, 10, "late")));
  const auto all = segments(world);
  ASSERT_EQ(all.size(), 4U);
  std::size_t late = 0;
  for (const auto& segment : all) {
    EXPECT_LE(segment.lines.size(), 25'000U);
    late += static_cast<std::size_t>(
        std::ranges::count(segment.lines, "20230101PT5M000", &record::LedgerLine::lot));
  }
  EXPECT_EQ(late, 60'000U);
  EXPECT_TRUE(world.log().is_collecting(lot_id("20230101PT5M000")));
}

TEST(BoundaryScale, AStoreThatFailsAmongThePiecesLosesNothing) {
  World world(infrequent());
  store::FaultyStore faulty(world.store);
  LedgerLog log(faulty, world.deployment->boundaries().front());
  Boundary boundary(faulty, world.clock, log, world.events, "test", world.out);
  ASSERT_TRUE(boundary.start());
  ASSERT_TRUE(boundary.take(files(10, 10)));
  bool full = true;
  faulty.set_plan([&](store::Operation, const Uri& uri) {
    store::Fault fault;
    if (full && uri.key.ends_with("segment=000000000003.jsonl")) {
      fault.when = store::Fault::When::BeforeEffect;
      fault.code = FailureCode::NoSpace;
    }
    return fault;
  });
  EXPECT_FALSE(boundary.take(files(60'000, 10, "late")));
  full = false;
  ASSERT_TRUE(boundary.take({}));
  std::set<std::string> uris;
  for (const auto& segment : segments(world)) {
    for (const auto& line : segment.lines) EXPECT_TRUE(uris.insert(line.uri).second) << line.uri;
  }
  EXPECT_EQ(uris.size(), 60'010U);
}

TEST(BoundaryScale, TwoProcessesAtOneLargeScanListEachObjectOnce) {
  World world(infrequent());
  auto first = world.boundary();
  LedgerLog other_log(world.store, world.deployment->boundaries().front());
  testing::RecordedEvents events;
  Boundary second(world.store, world.clock, other_log, events, "other", world.out);
  ASSERT_TRUE(second.start());
  ASSERT_TRUE(first->take(files(30'000, 50)));
  ArrivalBatch more = files(30'000, 50);
  more.append(files(5'000, 70, "more"));
  ASSERT_TRUE(second.take(std::move(more)));
  std::set<std::string> uris;
  for (const auto& segment : segments(world)) {
    for (const auto& line : segment.lines) EXPECT_TRUE(uris.insert(line.uri).second) << line.uri;
  }
  EXPECT_EQ(uris.size(), 35'000U);
}

TEST(BoundaryScale, OneLateVersionInABatchTwiceIsStoredOnce) {
  World world(infrequent());
  auto boundary = world.boundary();
  ASSERT_TRUE(boundary->take({world.arrival("x", "2023-01-01T00:01:00Z")}));
  const auto late = world.arrival("late", "2023-01-01T00:01:30Z");
  ASSERT_TRUE(boundary->take({late, late}));
  EXPECT_EQ(segments(world).back().lines.size(), 1U);
}

}  // namespace
}  // namespace cls::flow
