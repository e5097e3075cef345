// SPDX-License-Identifier: Apache-2.0
#include "local/stores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "local/listing_source.h"
#include "store/memory_store.h"
#include "store/test_directory_test.h"

namespace cls::local {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(StoreMap, SaysWhereBucketsAre) {
  StoreMap map;
  ASSERT_TRUE(map.add("s3://a=https://s3.test/real?region=r", "/work"));
  ASSERT_TRUE(map.add("s3://b/=sub/../dir/", "/work"));
  ASSERT_TRUE(map.add("s3://c=/", "/work"));
  EXPECT_EQ(map.s3.at("a").bucket, "real");
  EXPECT_EQ((map.directories.at({"s3", "b"})), "/work/dir");
  EXPECT_EQ((map.directories.at({"s3", "c"})), "/");
  const auto twice = map.add("s3://a=dir", "/work");
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message, HasSubstr("it is said twice"));
}

TEST(StoreMap, RefusesTheRest) {
  for (const auto* text : {"", "a", "a=b", "s3://=b", "s3://a", "s3://a=", "s3://a/b=c",
                           "s3://a=ftp://x/b", "s3://a=https://x", "file:///a=b"}) {
    StoreMap map;
    EXPECT_FALSE(map.add(text, "/work")) << text;
  }
}

TEST(Stores, AreFilesBelowTheHomeUnlessSaidOtherwise) {
  const store::TestDirectory home;
  PosixFileSystem files;
  SystemClock clock;
  StoreContext context{.clock = &clock, .network_clock = &clock, .getenv = [](const std::string&) {
                         return std::nullopt;
                       }};
  ASSERT_TRUE(context.map.add("s3://near=elsewhere", home.path()));
  ASSERT_TRUE(context.map.add("s3://far=http://127.0.0.1:1/far", home.path()));
  Stores stores(files, home.path(), context);
  ASSERT_TRUE(stores.all().put({"s3", "here", "k"}, "x"));
  ASSERT_TRUE(stores.all().put({"s3", "near", "k"}, "x"));
  EXPECT_EQ(stores.local_path({"s3", "here", "k"}).value(), home.path() + "/stores/s3/here/k");
  EXPECT_EQ(stores.local_path({"s3", "near", "k"}).value(), home.path() + "/elsewhere/k");
  EXPECT_EQ(stores.local_path({"s3", "far", "k"}).error().code, FailureCode::Unsupported);
  EXPECT_THAT(stores.buckets().value(), ElementsAre("far", "here", "near"));
  EXPECT_EQ(stores.directory_of("far"), std::nullopt);
  // Without credentials no request is made.
  EXPECT_EQ(stores.check().error().code, FailureCode::Denied);
}

TEST(ListingSource, FindsWhatIsNotKnown) {
  ManualClock clock(parse_instant("2026-01-01T00:00:00Z").value());
  store::MemoryStore store(clock);
  const Uri path{"s3", "b", "in/"};
  for (const auto* key : {"in/a", "in/sub/b", "in/.cls-tmp-1", "input", "in/z"}) {
    ASSERT_TRUE(store.put({"s3", "b", key}, "x"));
  }
  ListingSource source(store, clock, path);
  EXPECT_EQ(source.root(), "");
  std::vector<std::string> asked;
  const auto known = [&](const Uri& uri, const record::ObjectVersion& version) {
    asked.push_back(uri.key);
    // The listings of this store have no ETags.
    EXPECT_FALSE(version.etag);
    EXPECT_EQ(version.mtime, format_instant(clock.now()));
    return uri.key == "in/z";
  };
  const auto found = source.scan(known);
  EXPECT_THAT(asked, ElementsAre("in/a", "in/sub/b", "in/z"));
  ASSERT_EQ(found.arrivals.size(), 2U);
  EXPECT_EQ(found.arrivals.at(1).uri.key, "in/sub/b");
  EXPECT_EQ(found.arrivals.at(1).modified, clock.now());
  EXPECT_TRUE(found.unreadable.empty());
  EXPECT_EQ(source.look({}, {}, known).looked_at, 0U);
}

TEST(ListingSource, SaysThatABucketCannotBeListed) {
  ManualClock clock(Instant{});
  store::MemoryStore store(clock);
  ListingSource source(store, clock, {"s3", "none", "in/"});
  const auto known = [](const Uri&, const record::ObjectVersion&) { return false; };
  EXPECT_TRUE(source.scan(known).unreadable.contains("s3://none/in/"));
  EXPECT_TRUE(source.look({}, {"s3://none/in/"}, known).unreadable.contains("s3://none/in/"));
}

}  // namespace
}  // namespace cls::local
