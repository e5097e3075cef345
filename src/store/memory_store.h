// SPDX-License-Identifier: Apache-2.0
// MemoryStore: an ObjectStore in memory with S3's semantics, for tests and the simulator.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/clock.h"
#include "store/object_store.h"

namespace cls::store {

/// Keys are any bytes but none; `a` and `a/b` may both exist. A bucket exists from the first write
/// to it. Thread-safe; every operation is atomic.
class MemoryStore final : public ObjectStore {
 public:
  /// `clock` stamps what is written; it must outlive the store.
  explicit MemoryStore(const Clock& clock) : clock_(clock) {}

  /// From now on head() names versions, as S3 does where it keeps them: by when they were written.
  void name_versions() { names_versions_ = true; }

  Result<Object> get(const Uri& uri, const Range& range = {}) override;
  Result<ObjectInfo> get_pieces(const Uri& uri,
                                const std::function<void(std::string_view)>& take) override;
  Result<ObjectInfo> head(const Uri& uri) override;
  Result<std::string> put(const Uri& uri, std::string_view bytes) override;
  Result<std::string> put_if_absent(const Uri& uri, std::string_view bytes) override;
  Result<std::string> replace_if(const Uri& uri, std::string_view etag,
                                 std::string_view bytes) override;
  Result<> delete_if(const Uri& uri, std::string_view etag) override;
  Result<> remove(const Uri& uri, Durable durable = Durable::Now) override;
  Result<ObjectInfo> copy_if_absent(const Uri& from, const Uri& to) override;
  Result<ObjectInfo> copy_if(const Uri& from, const Uri& to, std::string_view etag) override;
  Result<ListPage> list(const ListRequest& request) override;

 private:
  struct Stored {
    std::shared_ptr<const std::string> bytes;
    Instant modified;
    std::string etag;
  };
  using Bucket = std::map<std::string, Stored>;

  /// A copy of what is stored (the bytes shared), so that nothing slow happens under the mutex.
  Result<Stored> find(const Uri& uri) const;
  /// The object's place if it exists; needs the mutex.
  Stored* find_locked(const Uri& uri);
  /// Makes what `bytes` are stored as; needs no mutex.
  Stored make(std::shared_ptr<const std::string> bytes);
  Result<ObjectInfo> copy_to(const Uri& from, const Uri& to,
                             const std::optional<std::string_view>& etag);

  const Clock& clock_;
  bool names_versions_ = false;
  mutable std::mutex mutex_;
  std::uint64_t made_ = 0;  ///< stands for the inode in the ETags of large objects
  std::map<std::pair<std::string, std::string>, Bucket> buckets_;
};

}  // namespace cls::store
