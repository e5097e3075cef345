// SPDX-License-Identifier: Apache-2.0
// FileGroup: conditional writes of a FileStore that wait for the disk together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/file_locks.h"
#include "store/file_places.h"
#include "store/file_reader.h"
#include "store/file_writer.h"
#include "store/object_store.h"

namespace cls::store {

/// The parts of a store that writes of a group need.
struct FileParts {
  const FilePlaces& places;
  const FileReader& reader;
  FileLocks& locks;
  FileWriter& writer;
};

/// For one run().
class FileGroup {
 public:
  FileGroup(FileParts parts, const std::vector<WriteStep>& steps) : parts_(parts), steps_(steps) {}

  /// See ObjectStore::write. All temporary files are synced at once; then, of each step, all files
  /// become objects and their directories are synced at once.
  std::vector<WriteResults> run();

 private:
  /// A write of a step, as far as it has come.
  struct Item {
    const Write* write = nullptr;
    FilePlace place = {};
    std::optional<StagedFile> staged = {};  ///< until it is the object, or is taken away
    std::optional<Failure> failure = {};
    std::string etag = {};
  };
  using Items = std::vector<Item>;

  bool stage(Items& items);
  Result<StagedFile> stage(Item& item);
  void sync_staged();
  void install(Items& items);
  void install(Item& item);
  void sync_directories(Items& items);
  WriteResults results(Items& items) const;

  FileParts parts_;
  const std::vector<WriteStep>& steps_;
  std::vector<Items> items_;  ///< of the steps that are tried
};

/// Conflict unless what is there has the ETag that is wanted.
Result<> check_etag(const ObjectInfo& there, std::string_view wanted);
/// Conflict unless there is an object at the place and it has this ETag.
Result<> check_version(const FileReader& reader, const FilePlace& place, std::string_view etag);
/// The key's lock, taken while the object has this ETag; Conflict where it has not.
Result<FileGuard> lock_version(FileLocks& locks, const FileReader& reader, const FilePlace& place,
                               std::string_view etag);

}  // namespace cls::store
