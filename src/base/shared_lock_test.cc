// SPDX-License-Identifier: Apache-2.0
#include "base/shared_lock.h"

#include <filesystem>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/format.h"

namespace cls {

TEST(SharedLock, IsSharedAndKeepsOthersFromHavingItAlone) {
  const std::string path = format("{}/cls-shared-lock-{}", ::testing::TempDir(), ::getpid());
  auto first = SharedLock::take(path).value();
  {
    auto second = SharedLock::take(path).value();
    EXPECT_FALSE(first.try_alone());
    EXPECT_FALSE(second.try_alone());
    second.release();
    EXPECT_TRUE(first.try_alone());
    EXPECT_TRUE(first.share());
    EXPECT_TRUE(second.share());
  }
  EXPECT_TRUE(first.try_alone());
  std::filesystem::remove(path);
}

TEST(SharedLock, WhatCannotBeMadeIsAFailure) {
  EXPECT_EQ(SharedLock::take("/proc/absent/home.lock").error().code, FailureCode::NotFound);
}

}  // namespace cls
