// SPDX-License-Identifier: Apache-2.0
#include "base/sync_file.h"

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"

namespace cls {
namespace {

using ::testing::HasSubstr;

TEST(SyncFile, names_what_is_not_there) {
  const auto synced = sync_file("/nonexistent/file");
  ASSERT_FALSE(synced);
  EXPECT_EQ(synced.error().code, FailureCode::NotFound);
  EXPECT_THAT(synced.error().message, HasSubstr("/nonexistent/file"));
}

TEST(SyncFile, does_not_wait_at_a_pipe_that_nobody_writes) {
  const std::string path = ::testing::TempDir() + format("/cls-sync-{}", ::getpid());
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_FALSE(sync_file(path));
  std::filesystem::remove(path);
}

TEST(SyncFile, syncs_a_file_that_is_there) {
  EXPECT_TRUE(sync_file("/proc/self/exe"));
}

}  // namespace
}  // namespace cls
