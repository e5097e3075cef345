// SPDX-License-Identifier: Apache-2.0
// TestDirectory: a directory of a test's own.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/format.h"

namespace cls::store {

/// A directory of the test's own, removed with all that is in it.
class TestDirectory {
 public:
  explicit TestDirectory(const std::string& parent = ::testing::TempDir()) {
    static std::atomic<int> count{0};
    path_ = std::filesystem::canonical(parent).string() +
            format("/cls-store-{}-{}", ::getpid(), ++count);
    std::filesystem::create_directories(path_);
  }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace cls::store
