// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4. Equal to botocore's: tools/sigv4_vectors.py.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "http/message.h"

namespace cls::http {

/// Who signs. Secrets: never in a log, a record or a message, but for the id.
struct Credentials {
  std::string id;
  std::string secret;
  std::string token = {};  ///< of a session; empty: none
  std::optional<Instant> expires = {};
  std::string source = {};  ///< for messages: `profile 'x' in ~/.aws/credentials`
};

/// What is asked for, raw: nothing is percent-encoded yet.
struct Target {
  std::string path = "/";
  std::vector<std::pair<std::string, std::string>> query = {};

  /// Path and query as a request sends them: all but letters, digits and `-_.~` is encoded.
  std::string encoded() const;
};

/// How the path is signed: S3 as it is sent; everybody else without `//`, `.` and `..`, encoded
/// twice.
enum class PathRule : std::uint8_t { S3, Others };

/// `UNSIGNED-PAYLOAD` as the hash: TLS alone guards the body.
inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

/// Signs for one region and service. Thread-safe; the key of a day is derived once.
class Signer {
 public:
  Signer(std::string region, std::string service, PathRule rule)
      : region_(std::move(region)), service_(std::move(service)), rule_(rule) {}

  const std::string& region() const { return region_; }

  /// Sets X-Amz-Date, X-Amz-Security-Token, for S3 X-Amz-Content-SHA256, and Authorization, in the
  /// place of former ones. All headers there are signed, but those that proxies change.
  /// `payload_hash` is the SHA-256 of the body in hex, or `unsigned_payload`.
  void sign(Request& request, const Target& target, const Credentials& credentials, Instant now,
            std::string_view payload_hash);

 private:
  std::string key_of(const Credentials& credentials, const std::string& day);
  std::string canonical_path(const std::string& path) const;

  std::string region_;
  std::string service_;
  PathRule rule_;
  std::mutex mutex_;
  std::string key_for_;  ///< the day and the secret that key_ is of
  std::string key_;
};

/// Percent-encodes all but letters, digits and `-_.~`; `/` too unless it is kept.
enum class Slash : std::uint8_t { Keep, Encode };
std::string encode_strictly(std::string_view raw, Slash slash);

}  // namespace cls::http
