// SPDX-License-Identifier: Apache-2.0
// Copies of what is too large for one request, by a real server with a lower limit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/s3_world_test.h"
#include "store/store_kinds_test.h"

namespace cls::store {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20U;
/// S3 takes no smaller part, but for the last.
constexpr std::uint64_t part = 5 * mebibyte;

class S3CopyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.ready()) << world_.trouble();
    world_.make_bucket("bucket");
    world_.make_bucket("other-bucket");
    store_.emplace(world_.client(), clock_, S3Limits{.copy = 6 * mebibyte, .copy_part = part});
    large_.resize(18 * mebibyte);
    for (std::size_t i = 0; i < large_.size(); ++i) large_[i] = static_cast<char>(i * 7 / 4096);
    ASSERT_TRUE(store_->put(from_, large_));
    // Whether the server heeds conditions of copies is known from then on.
    ASSERT_TRUE(store_->put({"s3", "bucket", "small"}, "x"));
    ASSERT_TRUE(store_->copy_if_absent({"s3", "bucket", "small"}, {"s3", "bucket", "small-copy"}));
  }
  void expect_whole(const Uri& to, const Result<ObjectInfo>& copied) {
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_EQ(copied->size, large_.size());
    EXPECT_THAT(copied->etag, EndsWith("-4")) << "four parts of 5 MiB";
    EXPECT_EQ(store_->head(to).value().etag, copied->etag);
    EXPECT_TRUE(store_->get(to).value().bytes == large_);
  }

  SystemClock clock_;
  S3World world_;
  std::optional<S3Store> store_;
  std::string large_;
  Uri from_{"s3", "bucket", "large"};
};

TEST_F(S3CopyTest, WhatIsTooLargeIsCopiedInParts) {
  const Uri to{"s3", "other-bucket", "a/copy"};
  expect_whole(to, store_->copy_if_absent(from_, to));
  EXPECT_EQ(code_of(store_->copy_if_absent(from_, to)), FailureCode::Conflict);
  EXPECT_EQ(code_of(store_->copy_if_absent({"s3", "bucket", "none"}, to)), FailureCode::NotFound);
}

TEST_F(S3CopyTest, AVersionThatIsTooLargeToo) {
  const auto version = store_->head(from_).value();
  const Uri to{"s3", "bucket", "copy"};
  expect_whole(to, store_->copy_version_if_absent(version, to));
  EXPECT_EQ(code_of(store_->copy_version_if_absent(version, to)), FailureCode::Conflict);
  large_.back() = '!';
  ASSERT_TRUE(store_->put(from_, large_));
  const Uri never{"s3", "bucket", "never"};
  EXPECT_EQ(code_of(store_->copy_version_if_absent(version, never)), FailureCode::NotFound);
  EXPECT_EQ(code_of(store_->head(never)), FailureCode::NotFound);
}

TEST_F(S3CopyTest, OverWhatIsThereOnlyIfThatIsTheVersion) {
  const Uri to{"s3", "bucket", "copy"};
  const auto former = store_->put(to, "former").value();
  EXPECT_EQ(code_of(store_->copy_if(from_, to, "00000000000000000000000000000000")),
            FailureCode::Conflict);
  EXPECT_EQ(store_->get(to).value().bytes, "former");
  expect_whole(to, store_->copy_if(from_, to, former));
}

TEST_F(S3CopyTest, ContentTypeAndMetadataGoAlong) {
  const http::Headers given{{"Content-Type", "text/x"}, {"X-Amz-Meta-Who", "me"}};
  ASSERT_TRUE(
      world_.client().send({.method = "PUT", .uri = from_, .headers = given, .body = large_}));
  const Uri to{"s3", "bucket", "copy"};
  expect_whole(to, store_->copy_if_absent(from_, to));
  const auto there = world_.client().send({.method = "HEAD", .uri = to});
  ASSERT_TRUE(there);
  EXPECT_EQ(there->headers.get("Content-Type"), "text/x");
  EXPECT_EQ(there->headers.get("X-Amz-Meta-Who"), "me");
}

TEST_F(S3CopyTest, NoUploadIsLeftBehind) {
  const Uri to{"s3", "bucket", "copy"};
  ASSERT_TRUE(store_->copy_if_absent(from_, to));
  ASSERT_FALSE(store_->copy_if_absent(from_, to));
  const auto uploads =
      world_.client().send({.uri = {"s3", "bucket", ""}, .query = {{"uploads", ""}}});
  ASSERT_TRUE(uploads);
  EXPECT_THAT(uploads->body, Not(HasSubstr("<UploadId>")));
}

}  // namespace
}  // namespace cls::store
