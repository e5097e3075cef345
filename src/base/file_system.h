// SPDX-License-Identifier: Apache-2.0
// FileSystem: the door to files, injected so that tests can make it fail. Paths are absolute.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sync_group.h"
#include "base/time.h"

namespace cls {

enum class FileKind : std::uint8_t { File, Directory, Symlink, Other };

/// What stat(2) says; `kind` is that of the target unless the call did not follow links.
struct FileStatus {
  FileKind kind = FileKind::File;
  std::uint64_t size = 0;
  Instant modified;
  Instant changed;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
};

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::File;  ///< not followed: a symlink is a Symlink
};

/// A file open for reading: it stays the same file though another is renamed over its name.
class OpenFile {
 public:
  virtual ~OpenFile() = default;
  virtual Result<FileStatus> status() = 0;
  /// Bytes [offset, offset+length) or to the end; what lies past the end is left out.
  virtual Result<std::string> read(std::uint64_t offset = 0,
                                   std::optional<std::uint64_t> length = std::nullopt) = 0;
};

/// An advisory lock that is held as long as the object lives.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

/// Thread-safe. Failures carry the path and the system's words; ENOENT and ENOTDIR are NotFound,
/// EEXIST is Conflict, EACCES/EPERM/EROFS Denied, ENOSPC/EDQUOT NoSpace, ENAMETOOLONG Invalid,
/// everything else Unavailable.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual Result<FileStatus> status(const std::string& path, bool follow = true) = 0;
  /// Sorted by name, bytewise; without `.` and `..`.
  virtual Result<std::vector<DirectoryEntry>> entries(const std::string& directory) = 0;

  /// The path with every symbolic link followed; NotFound where anything on the way is absent.
  virtual Result<std::string> real_path(const std::string& path) = 0;
  /// The clock that stamps files: says whether a stamp is old enough to tell changes apart.
  virtual Instant stamp_time() = 0;

  /// Opens for reading without ever blocking; look at the kind: it may be no regular file.
  virtual Result<std::unique_ptr<OpenFile>> open(const std::string& path) = 0;
  /// Bytes [offset, offset+length) or to the end.
  virtual Result<std::string> read(const std::string& path, std::uint64_t offset = 0,
                                   std::optional<std::uint64_t> length = std::nullopt) = 0;
  /// Feeds the file in pieces of at most 1 MiB, in order.
  virtual Result<> read_pieces(const std::string& path,
                               const std::function<void(std::string_view)>& take) = 0;

  /// Creates a file that must not exist and writes it; durable after sync(). Large ones (over 1
  /// MiB) are fsynced before it returns, so that nobody else's sync() has to wait for them.
  virtual Result<> write_new(const std::string& path, std::string_view bytes) = 0;
  /// Creates a file that must not exist with the bytes of `source` (reflink or copy_file_range
  /// where possible); durable as with write_new().
  virtual Result<> copy_new(const std::string& source, const std::string& path) = 0;
  /// Appends to a file, made if absent; not fsynced. For logs.
  virtual Result<> append(const std::string& path, std::string_view bytes) = 0;

  /// link(2): Conflict where `to` exists.
  virtual Result<> link(const std::string& from, const std::string& to) = 0;
  /// rename(2): replaces `to`.
  virtual Result<> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<> unlink(const std::string& path) = 0;
  /// rmdir(2): fails on a directory that is not empty with Conflict.
  virtual Result<> remove_directory(const std::string& path) = 0;

  /// Makes a directory and its absent parents; returns the directories that have a new entry now,
  /// for those who need it durable to sync().
  virtual Result<std::vector<std::string>> make_directories(const std::string& path) = 0;
  /// Makes the contents of files, and the entries of directories, durable. Calls that come together
  /// wait together: base/sync_group.h.
  virtual Result<> sync(const std::vector<std::string>& paths) = 0;

  /// Waits for an exclusive OFD lock on `path`, made if absent. Locks of one process exclude each
  /// other too. Unsupported where the file system has no working locks.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  /// The same for one byte of `path` (below 2^62; the file need not be that long): excludes those
  /// who lock this byte or the whole file.
  virtual Result<std::unique_ptr<FileLock>> lock_byte(const std::string& path,
                                                      std::uint64_t byte) = 0;
  /// lock() without waiting: Unavailable where somebody holds it or a byte of it.
  virtual Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) = 0;
};

/// The real one.
class PosixFileSystem final : public FileSystem {
 public:
  Result<FileStatus> status(const std::string& path, bool follow) override;
  Result<std::vector<DirectoryEntry>> entries(const std::string& directory) override;
  Result<std::string> real_path(const std::string& path) override;
  Instant stamp_time() override;
  Result<std::unique_ptr<OpenFile>> open(const std::string& path) override;
  Result<std::string> read(const std::string& path, std::uint64_t offset,
                           std::optional<std::uint64_t> length) override;
  Result<> read_pieces(const std::string& path,
                       const std::function<void(std::string_view)>& take) override;
  Result<> write_new(const std::string& path, std::string_view bytes) override;
  Result<> copy_new(const std::string& source, const std::string& path) override;
  Result<> append(const std::string& path, std::string_view bytes) override;
  Result<> link(const std::string& from, const std::string& to) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> unlink(const std::string& path) override;
  Result<> remove_directory(const std::string& path) override;
  Result<std::vector<std::string>> make_directories(const std::string& path) override;
  Result<> sync(const std::vector<std::string>& paths) override { return syncs_.sync(paths); }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock_byte(const std::string& path, std::uint64_t byte) override;
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override;

 private:
  SyncGroup syncs_;
};

}  // namespace cls
