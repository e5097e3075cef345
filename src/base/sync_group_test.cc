// SPDX-License-Identifier: Apache-2.0
#include "base/sync_group.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"

namespace cls {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

class SyncGroupTest : public ::testing::Test {
 protected:
  SyncGroupTest() {
    if (::mkdtemp(directory_.data()) == nullptr) throw std::runtime_error("mkdtemp");
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(directory_, ignored);
  }

  std::string file(const std::string& name) const {
    const std::string path = directory_ + "/" + name;
    std::ofstream(path) << name;
    return path;
  }

  std::string directory_ = (fs::temp_directory_path() / "cls-sync-XXXXXX").string();
  SyncGroup syncs_;
};

TEST_F(SyncGroupTest, names_what_is_not_there) {
  const auto synced = syncs_.sync({file("a"), directory_ + "/none"});
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, FailureCode::NotFound);
  EXPECT_THAT(synced.error().message, HasSubstr(directory_ + "/none"));
}

TEST_F(SyncGroupTest, a_file_that_cannot_be_synced_is_a_failure) {
  const std::string pipe = directory_ + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const auto alone = syncs_.sync({pipe});
  ASSERT_FALSE(alone);
  EXPECT_THAT(alone.error().message, HasSubstr("fsync " + pipe));
}

TEST_F(SyncGroupTest, syncs_files_and_directories_one_or_many) {
  EXPECT_TRUE(syncs_.sync({}));
  EXPECT_TRUE(syncs_.sync({file("a")}));
  EXPECT_TRUE(syncs_.sync({directory_, file("b"), file("c"), file("b")}));
  EXPECT_TRUE(syncs_.sync({"/proc/self/exe", file("d")}));
}

TEST_F(SyncGroupTest, many_threads_are_all_served) {
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([this, i] {
      for (int j = 0; j < 50; ++j) {
        const std::string mine = file(format("{}-{}", i, j));
        EXPECT_TRUE(syncs_.sync({mine, directory_}));
        EXPECT_EQ(syncs_.sync({mine, directory_ + "/none"}).error().code, FailureCode::NotFound);
      }
    });
  }
}

TEST(DirtyBytes, are_known_here) {
  EXPECT_LT(dirty_bytes(), std::uint64_t{1} << 50U);
}

}  // namespace
}  // namespace cls
