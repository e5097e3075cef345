// SPDX-License-Identifier: Apache-2.0
#include "record/object_version.h"

#include <gtest/gtest.h>

#include "record/generators.h"

namespace cls::record {
namespace {

ObjectVersion file(std::uint64_t size, std::string mtime, std::optional<std::string> sha256) {
  ObjectVersion version;
  version.size = size;
  version.mtime = std::move(mtime);
  version.sha256 = std::move(sha256);
  return version;
}

ObjectVersion s3(std::uint64_t size, std::optional<std::string> etag,
                 std::optional<std::string> version_id = std::nullopt) {
  ObjectVersion version;
  version.size = size;
  version.etag = std::move(etag);
  version.versionId = std::move(version_id);
  return version;
}

TEST(ObjectVersion, AFileWrittenAgainUnchangedIsTheSame) {
  EXPECT_TRUE(same_version(file(3, "t1", "aa"), file(3, "t2", "aa")));
}

TEST(ObjectVersion, OtherBytesOfTheSameSizeAndTimeAreAnother) {
  EXPECT_FALSE(same_version(file(3, "t1", "aa"), file(3, "t1", "bb")));
}

TEST(ObjectVersion, WithoutBothHashesTheTimesDecide) {
  EXPECT_TRUE(same_version(file(3, "t1", "aa"), file(3, "t1", std::nullopt)));
  EXPECT_FALSE(same_version(file(3, "t1", "aa"), file(3, "t2", std::nullopt)));
  EXPECT_FALSE(same_version(file(3, "t1", std::nullopt), file(3, "t2", std::nullopt)));
}

TEST(ObjectVersion, AnotherSizeIsAnotherVersion) {
  EXPECT_FALSE(same_version(file(3, "t1", "aa"), file(4, "t1", "aa")));
  EXPECT_FALSE(same_version(s3(3, "e"), s3(4, "e")));
}

TEST(ObjectVersion, EtagsDecideWhereHashesAreNotBothKnown) {
  EXPECT_TRUE(same_version(s3(3, "e"), s3(3, "e")));
  EXPECT_FALSE(same_version(s3(3, "e"), s3(3, "f")));
  auto hashed = s3(3, "e");
  hashed.sha256 = "aa";
  EXPECT_TRUE(same_version(hashed, s3(3, "e")));
}

TEST(ObjectVersion, VersionIdsDecideAlone) {
  EXPECT_TRUE(same_version(s3(3, "e", "v1"), s3(9, "f", "v1")));
  EXPECT_FALSE(same_version(s3(3, "e", "v1"), s3(3, "e", "v2")));
  EXPECT_TRUE(same_version(s3(3, "e", "v1"), s3(3, "e")));
}

TEST(ObjectVersion, SamenessIsReflexiveAndSymmetric) {
  EXPECT_TRUE(rc::check([] {
    const auto a = any::object_version();
    const auto b = any::object_version();
    RC_ASSERT(same_version(a, a));
    RC_ASSERT(same_version(a, b) == same_version(b, a));
  }));
}

TEST(ObjectVersion, TextNamesTheStrongestProof) {
  EXPECT_EQ(version_text(s3(3, "e", "v1")), "3:version:v1");
  EXPECT_EQ(version_text(file(3, "2023-02-06T23:52:06.500000000Z", "aa")), "3:sha256:aa");
  EXPECT_EQ(version_text(s3(3, "e")), "3:etag:e");
  EXPECT_EQ(version_text(file(3, "2023-02-06T23:52:06.500000000Z", std::nullopt)),
            "3:mtime:2023-02-06T23:52:06.500000000Z");
}

TEST(ObjectVersion, ItsTextIsReadAgain) {
  for (const auto& version :
       {s3(3, "e", "v1"), file(3, "2023-02-06T23:52:06.500000000Z", "aa"), s3(3, "a:b"),
        file(0, "2023-02-06T23:52:06.500000000Z", std::nullopt)}) {
    const auto read = version_of_text(version_text(version));
    ASSERT_TRUE(read.has_value()) << version_text(version);
    EXPECT_EQ(version_text(*read), version_text(version));
  }
  for (const auto* text : {"", "3", "3:", "x:etag:e", "3:md5:e", ":etag:e"}) {
    EXPECT_FALSE(version_of_text(text).has_value()) << text;
  }
}

TEST(ObjectVersion, GoldenBytes) {
  EXPECT_EQ(json::write_record(file(3, "2023-02-06T23:52:06.500000000Z", "aa")),
            R"({"size":3,"mtime":"2023-02-06T23:52:06.500000000Z","sha256":"aa",)"
            R"("etag":null,"versionId":null})");
}

TEST(ObjectVersion, AcceptsUnknownAndAbsentFields) {
  EXPECT_EQ(
      json::read_record<ObjectVersion>(R"({"size":3,"etag":"e","storageClass":"COLD"})").value(),
      s3(3, "e"));
}

}  // namespace
}  // namespace cls::record
