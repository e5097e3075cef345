// SPDX-License-Identifier: Apache-2.0
// S3Place: where a bucket really is, as `--store s3://bucket=https://endpoint/bucket` says.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace cls::store {

/// A bucket of an S3 endpoint.
struct S3Place {
  http::Origin endpoint;
  std::string bucket = {};
  std::string region = {};  ///< empty: the credentials' or the endpoint's, else us-east-1

  /// `https://endpoint/bucket[?region=NAME]`; Invalid says what is wrong. The region of an
  /// amazonaws.com endpoint is read from its name.
  static Result<S3Place> parse(std::string_view text);

  /// True where the bucket is a part of the host's name, as on AWS; else it begins the path.
  bool by_host() const;
  /// What requests are sent to, with the bucket in its name where by_host().
  http::Origin origin() const;
  /// The path of a key, raw.
  std::string path(std::string_view key) const;
  /// For messages: `bucket 'b' at https://endpoint`.
  std::string to_string() const;
  bool operator==(const S3Place&) const = default;
};

/// Our buckets' names → where they are.
using S3Places = std::map<std::string, S3Place, std::less<>>;

}  // namespace cls::store
