// SPDX-License-Identifier: Apache-2.0
// SyncGroup: makes files and directories durable; calls that come together wait together.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace cls {

/// Group commit for files. What several calls ask for while one of them waits for the disk is made
/// durable by the next wait: one syncfs(2) for two or more files of a file system that reports
/// write errors through it (docs/formats/store.md), else an fsync(2) for each. Thread-safe.
class SyncGroup {
 public:
  /// Returns once the contents of these files and directories are durable. NotFound where one is
  /// gone. A failure says which path it was.
  Result<> sync(const std::vector<std::string>& paths);

  /// The most bytes that may wait to be written, of all programs, for syncfs(2) to be taken: it
  /// writes all of them.
  static constexpr std::uint64_t most_dirty_bytes = std::uint64_t{32} << 20U;

 private:
  struct Request;

  void serve(std::vector<Request*> requests);
  bool sync_whole(std::uint64_t device, const std::string& path);

  std::mutex mutex_;
  std::condition_variable served_;
  std::vector<Request*> waiting_;
  bool serving_ = false;
  // Of the thread that serves:
  std::map<std::uint64_t, UniqueFd> devices_;
  std::set<std::uint64_t> refused_;  ///< devices that syncfs(2) is not taken for
};

/// Bytes that all programs have written and no disk holds yet; the most that there are where the
/// system does not say.
std::uint64_t dirty_bytes();

}  // namespace cls
