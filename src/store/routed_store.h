// SPDX-License-Identifier: Apache-2.0
// RoutedStore: one ObjectStore over several: buckets on S3 here, all else in files there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "store/object_store.h"
#include "store/s3_store.h"

namespace cls::store {

/// Thread-safe if both stores are. Copies between the two go through this machine, in bounded
/// memory.
class RoutedStore final : public ObjectStore {
 public:
  /// All of it outlives it. `s3` has the buckets of its places with the scheme s3. What is large
  /// and comes from there lies in a file of `scratch` on its way.
  RoutedStore(ObjectStore& files, S3Store& s3, FileSystem& disk, std::string scratch)
      : files_(files), s3_(s3), disk_(disk), scratch_(std::move(scratch)) {}

  Result<Object> get(const Uri& uri, const Range& range = {}) override;
  Result<ObjectInfo> get_pieces(const Uri& uri,
                                const std::function<void(std::string_view)>& take) override;
  Result<ObjectInfo> head(const Uri& uri) override;
  Result<std::string> put(const Uri& uri, std::string_view bytes) override;
  Result<std::string> put_if_absent(const Uri& uri, std::string_view bytes) override;
  Result<std::string> replace_if(const Uri& uri, std::string_view etag,
                                 std::string_view bytes) override;
  std::vector<WriteResults> write(const std::vector<WriteStep>& steps) override;
  Result<> delete_if(const Uri& uri, std::string_view etag) override;
  Result<> remove(const Uri& uri, Durable durable = Durable::Now) override;
  Result<> remove_all(const std::vector<Uri>& uris, Durable durable = Durable::Now) override;
  Result<ObjectInfo> copy_if_absent(const Uri& from, const Uri& to) override;
  Result<ObjectInfo> copy_if(const Uri& from, const Uri& to, std::string_view etag) override;
  Result<ObjectInfo> copy_version_if_absent(const ObjectInfo& from, const Uri& to) override;
  Result<ListPage> list(const ListRequest& request) override;

 private:
  /// The ETag of what is copied over; nullopt: the key must be free.
  using Over = std::optional<std::string_view>;

  ObjectStore& of(const Uri& uri);
  Result<ObjectInfo> bring_to_s3(const Uri& from, const Uri& to, Over over);
  Result<ObjectInfo> bring_to_files(const Uri& from, const Uri& to, Over over);

  Result<ObjectInfo> bring_by_file(const Uri& from, const Uri& to, Over over);

  ObjectStore& files_;
  S3Store& s3_;
  FileSystem& disk_;
  std::string scratch_;
};

}  // namespace cls::store
