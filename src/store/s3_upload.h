// SPDX-License-Identifier: Apache-2.0
// upload(): an object in parts, for what is too large for one request.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "http/message.h"
#include "store/s3_client.h"

namespace cls::store {

/// One part of an upload.
struct S3Part {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

/// What becomes one object.
struct S3Parts {
  std::uint64_t size = 0;
  std::uint64_t part_size = std::uint64_t{8} << 20U;  ///< grows where there would be too many
  /// The bytes of a part; called from several threads.
  std::function<Result<std::string>(const S3Part&)> read = {};
  /// Else parts are copied by the server: X-Amz-Copy-Source and its conditions.
  http::Headers copy_from = {};
};

/// Sends the parts, a few at a time, and puts the object together; `metadata` (Content-Type …) is
/// its own, `condition` (If-None-Match, If-Match) is that of the last step. Its ETag; Conflict
/// where the condition does not hold. After a failure the parts are taken back.
Result<std::string> upload(S3Client& client, const Uri& to, const S3Parts& parts,
                           const http::Headers& metadata, const http::Headers& condition);

}  // namespace cls::store
