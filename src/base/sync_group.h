// SPDX-License-Identifier: Apache-2.0
// SyncGroup: makes files and directories durable; calls that come together wait together.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace cls {

/// Group commit for files. What several calls ask for while one of them waits for the disk is made
/// durable by the next wait: one syncfs(2) for all files of a file system, or an fsync(2) for each;
/// of a file that several ask for, one for all. Rules: docs/formats/store.md. Thread-safe.
class SyncGroup {
 public:
  /// Returns once the contents of these files and directories are durable. NotFound where one is
  /// gone. A failure says which path it was.
  Result<> sync(const std::vector<std::string>& paths);

  /// The most bytes that may wait to be written, of all programs, for syncfs(2) to be taken: it
  /// writes all of them.
  static constexpr std::uint64_t most_dirty_bytes = std::uint64_t{64} << 20U;

 private:
  using FileId = std::pair<std::uint64_t, std::uint64_t>;  ///< device, inode
  struct Request;
  /// Who asks for a file: request and number of the path.
  using Wanted = std::vector<std::pair<Request*, std::size_t>>;
  /// A file system, as the thread that serves knows it.
  struct Device {
    UniqueFd fd;           ///< stays open, so that every failed write since the last sync is told
    bool refused = false;  ///< syncfs(2) tells no failed writes here
    std::chrono::steady_clock::time_point
        not_before{};  ///< syncfs(2) took too long: not until then
    std::chrono::nanoseconds pause{};
    int bad_deals = 0;  ///< one after the other
  };

  void serve(const std::vector<Request*>& requests);
  static bool may_gather(Device& device, const std::string& path);
  bool sync_whole(Device& device, std::size_t count);
  void sync_here(const Wanted& places);
  Result<> sync_one(const std::string& path);
  Result<> sync_each(const std::vector<const std::string*>& paths);

  std::mutex mutex_;
  std::condition_variable served_;
  std::vector<Request*> waiting_;
  bool serving_ = false;
  std::map<std::uint64_t, Device> devices_;      // of the thread that serves
  std::atomic<unsigned> calls_ = 0;              ///< of sync_each() at work
  std::atomic<std::int64_t> fsync_ns_{500'000};  ///< what one took lately
};

/// Bytes that all programs have written and no disk holds yet; the most that there are where the
/// system does not say.
std::uint64_t dirty_bytes();

}  // namespace cls
