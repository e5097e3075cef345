// SPDX-License-Identifier: Apache-2.0
// ObservedStore: a store that tells how many objects went through it, for who waits at a terminal.
#pragma once

#include <atomic>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "store/object_store.h"

namespace cls::store {

/// As the store behind it, which outlives it as the progress does. Each object that is read,
/// listed, written or deleted counts.
class ObservedStore final : public ObjectStore {
 public:
  ObservedStore(ObjectStore& store, Progress& progress) : store_(store), progress_(progress) {}

  /// Objects right below a prefix that will be read.
  struct Expected {
    Uri prefix;          ///< ends with a slash
    unsigned times = 1;  ///< each of them
    /// Those that will not be are left out; without it, none.
    std::function<bool(const ObjectInfo&)> counts = {};
  };
  /// Counts them, and tells from then on how many of these `things` were read, in place of all
  /// objects, until they have been. A prefix that cannot be listed counts nothing: who reads there
  /// says why. Before any other thread uses the store.
  void expect(std::string things, const std::vector<Expected>& expected);

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
  void count(std::uint64_t objects = 1);
  void note_read(const Uri& uri);

  ObjectStore& store_;
  Progress& progress_;
  std::atomic<std::uint64_t> count_ = 0;
  std::string things_;                              ///< that are expected
  std::set<std::string, std::less<>> directories_;  ///< where they are
  std::uint64_t expected_ = 0;
  std::atomic<std::uint64_t> read_ = 0;  ///< of those
};

}  // namespace cls::store
