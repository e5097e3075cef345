// SPDX-License-Identifier: Apache-2.0
#include "local/claim_index.h"

#include <gtest/gtest.h>

#include "store/test_directory_test.h"

namespace cls::local {
namespace {

class ClaimIndexTest : public ::testing::Test {
 protected:
  store::TestDirectory directory_;
  std::string path_ = directory_.path() + "/cls.db";
  ManualClock clock_{parse_instant("2023-01-01T00:00:00Z").value()};
  store::ObjectInfo info_{.uri = {"s3", "b", "claims/lot=1.json"},
                          .size = 7,
                          .modified = clock_.now() - std::chrono::minutes(1),
                          .etag = {}};
};

TEST_F(ClaimIndexTest, GivesBackWhatWasKeptOfTheSameSizeAndTime) {
  {
    ClaimIndex index(path_, clock_);
    index.keep(info_, "note");
  }
  ClaimIndex index(path_, clock_);
  EXPECT_EQ(index.find(info_), "note");
  auto other = info_;
  other.size = 8;
  EXPECT_EQ(index.find(other), std::nullopt);
  other = info_;
  other.modified += std::chrono::nanoseconds(1);
  EXPECT_EQ(index.find(other), std::nullopt);
  index.keep(other, "newer");
  index.flush();
  EXPECT_EQ(index.find(other), "newer");
  EXPECT_EQ(index.find(info_), std::nullopt);
}

TEST_F(ClaimIndexTest, WhatMayStillChangeWithinTheSameTickIsNotKept) {
  ClaimIndex index(path_, clock_);
  info_.modified = clock_.now() - std::chrono::seconds(1);
  index.keep(info_, "note");
  info_.modified = clock_.now() + std::chrono::hours(1);
  index.keep(info_, "note");
  index.flush();
  EXPECT_EQ(index.find(info_), std::nullopt);
}

}  // namespace
}  // namespace cls::local
