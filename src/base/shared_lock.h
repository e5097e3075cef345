// SPDX-License-Identifier: Apache-2.0
// SharedLock: says that one uses something; who wants it for himself finds out that one does.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace cls {

/// A shared OFD lock on a whole file, held as long as the object lives. Not thread-safe.
class SharedLock {
 public:
  /// Waits while somebody has it for himself. The file is made if absent; on a read-only file
  /// system it is enough that it is there. Unsupported where locks do not hold.
  static Result<SharedLock> take(const std::string& path);

  /// Whether it can be had for oneself at all: not on a read-only file system.
  bool writable() const { return writable_; }
  /// Has it for oneself, without waiting; false where others hold it. Then share() again.
  bool try_alone();
  /// Lets go of it, so that others may have it for themselves.
  void release();
  /// Waits.
  bool share();

 private:
  SharedLock(UniqueFd fd, bool writable) : fd_(std::move(fd)), writable_(writable) {}
  UniqueFd fd_;
  bool writable_ = false;
};

}  // namespace cls
