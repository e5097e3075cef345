// SPDX-License-Identifier: Apache-2.0
#include "flow/arrivals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "record/generators.h"

namespace cls::flow {
namespace {

const Uri path{"s3", "b", "in/"};

Instant at(std::int64_t seconds) {
  return Instant(std::chrono::seconds(seconds));
}

/// As a scan makes it.
Arrival file(const std::string& key, const std::string& bytes) {
  return {.uri = {"s3", "b", "in/" + key},
          .version = {.size = bytes.size(),
                      .mtime = format_instant(at(1000)),
                      .sha256 = sha256_hex(bytes),
                      .etag = std::nullopt,
                      .versionId = std::nullopt},
          .modified = at(1000),
          .event = at(2000),
          .first_seen = at(3000)};
}

void expect_same(const Arrival& a, const Arrival& b) {
  EXPECT_EQ(a.uri, b.uri);
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.modified, b.modified);
  EXPECT_EQ(a.event, b.event);
  EXPECT_EQ(a.first_seen, b.first_seen);
}

/// What a batch cannot hold compactly, each in its way.
std::vector<Arrival> odd_ones() {
  std::vector<Arrival> odd(7, file("x/odd.txt", "bytes"));
  odd[0].version.sha256.reset();
  odd[0].version.etag = "e";
  odd[1].version.versionId = "v";
  odd[2].version.mtime = "1970-01-01T00:16:40Z";  // the same time, written otherwise
  odd[3].version.mtime.reset();
  odd[4].version.sha256 = "ABC";
  odd[5].uri = {"s3", "other", "in/y"};
  odd[6].uri.key = "in/" + std::string(100'000, 'n');
  return odd;
}

TEST(ArrivalBatch, GivesBackWhatWasAdded) {
  std::vector<Arrival> wanted{file("a.txt", "one"), file("x/y/b c.txt", ""),
                              file("x/y/%.txt", "q")};
  for (const auto& odd : odd_ones()) wanted.push_back(odd);
  wanted.push_back(file("x/", "a key that ends in a slash"));
  wanted.push_back(file("after.txt", "z"));
  ArrivalBatch batch(path);
  for (const auto& arrival : wanted) batch.add(arrival);
  ArrivalBatch copy(path);
  copy.append(batch);
  ASSERT_EQ(batch.size(), wanted.size());
  ASSERT_EQ(copy.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    SCOPED_TRACE(i);
    expect_same(batch.at(i), wanted[i]);
    expect_same(copy.at(i), wanted[i]);
    EXPECT_EQ(batch.uri(i), wanted[i].uri.to_string());
    EXPECT_EQ(batch.first_seen(i), at(3000));
  }
}

TEST(ArrivalBatch, ABatchOfAnotherPathIsCopiedWithItsUris) {
  ArrivalBatch other(Uri{"s3", "b", "in/x/"});
  other.add(file("x/y/a.txt", "one"));
  ArrivalBatch batch(path);
  batch.append(other);
  expect_same(batch.at(0), file("x/y/a.txt", "one"));
  EXPECT_EQ(batch.relative(0), "x/y/a.txt");
}

TEST(ArrivalBatch, AnyKeyIsGivenBackWithTheTextOfItsUri) {
  EXPECT_TRUE(rc::check([] {
    ArrivalBatch batch(path);
    const auto keys = record::any::some(record::any::key);
    for (const auto& key : keys) batch.add(file(key, key));
    for (std::size_t i = 0; i < keys.size(); ++i) {
      RC_ASSERT(batch.at(i).uri.key == "in/" + keys[i]);
      RC_ASSERT(batch.relative(i) == keys[i]);
      RC_ASSERT(batch.uri(i) == batch.at(i).uri.to_string());
    }
  }));
}

TEST(ArrivalBatch, WhatIsSetLaterHoldsForBothForms) {
  ArrivalBatch batch(path);
  batch.enter("d/");
  batch.add(ArrivalBatch::File{.name = "f", .size = 1, .modified = at(1), .changed = at(2)});
  batch.add(odd_ones()[0]);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    batch.set_first_seen(i, at(9));
    batch.set_sha256(i, sha256_hex("x"));
    EXPECT_EQ(batch.at(i).first_seen, at(9));
    EXPECT_EQ(batch.at(i).version.sha256, sha256_hex("x"));
  }
  EXPECT_EQ(batch.at(0).uri.key, "in/d/f");
  EXPECT_EQ(batch.file(0).name, "f");
  EXPECT_EQ(batch.file(1).name, "odd.txt");
}

TEST(ArrivalBatch, KeepsWhatIsToBeKept) {
  ArrivalBatch batch(path);
  for (const char* name : {"a", "b", "c", "d"}) batch.add(file(name, name));
  batch.keep_if([](std::size_t i) { return i % 2 == 1; });
  ASSERT_EQ(batch.size(), 2U);
  expect_same(batch.at(0), file("b", "b"));
  expect_same(batch.at(1), file("d", "d"));
}

TEST(ArrivalBatch, NamesFillManyBlocks) {
  ArrivalBatch batch(path);
  std::vector<std::string> keys;
  keys.reserve(3000);
  for (int i = 0; i < 3000; ++i) keys.push_back(std::string(200, 'n') + std::to_string(i));
  for (const auto& key : keys) batch.add(file(key, "x"));
  for (std::size_t i = 0; i < keys.size(); ++i) ASSERT_EQ(batch.relative(i), keys[i]);
}

}  // namespace
}  // namespace cls::flow
