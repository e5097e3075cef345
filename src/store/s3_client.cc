// SPDX-License-Identifier: Apache-2.0
#include "store/s3_client.h"

#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/hash.h"
#include "store/s3_xml.h"

namespace cls::store {

namespace {

/// What a code of S3's means; the others by their status.
struct Meaning {
  std::string_view code;
  FailureCode as;
  std::string_view hint;
};

constexpr std::string_view unknown_key =
    "the endpoint does not know this access key: wrong credentials, or those of another endpoint";

constexpr std::array meanings{
    Meaning{"NoSuchBucket", FailureCode::NotFound,
            "there is no such bucket there: make it, or correct --store"},
    Meaning{"InvalidAccessKeyId", FailureCode::Denied, unknown_key},
    Meaning{"XAdminUserNotFound", FailureCode::Denied, unknown_key},  // versitygw
    Meaning{"SignatureDoesNotMatch", FailureCode::Denied,
            "the secret key is not the access key's: set AWS_SECRET_ACCESS_KEY, or mend the "
            "profile"},
    Meaning{"ExpiredToken", FailureCode::Denied,
            "the credentials have expired: log in again, or give the profile a "
            "credential_process"},
    Meaning{"InvalidToken", FailureCode::Denied,
            "the session token is not the access key's: set AWS_SESSION_TOKEN, or unset it"},
    Meaning{"RequestTimeTooSkewed", FailureCode::Denied,
            "this machine's clock is wrong by more than the endpoint allows: set it"},
    Meaning{"AccessDenied", FailureCode::Denied, "these credentials may not do that"},
    Meaning{"AuthorizationHeaderMalformed", FailureCode::Denied,
            "the region is another one: write --store s3://…=https://…?region=NAME"},
    Meaning{"PermanentRedirect", FailureCode::Denied,
            "the bucket is at another endpoint: correct --store"},
    Meaning{"ObjectParentIsFile", FailureCode::Invalid, "a part of the key is an object there"},
    // Of servers of S3 whose objects are files.
    Meaning{"ExistingObjectIsDirectory", FailureCode::Invalid,
            "other objects are below the key there"},
    Meaning{"DirectoryObjectContainsData", FailureCode::Invalid, "the key is a directory there"},
    Meaning{"QuotaExceeded", FailureCode::NoSpace, ""},
    Meaning{"NotImplemented", FailureCode::Unsupported, "the endpoint cannot do that"}};

FailureCode code_of(unsigned status) {
  switch (status) {
    case 401:
    case 403:
      return FailureCode::Denied;
    case 404:
      return FailureCode::NotFound;
    case 412:
      return FailureCode::Conflict;
    case 501:
      return FailureCode::Unsupported;
    case 507:
      return FailureCode::NoSpace;
    default:
      return status / 100 == 4 && status != 409 && status != 429 && status != 408
                 ? FailureCode::Invalid
                 : FailureCode::Unavailable;
  }
}

/// Errors that pass, under statuses that others have for good.
bool passes(const http::Response& response) {
  static constexpr std::array<std::string_view, 7> passing{"ConditionalRequestConflict",
                                                           "OperationAborted",
                                                           "RequestTimeout",
                                                           "InternalError",
                                                           "SlowDown",
                                                           "ServiceUnavailable",
                                                           "NoDocument"};
  if (response.body.empty() || response.status == 404 || response.status == 412) return false;
  const auto code = s3_xml::read_error(response.body).code;
  return std::ranges::find(passing, code) != passing.end();
}

bool document_passes(const http::Response& response) {
  if (response.status / 100 != 2) return passes(response);
  return s3_xml::error_under_200(response.body) && (response.body.empty() || passes(response));
}

}  // namespace

/// A bucket and who signs for its region, which may turn out to be another.
struct S3Client::Bucket {
  S3Place place;
  std::mutex mutex;
  std::shared_ptr<http::Signer> signer;

  std::shared_ptr<http::Signer> current() {
    const std::lock_guard lock(mutex);
    return signer;
  }
  bool move_to(const std::string& region) {
    const std::lock_guard lock(mutex);
    if (region.empty() || signer->region() == region) return false;
    signer = std::make_shared<http::Signer>(region, "s3", http::PathRule::S3);
    return true;
  }
};

S3Client::S3Client(http::Client& http, const Clock& clock, AwsCredentials& credentials,
                   S3Places places)
    : http_(http), clock_(clock), credentials_(credentials), places_(std::move(places)) {
  for (const auto& [name, place] : places_) {
    auto bucket = std::make_unique<Bucket>();
    bucket->place = place;
    std::string region = place.region.empty() ? credentials_.region() : place.region;
    if (region.empty()) region = "us-east-1";
    bucket->signer = std::make_shared<http::Signer>(region, "s3", http::PathRule::S3);
    buckets_.emplace(name, std::move(bucket));
  }
}
S3Client::~S3Client() = default;

Result<S3Client::Bucket*> S3Client::bucket_of(const Uri& uri) {
  const auto found = buckets_.find(uri.bucket);
  if (found != buckets_.end()) return found->second.get();
  return fail(FailureCode::NotFound,
              format("{}: no --store says where this bucket is", uri.to_string()));
}

Result<http::Response> S3Client::send_once(const S3Request& request, Bucket& bucket,
                                           http::Credentials& used) {
  const http::Target target{.path = bucket.place.path(request.uri.key), .query = request.query};
  http::Request sent{.method = request.method,
                     .origin = bucket.place.origin(),
                     .target = target.encoded(),
                     .headers = request.headers,
                     .body = {.bytes = request.body},
                     .body_limit = request.body_limit};
  const std::string hash = sha256_hex(request.body);
  sent.prepare = [&](http::Request& one) -> Result<> {
    auto who = credentials_.current();
    if (!who) return pass(std::move(who));
    used = std::move(*who);
    bucket.current()->sign(one, target, used, clock_.now(), hash);
    return {};
  };
  sent.retry = request.answers_document ? document_passes : passes;
  return http_.send(std::move(sent));
}

/// Where another region or other credentials may help, they are taken from now on.
S3Client::Mended S3Client::mend(const http::Response& response, Bucket& bucket,
                                const http::Credentials& used) {
  const auto error = s3_xml::read_error(response.body);
  std::string region(response.headers.get("X-Amz-Bucket-Region"));
  if (region.empty()) region = error.region;
  const bool elsewhere = response.status == 301 || response.status == 307 ||
                         response.status == 400 || response.status == 403;
  if (elsewhere && bucket.move_to(region)) return Mended::Yes;
  const bool expired = error.code == "ExpiredToken" || error.code == "InvalidToken" ||
                       (response.body.empty() && response.status == 400);
  return expired && credentials_.renew(used) ? Mended::Yes : Mended::No;
}

Result<http::Response> S3Client::send_plain(const S3Request& request) {
  auto bucket = bucket_of(request.uri);
  if (!bucket) return pass(std::move(bucket));
  for (int turn = 0;; ++turn) {
    http::Credentials used;
    auto response = send_once(request, **bucket, used);
    if (!response) {
      return fail(response.error().code,
                  format("{}: {}", request.uri.to_string(), response.error().message));
    }
    const unsigned status = response->status;
    const auto error = request.answers_document && status / 100 == 2
                           ? s3_xml::error_under_200(response->body)
                           : std::nullopt;
    if (error) response->status = error->code == "PreconditionFailed" ? 412 : 500;
    if (response->status / 100 == 2) return response;
    if (status == 304 || status == 404 || status == 412 || status == 416) return response;
    if (turn < 2 && mend(*response, **bucket, used) == Mended::Yes) continue;
    if (response->status == 412) return response;
    return tl::unexpected(failure_of(request, *response));
  }
}

Result<http::Response> S3Client::send(const S3Request& request) {
  auto response = send_plain(request);
  if (!response || response->status / 100 == 2) return response;
  return tl::unexpected(failure_of(request, *response));
}

Failure S3Client::failure_of(const S3Request& request, const http::Response& response) const {
  const auto error = s3_xml::read_error(response.body);
  Failure failure{.code = code_of(response.status), .message = {}};
  std::string words = format("status {}", response.status);
  if (!error.code.empty()) words += " " + error.code;
  if (!error.message.empty()) words += ": " + error.message;
  for (const auto& meaning : meanings) {
    if (error.code != meaning.code) continue;
    failure.code = meaning.as;
    if (!meaning.hint.empty()) words = format("{} ({})", meaning.hint, words);
  }
  const auto place = places_.find(request.uri.bucket);
  failure.message = format("{} {} ({}): {}", request.method, request.uri.to_string(),
                           place == places_.end() ? "" : place->second.to_string(), words);
  return failure;
}

std::optional<std::string> S3Client::copy_source(const Uri& from, const Uri& to) const {
  const auto source = places_.find(from.bucket);
  const auto target = places_.find(to.bucket);
  if (source == places_.end() || target == places_.end() ||
      source->second.endpoint != target->second.endpoint) {
    return std::nullopt;
  }
  return http::encode_strictly(format("/{}/{}", source->second.bucket, from.key),
                               http::Slash::Keep);
}

}  // namespace cls::store
