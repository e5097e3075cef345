// SPDX-License-Identifier: Apache-2.0
#include "scenario/virtual_files.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "store/test_directory_test.h"

namespace cls::scenario {
namespace {

const Instant noon = parse_instant("2023-01-01T12:00:00Z").value();
const Instant morning = parse_instant("2023-01-01T08:00:00.123456789Z").value();

class VirtualFilesTest : public ::testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  void write_outside(const std::string& name) const { std::ofstream(path(name)) << name; }

  store::TestDirectory directory_;
  ManualClock clock_{noon};
  PosixFileSystem disk_;
  VirtualFiles files_{disk_, clock_};
};

TEST_F(VirtualFilesTest, WhatIsWrittenHasTheClocksTime) {
  ASSERT_TRUE(files_.write_new(path("a"), "a"));
  clock_.advance(std::chrono::minutes(5));
  ASSERT_TRUE(files_.copy_new(path("a"), path("b")));
  EXPECT_EQ(files_.status(path("a"), true)->modified, noon);
  EXPECT_EQ(files_.status(path("a"), true)->changed, noon);
  EXPECT_EQ(files_.status(path("b"), true)->modified, noon + std::chrono::minutes(5));
  ASSERT_TRUE(files_.append(path("a"), "more"));
  EXPECT_EQ(files_.status(path("a"), true)->modified, noon + std::chrono::minutes(5));
  EXPECT_EQ(files_.stamp_time(), noon + std::chrono::minutes(5));
}

TEST_F(VirtualFilesTest, WhatArrivesWasChangedNow) {
  write_outside("a");
  ASSERT_TRUE(files_.arrive(path("a"), morning));
  clock_.advance(std::chrono::hours(1));
  ASSERT_TRUE(files_.rename(path("a"), path("b")));
  const auto status = files_.status(path("b"), true);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->modified, morning);
  EXPECT_EQ(status->changed, noon);
  const auto open = files_.open(path("b"));
  ASSERT_TRUE(open);
  EXPECT_EQ((*open)->status()->changed, noon);
  EXPECT_EQ(*(*open)->read(), "a");
}

TEST_F(VirtualFilesTest, WhatOthersWroteWasChangedWhenItWasModified) {
  write_outside("a");
  const auto status = files_.status(path("a"), true);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->changed, status->modified);
  EXPECT_GT(status->modified, noon);
}

TEST_F(VirtualFilesTest, AFailureStaysOne) {
  EXPECT_EQ(files_.write_new(path("no/a"), "a").error().code, FailureCode::NotFound);
  EXPECT_EQ(files_.arrive(path("a"), noon).error().code, FailureCode::Unavailable);
}

}  // namespace
}  // namespace cls::scenario
