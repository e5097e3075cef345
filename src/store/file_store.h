// SPDX-License-Identifier: Apache-2.0
// FileStore: an ObjectStore of plain files in plain directories, for users to read with ls and cat.
// Layout, locks, durability and refusals: docs/formats/store.md.
#pragma once

#include <string>

#include "base/file_system.h"
#include "store/file_group.h"
#include "store/file_listing.h"
#include "store/file_locks.h"
#include "store/file_places.h"
#include "store/file_reader.h"
#include "store/file_writer.h"
#include "store/object_store.h"

namespace cls::store {

/// Thread-safe; any number of stores and processes may share the directories. Every write is
/// durable when it returns: the file is synced before its name appears, its directory after.
/// Invalid: a key that no file can have, or that collides with another as file and directory.
/// Denied: no permission, read-only, or a symbolic link that leads out of the bucket.
class FileStore final : public ObjectStore {
 public:
  /// `files` must outlive the store.
  FileStore(FileSystem& files, FileStoreLayout layout);

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
  Result<ObjectInfo> copy_if_absent(const Uri& from, const Uri& to) override;
  Result<ObjectInfo> copy_if(const Uri& from, const Uri& to, std::string_view etag) override;
  Result<ListPage> list(const ListRequest& request) override { return listing_.list(request); }

  /// The path of an object's file, there or not, to hand to another process; refuses what the
  /// other methods refuse. Writing to it directly is neither atomic nor durable.
  Result<std::string> local_path(const Uri& uri);

  /// Proves that locks exclude where the bucket is, or would be made; Unsupported where they do
  /// not: such a file system cannot hold records. `file:///` has no single place and is Invalid.
  Result<> check_locks(const std::string& scheme, const std::string& bucket);

 private:
  /// The real path of the file that is to be copied.
  Result<std::string> source_path(const Uri& from);
  /// The object's file if there is one, its directory's links followed inside the bucket.
  Result<std::string> present(const FilePlace& place);
  Result<std::string> write_one(const Write& write);
  /// Unlinks, lets go, removes directories left empty; returns the one that stays.
  Result<std::string> take_away(const FilePlace& place, const std::string& path, FileGuard guard);
  /// Makes the removal from a directory durable, or from the one above if that is gone by now.
  Result<> settle_removal(const FilePlace& place, std::string directory);

  FileSystem& files_;
  FilePlaces places_;
  FileReader reader_;
  FileLocks locks_;
  FileWriter writer_;
  FileListing listing_;
};

}  // namespace cls::store
