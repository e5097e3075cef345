// SPDX-License-Identifier: Apache-2.0
#include "base/seeded_hash.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace cls {
namespace {

TEST(SeededHash, OneSeedGivesOneHash) {
  const SeededHash hash(7);
  EXPECT_EQ(hash.of128("s3://b/in/x"), SeededHash(7).of128("s3://b/in/x"));
  EXPECT_EQ(hash.of64("s3://b/in/x"), SeededHash(7).of64("s3://b/in/x"));
  EXPECT_NE(hash.of128("s3://b/in/x"), hash.of128("s3://b/in/y"));
}

TEST(SeededHash, EachHasASeedOfItsOwn) {
  std::set<std::uint64_t> hashes;
  for (int i = 0; i < 10; ++i) hashes.insert(SeededHash().of64("the same"));
  EXPECT_EQ(hashes.size(), 10U);
}

TEST(SeededHash, TellsManyTextsApart) {
  const SeededHash hash;
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 10'000; ++i) {
    const auto made = hash.of128("s3://bucket/in/file" + std::to_string(i));
    seen.insert(made.low);
    seen.insert(made.high);
  }
  EXPECT_EQ(seen.size(), 20'000U);
}

}  // namespace
}  // namespace cls
