// SPDX-License-Identifier: Apache-2.0
#include "flow/known_versions.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/format.h"
#include "base/hash.h"

namespace cls::flow {
namespace {

record::ObjectVersion file(std::uint64_t size, const std::string& mtime) {
  record::ObjectVersion version;
  version.size = size;
  version.mtime = mtime;
  return version;
}

/// Of few values, so that parts of two versions are often the same.
record::ObjectVersion any_version() {
  const auto maybe = [](const std::string& one, const std::string& other) {
    return *rc::gen::element<std::optional<std::string>>(std::nullopt, one, other);
  };
  record::ObjectVersion version;
  version.size = *rc::gen::element<std::uint64_t>(0, 3);
  version.mtime = *rc::gen::element<std::optional<std::string>>(
      std::nullopt, "1970-01-01T00:00:00Z", "2023-01-01T00:00:00Z",
      "2023-01-01T00:00:00.000000000Z", "2023-01-01T00:00:00.000000001Z", "no time");
  version.sha256 = maybe(sha256_hex("a"), sha256_hex("b"));
  version.etag = maybe("e1", "e2");
  version.versionId = maybe("v1", "v2");
  return version;
}

TEST(KnownVersions, AVersionThatAnotherOneFollowedIsKnownByItsTime) {
  KnownVersions known;
  auto version = file(3, "2023-01-01T00:00:00Z");
  version.sha256 = sha256_hex("abc");
  known.pass_over("s3://b/x");  // nothing is known of it
  EXPECT_FALSE(known.knows("s3://b/x", version));
  known.set("s3://b/x", version);
  auto again = file(3, "2023-01-01T00:05:00Z");
  again.sha256 = version.sha256;
  EXPECT_TRUE(known.knows("s3://b/x", again));
  known.pass_over("s3://b/x");
  EXPECT_TRUE(known.knows("s3://b/x", version));
  EXPECT_FALSE(known.knows("s3://b/x", again));
}

TEST(KnownVersions, ThePrintsOfVersionsAreTheSameWhereTheVersionsAre) {
  EXPECT_TRUE(rc::check([] {
    const auto one = any_version();
    const auto other = any_version();
    KnownVersions known;
    known.set("s3://b/x", one);
    RC_ASSERT(known.knows("s3://b/x", other) ==
              CompactVersion::of(one).same_as(CompactVersion::of(other)));
  }));
}

TEST(KnownVersions, TheLastVersionOfAUriCounts) {
  KnownVersions known;
  known.set("s3://b/x", file(3, "2023-01-01T00:00:00Z"));
  known.set("s3://b/x", file(4, "2023-01-01T00:00:00Z"));
  EXPECT_EQ(known.size(), 1U);
  EXPECT_FALSE(known.knows("s3://b/x", file(3, "2023-01-01T00:00:00Z")));
  EXPECT_TRUE(known.knows("s3://b/x", file(4, "2023-01-01T00:00:00Z")));
  EXPECT_FALSE(known.knows("s3://b/y", file(4, "2023-01-01T00:00:00Z")));
}

TEST(KnownVersions, HashesThatMeetInOnePlaceAreToldApart) {
  KnownVersions known(
      [](std::string_view uri) { return Hash128{.low = 2 * uri.size(), .high = 0}; });
  for (std::uint64_t size = 1; size <= 100; ++size) {
    known.set(std::string(size, 'x'), file(size, "2023-01-01T00:00:00Z"));
  }
  for (std::uint64_t size = 1; size <= 100; ++size) {
    const std::string name(size, 'x');
    EXPECT_TRUE(known.knows(name, file(size, "2023-01-01T00:00:00Z")));
    EXPECT_FALSE(known.knows(name, file(size + 1, "2023-01-01T00:00:00Z")));
  }
}

TEST(KnownVersions, AUriMayHashToZero) {
  KnownVersions known([](std::string_view) { return Hash128{}; });
  EXPECT_FALSE(known.knows("x", file(1, "2023-01-01T00:00:00Z")));
  known.set("x", file(1, "2023-01-01T00:00:00Z"));
  EXPECT_TRUE(known.knows("x", file(1, "2023-01-01T00:00:00Z")));
}

TEST(KnownVersions, TakeAtMost55BytesPerUri) {
  KnownVersions known;
  constexpr std::uint64_t count = 200'000;
  for (std::uint64_t i = 0; i < count; ++i) {
    known.set(format("s3://bucket/some/folder/file{}", i), file(i, "2023-01-01T00:00:00Z"));
  }
  EXPECT_EQ(known.size(), count);
  EXPECT_LT(known.memory_bytes(), count * 55);
}

}  // namespace
}  // namespace cls::flow
