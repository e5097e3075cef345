// SPDX-License-Identifier: Apache-2.0
// A status with notes says what a status without them says, whatever happened before.
#include "operate/status_notes.h"

#include <random>

#include <gtest/gtest.h>

#include "flow/test_world.h"
#include "operate/lot_reports.h"
#include "operate/packed.h"
#include "operate/retry.h"
#include "operate/status.h"
#include "operate/status_memory.h"
#include "record/subscription.h"
#include "store/faulty_store.h"

namespace cls::operate {
namespace {

using flow::testing::World;
using std::chrono::seconds;

/// Notes over a store in memory. A stamp is, as that of a directory, about what lies directly in
/// it; the store's clock ticks once a second, so that changes within a second share a time.
class MemoryNotes final : public StatusNotes {
 public:
  explicit MemoryNotes(World& world) : world_(world) {}

  std::optional<std::string> stamp(const Uri& prefix) override {
    Packer packer;
    bool settled = true;
    auto page = list(prefix, "/");
    for (const auto& info : page.objects) {
      packer.text(info.uri.key)
          .text(info.etag)
          .signed_number(info.modified.time_since_epoch().count());
      settled = settled && is_settled(info.modified);
    }
    for (const auto& name : page.prefixes) packer.text(name);
    return settled && !shared ? std::optional(packer.take()) : std::nullopt;
  }
  std::optional<std::string> tree_stamp(const Uri& prefix) override {
    std::string all = prefix.to_string() + "\n";
    for (const auto& info : list(prefix, "").objects) {
      if (!is_settled(info.modified)) return std::nullopt;
      all += info.uri.key + "\n" + info.etag + "\n";
    }
    return all;
  }
  bool is_unchanged(const std::string& stamp) override {
    const auto uri = Uri::parse(stamp.substr(0, stamp.find('\n'))).value();
    return tree_stamp(uri) == stamp;
  }
  std::optional<std::vector<std::string>> names(const Uri& prefix) override {
    if (shared) return std::nullopt;
    std::vector<std::string> names;
    for (auto name : list(prefix, "/").prefixes) {
      name.pop_back();
      names.push_back(name.substr(prefix.key.size()));
    }
    return names;
  }
  Result<bool> for_each_file(const Uri& prefix,
                             const std::function<Result<>(const File&)>& take) override {
    if (shared) return false;
    for (const auto& info : list(prefix, "/").objects) {
      auto taken = take({info.uri.key.substr(prefix.key.size()), info.size, info.modified});
      if (!taken) return pass(std::move(taken));
    }
    return true;
  }
  bool is_settled(Instant modified) override { return modified + seconds(3) < world_.clock.now(); }
  std::optional<std::string> find(const std::string& subject) override {
    const auto found = kept.find(subject);
    return found == kept.end() ? std::nullopt : std::optional(found->second);
  }
  void keep(const std::string& subject, const std::string& facts) override {
    kept[subject] = facts;
  }

  bool shared = false;
  std::map<std::string, std::string> kept;

 private:
  store::ListPage list(const Uri& prefix, const std::string& delimiter) {
    auto page = world_.store.list({.prefix = prefix, .delimiter = delimiter, .limit = 100'000});
    return page ? *page : store::ListPage{};
  }
  World& world_;
};

struct StatusNotesTest : ::testing::Test {
  explicit StatusNotesTest() : world(plan()), notes(world) {
    boundary = world.boundary();
    subscribe(places().boundary_subscription(id(), "b"));
    subscribe(places().arc_subscription(id(), "a"));
    subscribe(places().arc_subscription(id(), "second"));
  }
  static model::BoundaryPlan plan() {
    auto made = World::default_boundary();
    made.arrival = model::EventArrival::infrequent;
    made.settle = seconds(0);
    return made;
  }
  const record::Places& places() const { return world.project().places; }
  const model::ProjectId& id() const { return world.project().plan.project; }

  void subscribe(const Uri& uri, bool enabled = true) {
    ASSERT_TRUE(world.store.put(
        uri, json::write_record(record::Subscription{.version = 1,
                                                     .enabled = enabled,
                                                     .since = "1970-01-01T00:00:00.000000000Z",
                                                     .history = {}})));
  }
  void put(int number, bool take = true) {
    const std::string key = "f" + std::to_string(number);
    ASSERT_TRUE(world.store.put({"s3", "b", "in/" + key}, "x"));
    if (!take) return;
    // What a store that fails does not take is taken later.
    static_cast<void>(boundary->take({world.arrival(key, time_of(number))}));
  }
  static std::string time_of(int number) {
    return format_instant(flow::testing::at("2022-12-31T00:00:00Z") + seconds(300 * number));
  }
  static lot::LotId lot_of(int number) {
    return lot::LotId::at(lot::LotUnit::twelfths(), flow::testing::at(time_of(number))).value();
  }

  StatusReport look(StatusNotes* with, store::ObjectStore& store) {
    flow::LedgerLogs logs(store);
    auto report = status({.store = store,
                          .deployment = *world.deployment,
                          .logs = logs,
                          .now = world.clock.now(),
                          .home = "/h",
                          .queued = {},
                          .notes = with},
                         {});
    EXPECT_TRUE(report) << (report ? "" : report.error().message);
    return report.value_or(StatusReport{});
  }
  /// The four reports of single lots, as one text.
  std::string lots(StatusNotes* with, store::ObjectStore& store) {
    flow::LedgerLogs logs(store);
    std::string text;
    for (const auto make : {arc_lots, arc_summary, dataset_lots, dataset_summary}) {
      auto report = make({.store = store,
                          .deployment = *world.deployment,
                          .logs = logs,
                          .now = world.clock.now(),
                          .home = "/h",
                          .queued = {},
                          .notes = with},
                         {});
      EXPECT_TRUE(report) << (report ? "" : report.error().message);
      if (!report) continue;
      text += render(*report, Format::Csv);
      for (const auto& note : report->notes) text += note + "\n";
    }
    return text;
  }
  ::testing::AssertionResult same() {
    // Either kind may be the first to look.
    const bool lots_first = ++looks % 2 == 0;
    std::string noted_lots = lots_first ? lots(&notes, world.store) : "";
    const auto plain = look(nullptr, world.store);
    const auto noted = look(&notes, world.store);
    if (!lots_first) noted_lots = lots(&notes, world.store);
    const auto plain_lots = lots(nullptr, world.store);
    if (plain_lots != noted_lots) {
      return ::testing::AssertionFailure() << plain_lots << "\nbut with notes\n" << noted_lots;
    }
    if (plain == noted) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << render(plain, Format::Json) << "\nbut with notes\n"
                                         << render(noted, Format::Json);
  }
  /// How many objects a status reads.
  std::uint64_t reads() {
    store::FaultyStore counted(world.store);
    look(&notes, counted);
    return counted.calls(store::Operation::Get);
  }
  void settle() { world.clock.advance(seconds(4)); }

  World world;
  MemoryNotes notes;
  int looks = 0;
  std::unique_ptr<flow::Boundary> boundary;
};

constexpr std::uint64_t subscriptions = 3;

TEST_F(StatusNotesTest, WhatIsProvedToBeAsItWasIsNotReadAgain) {
  for (int number = 0; number < 20; ++number) {
    put(number);
    ASSERT_TRUE(world.flow(0).run(lot_of(number)));
    if (number < 19) {
      ASSERT_TRUE(world.flow(1).run(lot_of(number)));
    }
  }
  settle();
  EXPECT_TRUE(same());
  EXPECT_EQ(reads(), subscriptions);
  // One claim more: that and its members, nothing else.
  ASSERT_TRUE(world.flow(1).run(lot_of(19)));
  settle();
  EXPECT_EQ(reads(), subscriptions + 2);
  EXPECT_EQ(reads(), subscriptions);
  EXPECT_TRUE(same());
  // Reports of single lots ask for no subscription.
  store::FaultyStore counted(world.store);
  lots(&notes, counted);
  EXPECT_EQ(counted.calls(store::Operation::Get), 0U);
}

TEST_F(StatusNotesTest, TrustEndsAfterAWhile) {
  put(1);
  ASSERT_TRUE(world.flow(0).run(lot_of(1)));
  settle();
  EXPECT_TRUE(same());
  ASSERT_EQ(reads(), subscriptions);
  world.clock.advance(longest_trust);
  EXPECT_GT(reads(), subscriptions);
  world.clock.set(world.clock.now() -
                  seconds(7200));  // a clock that was set back proves nothing either
  EXPECT_GT(reads(), subscriptions);
}

TEST_F(StatusNotesTest, SharedRecordsAreAlwaysRead) {
  notes.shared = true;
  put(1);
  ASSERT_TRUE(world.flow(0).run(lot_of(1)));
  settle();
  EXPECT_TRUE(same());
  EXPECT_GT(reads(), subscriptions);
  EXPECT_TRUE(same());
}

TEST_F(StatusNotesTest, DamagedNotesAreNone) {
  put(1);
  ASSERT_TRUE(world.flow(0).run(lot_of(1)));
  settle();
  EXPECT_TRUE(same());
  ASSERT_EQ(notes.kept.size(), 6U);
  for (const auto& [subject, facts] : std::map(notes.kept)) {
    for (const std::size_t at : {std::size_t{0}, facts.size() / 2, facts.size() - 1}) {
      notes.kept[subject][at] = static_cast<char>(notes.kept[subject][at] ^ 1);
      EXPECT_TRUE(same()) << subject;
    }
    notes.kept[subject] = "";
    EXPECT_TRUE(same()) << subject;
  }
}

TEST_F(StatusNotesTest, AClaimThatChangesWithinATickIsReadAgain) {
  world.workload.script = [](const flow::WorkloadContext&) -> flow::RunOutcome {
    return flow::Failed{.code = "exit", .message = "m", .partial = {}, .retryable = false};
  };
  put(1);
  ASSERT_TRUE(world.flow(0).run(lot_of(1)));
  EXPECT_TRUE(same());
  EXPECT_EQ(look(&notes, world.store).arcs.front().missing, 1U);
  // As many bytes, and the same time.
  const Uri uri = places().claim(id(), "a", lot_of(1));
  std::string bytes = world.store.get(uri).value().bytes;
  bytes.replace(bytes.find("missing"), 7, "partial");
  ASSERT_TRUE(world.store.put(uri, bytes));
  settle();
  EXPECT_TRUE(same());
  EXPECT_EQ(look(&notes, world.store).arcs.front().partial, 1U);
}

TEST_F(StatusNotesTest, AManifestPublishedByOneThatDiedAfterwardsIsSeen) {
  put(1);
  ASSERT_TRUE(world.flow(0).run(lot_of(1)));
  // As it was before the publication: committed, with the partial manifest of an earlier attempt.
  const Uri uri = places().claim(id(), "a", lot_of(1));
  std::string bytes = world.store.get(uri).value().bytes;
  const std::string published = "\"published\":true";
  ASSERT_NE(bytes.find(published), std::string::npos);
  bytes.replace(bytes.find(published), published.size(), "\"published\":false");
  ASSERT_TRUE(world.store.put(uri, bytes));
  const Uri manifest = places().manifest({"out", "1"}, lot_of(1), record::ManifestState::complete);
  const std::string complete = world.store.get(manifest).value().bytes;
  ASSERT_TRUE(world.store.remove(manifest));
  ASSERT_TRUE(world.store.put(
      places().manifest({"out", "1"}, lot_of(1), record::ManifestState::partial, "01A"), "{}"));
  settle();
  EXPECT_TRUE(same());
  EXPECT_TRUE(same());
  ASSERT_TRUE(world.store.put(manifest, complete));
  EXPECT_TRUE(same());
}

TEST_F(StatusNotesTest, ADamagedClaimIsSaidEachTime) {
  put(1);
  put(2);
  ASSERT_TRUE(world.flow(0).run(lot_of(1)));
  ASSERT_TRUE(world.flow(0).run(lot_of(2)));
  settle();
  EXPECT_TRUE(same());
  ASSERT_TRUE(world.store.put(places().claim(id(), "a", lot_of(1)), "{\"half"));
  settle();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(same());
    EXPECT_EQ(look(&notes, world.store).damagedRecords, 1U);
  }
}

/// A long walk of random steps, each followed by both kinds of status: arrivals, lots that run and
/// fail, writers that stop in the middle, retries, lots of the reference, records deleted, damaged
/// and put back, notes that are lost or old.
class RandomWalk : public StatusNotesTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  RandomWalk() : random_(GetParam()) {}
  int pick(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most)); }
  lot::LotId any_lot() { return lot_of(pick(lots)); }
  static constexpr int lots = 8;

  /// Runs a lot in a store that takes only so many writes; then its owner is dead.
  void run_and_die() {
    int left = pick(12);
    store::FaultyStore dying(world.store, [&](store::Operation operation, const Uri&) {
      const bool writes = operation == store::Operation::PutIfAbsent ||
                          operation == store::Operation::ReplaceIf ||
                          operation == store::Operation::Put;
      store::Fault fault;
      if (writes && --left < 0) fault.when = store::Fault::When::BeforeEffect;
      return fault;
    });
    flow::SourceReader sources(dying, *world.deployment, *world.logs);
    flow::ArcFlow flow{
        flow::ArcServices{.store = dying,
                          .clock = world.clock,
                          .ids = world.ids,
                          .events = world.events,
                          .owners = world.probe,
                          .held = world.held,
                          .leases = world.leases,
                          .sources = sources,
                          .self = world.self,
                          .log = world.out,
                          .workload = [this](const model::ArcPlan&) -> flow::Workload& {
                            return world.workload;
                          }},
        world.deployment->arcs().at(static_cast<std::size_t>(pick(2))),
        {}};
    static_cast<void>(flow.run(any_lot()));
  }
  void run() {
    world.workload.script = [this](const flow::WorkloadContext& context) -> flow::RunOutcome {
      if (pick(4) == 0)
        return flow::Failed{.code = "exit", .message = "exit code 1", .partial = {}};
      return flow::testing::ScriptedWorkload::copy_all(context);
    };
    static_cast<void>(world.flow(static_cast<std::size_t>(pick(2))).run(any_lot()));
  }
  void retry() {
    static_cast<void>(retry_lots(
        world.store, world.deployment->arcs().at(static_cast<std::size_t>(pick(2))), {}));
  }
  Uri any_record() {
    switch (pick(5)) {
      case 0:
        return places().claim(id(), pick(2) == 0 ? "a" : "second", any_lot());
      case 1:
        return places().arc_state(id(), "a", any_lot(), record::ArcState::complete);
      case 2:
        return places().arc_subscription(id(), "second");
      default:
        return places().claim(id(), "a", any_lot());
    }
  }
  void change_a_record() {
    const Uri uri = any_record();
    switch (pick(3)) {
      case 0:
        ASSERT_TRUE(world.store.remove(uri));
        return;
      case 1:
        ASSERT_TRUE(world.store.put(uri, "{\"half"));
        return;
      default:
        if (const auto object = world.store.get(uri)) {
          ASSERT_TRUE(world.store.put(uri, object->bytes));
        }
    }
  }
  void step() {
    switch (pick(12)) {
      case 0:
      case 1:
        return put(pick(lots));
      case 2:
        return put(100 + pick(3), false);
      case 3:
      case 4:
      case 5:
        return run();
      case 6:
        return run_and_die();
      case 7:
        return retry();
      case 8:
        return change_a_record();
      case 9:
        return subscribe(places().arc_subscription(id(), "a"), pick(2) == 0);
      case 10:
        if (pick(4) == 0) notes.kept.clear();
        return;
      default:
        world.clock.advance(seconds(pick(8) == 0 ? 4000 : pick(200)));
    }
  }

 private:
  std::mt19937 random_;
};

TEST_P(RandomWalk, SaysTheSameWithNotesAndWithout) {
  for (int i = 0; i < 150; ++i) {
    step();
    if (pick(2) == 0) settle();
    ASSERT_TRUE(same()) << "after step " << i << " of seed " << GetParam();
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomWalk, ::testing::Range(1U, 13U));

}  // namespace
}  // namespace cls::operate
