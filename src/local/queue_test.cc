// SPDX-License-Identifier: Apache-2.0
#include "local/queue.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file_system.h"
#include "base/format.h"
#include "store/test_directory_test.h"

namespace cls::local {
namespace {

using std::chrono::seconds;

class QueueTest : public ::testing::Test {
 protected:
  std::optional<QueueItem> take(const std::set<std::string>& arcs = {"a", "b"},
                                const std::set<std::string>& ordered = {}) {
    return queue_.take("me", arcs, ordered);
  }

  store::TestDirectory directory_;
  ManualClock clock_{parse_instant("2023-01-01T00:00:00Z").value()};
  Queue queue_{directory_.path() + "/cls.db", clock_};
};

TEST_F(QueueTest, HandsOutEachItemOnceOldestLotFirst) {
  queue_.push({{"a", "2"}, {"a", "1"}, {"b", "3"}}, Lane::Live);
  queue_.push({{"a", "1"}}, Lane::Live);
  EXPECT_EQ(take(), (QueueItem{"a", "1"}));
  EXPECT_EQ(take(), (QueueItem{"a", "2"}));
  EXPECT_EQ(take(), (QueueItem{"b", "3"}));
  EXPECT_EQ(take(), std::nullopt);
}

TEST_F(QueueTest, LiveGoesBeforeBackfill) {
  queue_.push({{"a", "1"}}, Lane::Backfill);
  queue_.push({{"a", "9"}}, Lane::Live);
  EXPECT_EQ(take(), (QueueItem{"a", "9"}));
  EXPECT_EQ(take(), (QueueItem{"a", "1"}));
}

TEST_F(QueueTest, AnEventMovesAWaitingItemToTheLiveLane) {
  queue_.push({{"a", "1"}, {"a", "2"}}, Lane::Backfill);
  queue_.push({{"a", "2"}}, Lane::Live);
  EXPECT_EQ(take(), (QueueItem{"a", "2"}));
}

TEST_F(QueueTest, B4AnItemPushedWhileItRunsIsLookedAtAgain) {
  queue_.push({{"a", "1"}}, Lane::Live);
  const auto item = take();
  queue_.push({{"a", "1"}}, Lane::Live);
  EXPECT_EQ(take(), std::nullopt) << "not twice at once";
  EXPECT_FALSE(queue_.done(*item));
  EXPECT_EQ(take(), item);
  EXPECT_TRUE(queue_.done(*item));
  EXPECT_EQ(take(), std::nullopt);
}

TEST_F(QueueTest, LaterWaits) {
  queue_.push({{"a", "1"}}, Lane::Live);
  const auto item = take();
  queue_.later(*item, clock_.now() + seconds(10));
  EXPECT_EQ(take(), std::nullopt);
  EXPECT_EQ(queue_.depth({"a"}).next_due, clock_.now() + seconds(10));
  clock_.advance(seconds(10));
  EXPECT_EQ(take(), item);
}

TEST_F(QueueTest, OtherArcsAreLeftOut) {
  queue_.push({{"a", "1"}, {"b", "2"}}, Lane::Live);
  EXPECT_EQ(take({"b"}), (QueueItem{"b", "2"}));
  EXPECT_EQ(take({"b"}), std::nullopt);
  EXPECT_EQ(take({}), std::nullopt);
}

TEST_F(QueueTest, WhatNobodyServesIsForgottenAfterADay) {
  queue_.push({{"a", "1"}, {"gone", "2"}}, Lane::Live);
  queue_.forget_others({"a"});
  EXPECT_EQ(queue_.depth({"gone"}).waiting, 1U) << "another process may serve it, or soon";
  clock_.advance(std::chrono::hours(25));
  queue_.forget_others({"a"});
  EXPECT_EQ(queue_.depth({"gone"}).waiting, 0U);
  EXPECT_EQ(queue_.depth({"a"}).waiting, 1U);
}

TEST_F(QueueTest, B9AnOrderedArcsNextLotWaitsForTheOneBefore) {
  queue_.push({{"a", "1"}, {"a", "2"}}, Lane::Live);
  const auto first = take({"a"}, {"a"});
  EXPECT_EQ(first, (QueueItem{"a", "1"}));
  EXPECT_EQ(take({"a"}, {"a"}), std::nullopt);
  queue_.later(*first, clock_.now() + seconds(5));
  EXPECT_EQ(take({"a"}, {"a"}), std::nullopt) << "its back-off holds the others too";
  clock_.advance(seconds(5));
  EXPECT_EQ(take({"a"}, {"a"}), first);
  queue_.done(*first);
  EXPECT_EQ(take({"a"}, {"a"}), (QueueItem{"a", "2"}));
}

TEST_F(QueueTest, WhatWaitsForAnOlderLotIsNotDue) {
  queue_.push({{"a", "1"}, {"a", "2"}}, Lane::Live);
  queue_.later(*take({"a"}, {"a"}), clock_.now() + seconds(10));
  EXPECT_EQ(queue_.depth({"a"}, {"a"}).waiting, 2U);
  EXPECT_EQ(queue_.depth({"a"}, {"a"}).next_due, clock_.now() + seconds(10));
  EXPECT_EQ(queue_.depth({"a"}).next_due, clock_.now());
}

TEST_F(QueueTest, WhatTheDeadHadTakenIsFreed) {
  queue_.push({{"a", "1"}, {"a", "2"}}, Lane::Live);
  const auto of_dead = queue_.take("dead", {"a"}, {});
  const auto of_living = queue_.take("living", {"a"}, {});
  EXPECT_TRUE(queue_.free_dead([](const std::string& by) { return by == "living"; }));
  EXPECT_EQ(take(), of_dead);
  EXPECT_EQ(take(), std::nullopt);
  EXPECT_TRUE(of_living);
}

TEST_F(QueueTest, NamesWithQuotesAreNamesOnly) {
  const std::string arc = "it's '); DROP TABLE queue; --";
  queue_.push({{arc, "1"}}, Lane::Live);
  EXPECT_EQ(take({arc, "o'ther"}, {"o'ther"}), (QueueItem{arc, "1"}));
  EXPECT_EQ(queue_.depth({arc}).taken, 1U);
}

TEST_F(QueueTest, SeveralProcessesShareIt) {
  constexpr int count = 200;
  std::vector<QueueItem> items;
  items.reserve(count);
  for (int i = 0; i < count; ++i) items.push_back({"a", format("{:04}", i)});
  queue_.push(items, Lane::Live);
  std::array<std::set<QueueItem>, 4> taken;
  std::vector<std::jthread> threads;
  threads.reserve(taken.size());
  for (auto& mine : taken) {
    threads.emplace_back([&] {
      Queue own(directory_.path() + "/cls.db", clock_);
      while (auto item = own.take("x", {"a"}, {})) mine.insert(*item);
    });
  }
  threads.clear();
  std::set<QueueItem> all;
  std::size_t sum = 0;
  for (const auto& mine : taken) {
    sum += mine.size();
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), static_cast<std::size_t>(count));
  EXPECT_EQ(sum, static_cast<std::size_t>(count)) << "no item twice";
}

/// An index of its own, that is damaged.
class DamagedIndexTest : public QueueTest {
 protected:
  DamagedIndexTest() { EXPECT_TRUE(files_.make_directories(home_)); }
  DamagedIndex set_aside() {
    return {.set_aside = true, .told = [this](const std::string& name) { told_.push_back(name); }};
  }
  static void push_many(Queue& queue) {
    std::vector<QueueItem> items;
    items.reserve(2000);
    for (int i = 0; i < 2000; ++i) items.push_back({"a", format("{:06}", i)});
    queue.push(items, Lane::Live);
  }
  void damage(std::size_t from, std::size_t size) {
    std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(from));
    file << std::string(size, 'x');
  }

  PosixFileSystem files_;
  std::string home_ = directory_.path() + "/home";
  std::string path_ = home_ + "/cls.db";
  std::vector<std::string> told_;
};

TEST_F(DamagedIndexTest, AFileThatIsNoDatabaseIsAnErrorThatSaysSo) {
  ASSERT_TRUE(files_.write_new(path_, std::string(10000, 'x')));
  try {
    const Queue broken(path_, clock_);
    FAIL() << "it opened";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("it is damaged"));
  }
  EXPECT_EQ(files_.status(path_, true)->size, 10000U) << "it is left alone";
}

TEST_F(DamagedIndexTest, IsSetAsideAndMadeAgainWhereThatIsAskedFor) {
  {
    Queue queue(path_, clock_);
    push_many(queue);
  }
  damage(8192, 20'000);
  Queue queue(path_, clock_, set_aside());
  ASSERT_EQ(told_, std::vector{home_ + "/cls.db.broken-20230101T000000Z"});
  EXPECT_GT(files_.status(told_.front(), true)->size, 20'000U);
  EXPECT_EQ(queue.depth({"a"}).waiting, 0U);
  queue.push({{"a", "1"}}, Lane::Live);
  EXPECT_EQ(queue.depth({"a"}).waiting, 1U);
  const Queue second(path_, clock_, set_aside());
  EXPECT_EQ(told_.size(), 1U) << "said once";
}

TEST_F(DamagedIndexTest, ATruncatedOneIsSetAside) {
  {
    Queue queue(path_, clock_);
    push_many(queue);
  }
  std::filesystem::resize_file(path_, 10'000);
  const Queue queue(path_, clock_, set_aside());
  EXPECT_EQ(told_.size(), 1U);
}

TEST_F(DamagedIndexTest, IsLeftAloneWhileAnotherHasItOpen) {
  {
    const Queue made(path_, clock_);
  }
  const Queue living(path_, clock_);
  damage(0, 100);
  try {
    const Queue broken(path_, clock_, set_aside());
    FAIL() << "it opened";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::Temporary);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("stop all that use the home"));
  }
  EXPECT_TRUE(told_.empty());
  EXPECT_TRUE(living.in_place());
}

TEST_F(DamagedIndexTest, AnIndexThatWasDeletedOrReplacedIsNotInPlace) {
  const Queue queue(path_, clock_);
  EXPECT_TRUE(queue.in_place());
  std::filesystem::rename(path_, path_ + ".moved");
  EXPECT_THAT(queue.in_place().error().message, ::testing::HasSubstr("was deleted or replaced"));
  std::filesystem::copy_file(path_ + ".moved", path_);
  EXPECT_FALSE(queue.in_place());
}

TEST(RemoteHome, SaysWhyAndWhatToDo) {
  EXPECT_THAT(remote_home("/mnt/home", mount_of_type(0x6969)),
              ::testing::AllOf(::testing::HasSubstr("/mnt/home"), ::testing::HasSubstr("(nfs)"),
                               ::testing::HasSubstr("keep the home on a local disk")));
}

}  // namespace
}  // namespace cls::local
