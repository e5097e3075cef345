// SPDX-License-Identifier: Apache-2.0
// S3Store: an ObjectStore on buckets of S3 and of what speaks its protocol. docs/formats/store.md,
// "On S3".
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "store/object_store.h"
#include "store/s3_client.h"

namespace cls::store {

/// What servers set limits to.
struct S3Limits {
  std::uint64_t copy = std::uint64_t{5} << 30U;         ///< more is not copied by one request
  std::uint64_t copy_part = std::uint64_t{512} << 20U;  ///< of a copy in parts
};

/// Thread-safe. Objects up to 16 MiB are written by one request, larger ones in parts.
class S3Store final : public ObjectStore {
 public:
  /// Both outlive the store.
  S3Store(S3Client& client, const Clock& clock, S3Limits limits = {});

  /// True for an object of one of the client's buckets.
  bool has(const Uri& uri) const;
  /// Asks whether the bucket is there and may be listed: wrong credentials, endpoint, region and
  /// name are found out before anything is done.
  Result<> check(const std::string& bucket);

  Result<Object> get(const Uri& uri, const Range& range = {}) override;
  Result<ObjectInfo> get_pieces(const Uri& uri,
                                const std::function<void(std::string_view)>& take) override;
  Result<ObjectInfo> head(const Uri& uri) override;
  Result<std::string> put(const Uri& uri, std::string_view bytes) override;
  Result<std::string> put_if_absent(const Uri& uri, std::string_view bytes) override;
  Result<std::string> replace_if(const Uri& uri, std::string_view etag,
                                 std::string_view bytes) override;
  /// The writes of a step go side by side.
  std::vector<WriteResults> write(const std::vector<WriteStep>& steps) override;
  Result<> delete_if(const Uri& uri, std::string_view etag) override;
  Result<> remove(const Uri& uri, Durable durable = Durable::Now) override;
  /// Up to 1,000 by a request; all of one bucket, else one by one.
  Result<> remove_all(const std::vector<Uri>& uris, Durable durable = Durable::Now) override;
  Result<ObjectInfo> copy_if_absent(const Uri& from, const Uri& to) override;
  Result<ObjectInfo> copy_if(const Uri& from, const Uri& to, std::string_view etag) override;
  Result<ObjectInfo> copy_version_if_absent(const ObjectInfo& from, const Uri& to) override;
  Result<ListPage> list(const ListRequest& request) override;

  /// Copies what another store holds, over the version `over`, else to a key that must be free:
  /// `read` gives ranges of it.
  struct Foreign {
    ObjectInfo info;
    std::function<Result<std::string>(const Range&)> read;
  };
  Result<ObjectInfo> bring(const Foreign& source, const Uri& to,
                           std::optional<std::string_view> over);

 private:
  /// An object's first bytes, and all there is to know of it.
  struct Fetched {
    ObjectInfo info;
    http::Headers metadata;
    std::string bytes;
  };
  enum class CopyCondition : std::uint8_t { Unknown, Kept, Ignored };

  Result<std::string> write_one(const Uri& uri, std::string_view bytes,
                                const http::Headers& condition, const http::Headers& metadata);
  Result<std::string> written_before(const Uri& uri, std::string_view bytes);
  tl::unexpected<Failure> conflict(const Uri& uri, const http::Headers& condition);
  Result<Fetched> fetch(const Uri& uri, const Range& range, const std::string& etag = "");
  Result<Fetched> look(const Uri& uri);
  bool copies_keep_condition(const Uri& from, const Uri& to) const;
  /// Of the version with that ETag, or of whatever is there.
  Result<ObjectInfo> copy_bytes(const Uri& from, const std::string& etag, const Uri& to,
                                const http::Headers& condition);
  Result<ObjectInfo> copy_there(const Uri& from, const Uri& to);
  Result<ObjectInfo> copy_version(const ObjectInfo& from, const Uri& to,
                                  const http::Headers& condition);
  Result<ObjectInfo> copy_once(const Fetched& source, const Uri& to,
                               const http::Headers& condition);
  Result<ObjectInfo> copy_in_parts(const Fetched& source, const Uri& to,
                                   const http::Headers& condition);
  void learn_of_copies(const Fetched& source, const Uri& to);

  S3Client& client_;
  const Clock& clock_;
  S3Limits limits_;
  /// By target bucket: whether copies there obey If-None-Match.
  std::map<std::string, std::atomic<CopyCondition>, std::less<>> copies_;
};

}  // namespace cls::store
