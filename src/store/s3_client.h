// SPDX-License-Identifier: Apache-2.0
// S3Client: signed requests to buckets, and what S3's errors mean here.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/uri.h"
#include "http/client.h"
#include "http/sigv4.h"
#include "store/aws_credentials.h"
#include "store/s3_place.h"

namespace cls::store {

/// One request about an object or, with an empty key, a bucket.
struct S3Request {
  std::string method = "GET";
  Uri uri;  ///< for messages too
  std::vector<std::pair<std::string, std::string>> query = {};
  http::Headers headers = {};
  std::string_view body = {};
  /// The answer is a document that may be an error under status 200.
  bool answers_document = false;
  std::uint64_t body_limit = std::uint64_t{64} << 20U;
};

/// Thread-safe.
class S3Client {
 public:
  /// All of it outlives the client.
  S3Client(http::Client& http, const Clock& clock, AwsCredentials& credentials, S3Places places);
  S3Client(const S3Client&) = delete;
  S3Client& operator=(const S3Client&) = delete;
  ~S3Client();

  const S3Places& places() const { return places_; }

  /// The answer where its status is 2xx; else NotFound, Conflict (412), Denied, Invalid, NoSpace,
  /// Unsupported or Unavailable, and why. A request is sent again where that may help, elsewhere
  /// where the bucket is in another region.
  Result<http::Response> send(const S3Request& request);
  /// The same, with 304, 404, 412 and 416 as answers too.
  Result<http::Response> send_plain(const S3Request& request);
  /// What such an answer means.
  Failure failure_of(const S3Request& request, const http::Response& response) const;

  /// `/bucket/key` as X-Amz-Copy-Source has it; nullopt where `from` is not at the endpoint of
  /// `to`.
  std::optional<std::string> copy_source(const Uri& from, const Uri& to) const;

 private:
  struct Bucket;
  enum class Mended : std::uint8_t { No, Yes };

  Result<Bucket*> bucket_of(const Uri& uri);
  Result<http::Response> send_once(const S3Request& request, Bucket& bucket,
                                   http::Credentials& used);
  Mended mend(const http::Response& response, Bucket& bucket, const http::Credentials& used);

  http::Client& http_;
  const Clock& clock_;
  AwsCredentials& credentials_;
  S3Places places_;
  std::map<std::string, std::unique_ptr<Bucket>, std::less<>> buckets_;
};

}  // namespace cls::store
