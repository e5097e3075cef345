// SPDX-License-Identifier: Apache-2.0
// FileLocks: hold off the other changes of a key while one compares and replaces it.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <string>

#include "base/file_system.h"
#include "store/file_places.h"

namespace cls::store {

/// Held as long as it lives; one without members holds nothing.
struct FileGuard {
  std::unique_lock<std::mutex> here;
  std::unique_ptr<FileLock> everywhere;  ///< let go first
};

/// Locks of keys: one byte of the lock file for each, so that changes of different keys do not wait
/// for each other's fsync. Thread-safe; a thread takes one at a time.
class FileLocks {
 public:
  explicit FileLocks(FileSystem& files) : files_(files) {}

  /// Waits. NotFound where the lock file's directory is absent, Unsupported without working locks.
  Result<FileGuard> take(const FilePlace& place);
  /// For changes without a condition: what cannot be locked goes on without. In `file:///` nothing
  /// is locked, so that no lock file is left in a directory where nobody needs it.
  Result<FileGuard> take_if_possible(const FilePlace& place);
  /// Unsupported unless a lock on the new file `probe`, which is removed again, excludes another.
  Result<> prove(const std::string& probe);

 private:
  FileSystem& files_;
  std::array<std::mutex, 64> mutexes_;  ///< by lock byte: threads wait here, not in the kernel
};

}  // namespace cls::store
