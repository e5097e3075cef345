// SPDX-License-Identifier: Apache-2.0
// VirtualFiles: real files under a clock that is moved by hand.
#pragma once

#include <map>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "base/file_system.h"

namespace cls::scenario {

/// A file system in which time is the clock's: what is written through it has the clock's time as
/// its modification time, and so says stamp_time(). A file's change time is the clock's time of its
/// last arrive(); without one it is the modification time, because what other processes write has
/// stamps of the machine's own clock. Thread-safe; `files` and `clock` outlive it.
class VirtualFiles final : public FileSystem {
 public:
  VirtualFiles(FileSystem& files, const Clock& clock) : files_(files), clock_(clock) {}

  /// Says that somebody wrote or renamed this file now and gave it this modification time.
  Result<> arrive(const std::string& path, Instant modified);

  Result<FileStatus> status(const std::string& path, bool follow) override;
  Result<std::vector<DirectoryEntry>> entries(const std::string& directory) override;
  Result<std::string> real_path(const std::string& path) override;
  Instant stamp_time() override { return clock_.now(); }
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
  Result<> sync(const std::vector<std::string>& paths) override;
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> lock_byte(const std::string& path, std::uint64_t byte) override;
  Result<std::unique_ptr<FileLock>> try_lock(const std::string& path) override;

 private:
  class Opened;

  FileStatus restamped(FileStatus status) const;
  Result<> stamp(const std::string& path, const Result<>& written);

  FileSystem& files_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  /// Change times of what arrived, by device and inode: a rename keeps them.
  std::map<std::pair<std::uint64_t, std::uint64_t>, Instant> changed_;
};

}  // namespace cls::scenario
