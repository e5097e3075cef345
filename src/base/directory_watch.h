// SPDX-License-Identifier: Apache-2.0
// DirectoryWatch: the door to inotify. A hint only: who relies on it scans too.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mount.h"
#include "base/result.h"

namespace cls {

enum class WatchEventKind : std::uint8_t {
  Written,    ///< closed after writing, or moved in: whole
  Created,    ///< made without either (a hard link): look again when it is quiet
  Directory,  ///< a directory was made or moved in: scan it
  Overflow,   ///< events were lost: scan everything
  RootGone,   ///< the watched root was removed
  Unwatched,  ///< not all that changes there is told: it has to be looked for
};

struct WatchEvent {
  WatchEventKind kind = WatchEventKind::Written;
  std::string root;  ///< as given to add()
  std::string path;
};

/// Watches directory trees. One thread waits; wake() may be called from any thread.
class DirectoryWatch {
 public:
  virtual ~DirectoryWatch() = default;
  /// Watches `root` and every directory below it that exists or comes to be. Watch first, then
  /// scan. A failure says that not all that changes will be told, and why: a directory that cannot
  /// be watched or that other machines may change, a link to something below the root.
  virtual Result<> add(const std::string& root) = 0;
  /// Ends the watch of a root; what others watch below it stays. Nothing for one that is not.
  virtual void remove(const std::string& root) = 0;
  /// Waits for events, for wake() or for the time to pass; returns what came, maybe nothing.
  virtual std::vector<WatchEvent> wait(std::chrono::milliseconds most) = 0;
  virtual void wake() = 0;
};

/// inotify(7). Fails with Unsupported where the kernel gives no instance. `mount` says what a
/// directory lies on.
Result<std::unique_ptr<DirectoryWatch>> make_inotify_watch(
    std::function<Result<Mount>(const std::string& path)> mount = mount_of);

}  // namespace cls
