// SPDX-License-Identifier: Apache-2.0
// FileWriter: makes an object's file appear whole and durable, or not at all.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "store/file_locks.h"
#include "store/file_places.h"
#include "store/file_reader.h"
#include "store/object_store.h"

namespace cls::store {

/// What a new object is made of: the bytes, or those of the file `source` (a real path).
struct FileContent {
  std::string_view bytes = {};
  std::string source = {};
};

/// How the finished temporary file becomes the object.
enum class Install : std::uint8_t {
  IfAbsent,    ///< link(2): Conflict where the name is taken
  Over,        ///< rename(2), under the key's lock where there is one
  OverLocked,  ///< rename(2); the caller holds the key's lock
};

/// A file that lies beside its key under a temporary name. It, and the directories that were made
/// for it, are durable once `unsynced` is synced.
struct StagedFile {
  std::string target;     ///< real path of the object's file
  std::string directory;  ///< as the key says
  std::string real;       ///< the same without links
  std::string existed;    ///< how much of it was there before
  std::string temp;
  ObjectInfo info;  ///< of small bytes only size and ETag
  std::vector<std::string> unsynced;
};

/// Thread-safe. Steps and their order: docs/formats/store.md.
class FileWriter {
 public:
  FileWriter(FileSystem& files, const FilePlaces& places, const FileReader& reader,
             FileLocks& locks);

  /// The whole of a write: stage, sync, install, sync the directory. After a failure no trace is
  /// left, except that a failed sync of the directory leaves the object in place.
  Result<ObjectInfo> write(const FilePlace& place, Install how, const FileContent& content);

  /// Writes the temporary file. After a failure no trace is left.
  Result<StagedFile> stage(const FilePlace& place, Install install, const FileContent& content);
  /// Makes a staged file, which is durable by now, the object; `held` is let go. Whatever it
  /// returns, the temporary file is gone, and after a failure what was made for it too.
  Result<> install(const FilePlace& place, const StagedFile& staged, Install install,
                   FileGuard held = {});
  /// Takes a staged file away.
  void discard(const StagedFile& staged);
  /// Makes these files and directories durable, and with them the directories that are owed.
  Result<> sync(std::vector<std::string> paths);
  /// Leaves a directory to the next sync().
  void owe(const std::string& directory);
  /// The failure of a directory's sync, after which the object is there all the same.
  static tl::unexpected<Failure> not_durable(const FilePlace& place, const Failure& failure);

  /// Removes `directory` and those above it, below `until`, as far as they are empty; returns the
  /// lowest that stays.
  std::string remove_empty(std::string directory, const std::string& until);

  /// A name of the store's own that nobody else makes up: `.cls-tmp-` and 24 hex digits.
  std::string temp_name();

 private:
  /// A directory to write in: its path, its real path, and how much of it was there before.
  struct Landing {
    std::string directory;
    std::string real;
    std::string existed;
    std::vector<std::string> changed = {};  ///< directories that have a new entry
  };
  /// Nothing: the directory went away meanwhile; try again.
  Result<std::optional<Landing>> landing(const FilePlace& place);
  Result<std::optional<Landing>> make_landing(const FilePlace& place);
  Result<std::optional<StagedFile>> stage_in(const Landing& landing, const FilePlace& place,
                                             Install install, const FileContent& content);
  Result<ObjectInfo> describe(const FilePlace& place, const FileContent& content,
                              const std::string& temp) const;
  /// Refuses a name that a directory has or, where it must be free, an object.
  Result<> check_target(const FilePlace& place, const std::string& target, Install install);
  Result<> install_file(const FilePlace& place, const std::string& temp, const std::string& target,
                        Install install, FileGuard& held);

  FileSystem& files_;
  const FilePlaces& places_;
  const FileReader& reader_;
  FileLocks& locks_;
  std::mutex owed_mutex_;
  std::map<std::string, std::uint64_t> owed_;  ///< directory → when it came, counted
  std::uint64_t owed_count_ = 0;
  std::uint64_t temp_base_;
  std::atomic<std::uint32_t> temp_count_{0};
};

}  // namespace cls::store
