// SPDX-License-Identifier: Apache-2.0
// FileListing: pages of keys, in key order, from directories. A page reads the directories it lies
// in, and no others.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "store/file_places.h"
#include "store/object_store.h"

namespace cls::store {

/// An entry of a directory that may be, or hold, an object.
struct KeyEntry {
  std::string name;
  bool is_directory = false;
  std::string target;  ///< of a symlink: its real path; else ""
};

/// A directory's entries in the order of the keys that they are or hold: a directory counts as its
/// name and a '/'.
using KeyEntries = std::shared_ptr<const std::vector<KeyEntry>>;

/// Reads directories in key order; remembers a few large ones, so that the pages of one directory
/// with very many files do not each read and sort it. Thread-safe.
class KeyDirectories {
 public:
  explicit KeyDirectories(FileSystem& files) : files_(files) {}

  /// Entries of `directory` (a real path); links to what is outside `real_root` or absent, names of
  /// the store's own and what is neither file nor directory are left out.
  Result<KeyEntries> read(const std::string& directory, const std::string& real_root);
  /// Says that nobody is likely to ask for this directory again.
  void forget(const std::string& directory);

 private:
  struct Remembered {
    std::string directory;
    FileStatus status;
    KeyEntries entries;
  };
  KeyEntries recall(const std::string& directory, const FileStatus& status);
  void remember(Remembered remembered);

  FileSystem& files_;
  std::mutex mutex_;
  std::vector<Remembered> remembered_;
};

/// Answers list(). Thread-safe.
class FileListing {
 public:
  FileListing(FileSystem& files, const FilePlaces& places)
      : files_(files), places_(places), directories_(files) {}
  Result<ListPage> list(const ListRequest& request);

 private:
  FileSystem& files_;
  const FilePlaces& places_;
  KeyDirectories directories_;
};

}  // namespace cls::store
