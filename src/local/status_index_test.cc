// SPDX-License-Identifier: Apache-2.0
#include "local/status_index.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "store/scripted_file_system_test.h"
#include "store/test_directory_test.h"

namespace cls::local {
namespace {

namespace fs = std::filesystem;

class StatusIndexTest : public ::testing::Test {
 protected:
  StatusIndexTest() { settle(); }
  /// All that was stamped is old.
  void settle() { files_.clock_ahead += std::chrono::seconds(10); }
  std::unique_ptr<Home> open(const StoreContext& stores = {}) {
    return need(Home::open(files_, ids_, directory_.path() + "/home", "0.3.0", stores));
  }
  void write(const std::string& key, const std::string& text) {
    const fs::path path = directory_.path() + "/home/stores/s3/" + prefix_.bucket + "/" + key;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  store::TestDirectory directory_;
  store::ScriptedFileSystem files_;
  SystemClock clock_;
  UlidSource ids_{clock_};
  Uri prefix_{"s3", "clusterless-arc-state-local-home", "claims/arc=a/"};
};

TEST_F(StatusIndexTest, KeepsWhatWasAskedFor) {
  const auto home = open();
  {
    StatusIndex index(*home);
    EXPECT_EQ(index.find("a"), std::nullopt);
    index.keep("a", std::string("\0\1\xff", 3));
    index.keep("b", "");
  }
  StatusIndex index(*home);
  EXPECT_EQ(index.find("a"), std::string("\0\1\xff", 3));
  index.forget_others();
  EXPECT_EQ(index.find("a"), std::string("\0\1\xff", 3));
  EXPECT_EQ(index.find("b"), std::nullopt);
  EXPECT_EQ(index.queued("anything"), 0U);
  EXPECT_EQ(index.trouble(), std::nullopt);
}

TEST_F(StatusIndexTest, AStampTellsThatSomethingWasMadeReplacedOrRemoved) {
  const auto home = open();
  StatusIndex index(*home);
  std::set<std::string> stamps;
  const auto is_new = [&] {
    settle();
    const auto stamp = index.stamp(prefix_);
    EXPECT_EQ(stamp, index.stamp(prefix_));
    return stamp && stamps.insert(*stamp).second;
  };
  EXPECT_TRUE(is_new());  // there is nothing yet
  write("claims/arc=a/lot=1.json", "1");
  EXPECT_TRUE(is_new());
  write("claims/arc=a/lot=2.json", "2");
  EXPECT_TRUE(is_new());
  ASSERT_TRUE(home->store().put({"s3", prefix_.bucket, "claims/arc=a/lot=1.json"}, "3"));
  EXPECT_TRUE(is_new());
  ASSERT_TRUE(home->store().remove({"s3", prefix_.bucket, "claims/arc=a/lot=1.json"}));
  EXPECT_TRUE(is_new());
  fs::remove_all(directory_.path() + "/home/stores/s3/" + prefix_.bucket);
  EXPECT_EQ(index.stamp(prefix_), *stamps.rbegin());  // "absent" again
}

TEST_F(StatusIndexTest, FilesOfADirectoryAreAsTheStoreHasThem) {
  const auto home = open();
  StatusIndex index(*home);
  const auto files = [&] {
    std::vector<std::string> found;
    const auto told = index.for_each_file(prefix_, [&](const StatusIndex::File& file) -> Result<> {
      const Uri uri{"s3", prefix_.bucket, prefix_.key + file.name};
      const auto info = home->store().head(uri).value();
      EXPECT_EQ(file.size, info.size);
      EXPECT_EQ(file.modified, info.modified);
      found.push_back(file.name);
      return {};
    });
    EXPECT_TRUE(told.value());
    return found;
  };
  EXPECT_EQ(files(), std::vector<std::string>());  // there is no such directory
  write("claims/arc=a/lot=2.json", "two");
  write("claims/arc=a/lot=1.json", "1");
  write("claims/arc=a/below/lot=3.json", "3");
  EXPECT_EQ(files(), (std::vector<std::string>{"lot=1.json", "lot=2.json"}));
  const auto refused = index.for_each_file(prefix_, [](const StatusIndex::File&) -> Result<> {
    return fail(FailureCode::Invalid, "no more");
  });
  EXPECT_FALSE(refused);
}

TEST_F(StatusIndexTest, WhatChangedAMomentAgoHasNoStamp) {
  const auto home = open();
  StatusIndex index(*home);
  files_.clock_ahead = {};
  write("claims/arc=a/lot=1.json", "1");
  EXPECT_EQ(index.stamp(prefix_), std::nullopt);
  EXPECT_EQ(index.tree_stamp(prefix_), std::nullopt);
  settle();
  EXPECT_NE(index.stamp(prefix_), std::nullopt);
}

TEST_F(StatusIndexTest, ATreeStampIsOfAllDirectoriesBelow) {
  const auto home = open();
  StatusIndex index(*home);
  write("claims/arc=a/x/y/1", "1");
  fs::create_directories(directory_.path() + "/home/stores/s3/" + prefix_.bucket +
                         "/claims/arc=a/empty");
  settle();
  const auto before = index.tree_stamp(prefix_);
  ASSERT_TRUE(before);
  EXPECT_TRUE(index.is_unchanged(*before));
  write("claims/arc=a/empty/1", "1");
  settle();
  EXPECT_FALSE(index.is_unchanged(*before));
  const auto after = index.tree_stamp(prefix_);
  ASSERT_TRUE(after);
  EXPECT_TRUE(index.is_unchanged(*after));
  fs::create_directory_symlink(
      "/", directory_.path() + "/home/stores/s3/" + prefix_.bucket + "/claims/arc=a/link");
  settle();
  EXPECT_EQ(index.tree_stamp(prefix_), std::nullopt);
  EXPECT_EQ(index.names(prefix_), std::nullopt);
  const auto none = [](const StatusIndex::File&) -> Result<> { return {}; };
  EXPECT_FALSE(index.for_each_file(prefix_, none).value());
}

TEST_F(StatusIndexTest, RecordsThatAreSharedHaveNoStamp) {
  StoreContext context{.map = {}, .clock = &clock_, .getenv = {}};
  ASSERT_TRUE(context.map.add("s3://" + prefix_.bucket + "=elsewhere", directory_.path()));
  const auto home = open(context);
  StatusIndex index(*home);
  EXPECT_EQ(index.stamp(prefix_), std::nullopt);
  EXPECT_EQ(index.names(prefix_), std::nullopt);
  // What only comes in from there has.
  EXPECT_NE(index.tree_stamp(prefix_), std::nullopt);
}

TEST_F(StatusIndexTest, ADamagedIndexKnowsNothingAndSaysSo) {
  const auto home = open();
  {
    StatusIndex index(*home);
    index.keep("a", std::string(20'000, 'a'));
  }
  const std::string path = home->database();
  const auto size = fs::file_size(path);
  {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(4096);
    file << std::string(size - 4096, '\xff');
  }
  StatusIndex index(*home);
  EXPECT_EQ(index.find("a"), std::nullopt);
  EXPECT_NE(index.trouble(), std::nullopt);
}

}  // namespace
}  // namespace cls::local
