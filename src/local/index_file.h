// SPDX-License-Identifier: Apache-2.0
// IndexFile: cls.db while it is open. docs/formats/home.md, "cls.db".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/mount.h"
#include "base/shared_lock.h"
#include "local/database.h"

namespace cls::local {

/// What is done about a database that is damaged, which can be made again from the records.
struct DamagedIndex {
  /// False: the damage is an Error.
  bool set_aside = false;
  /// Told the new name of what was set aside.
  std::function<void(const std::string& name)> told = {};
};

/// Why a home cannot lie there.
std::string remote_home(const std::string& directory, const Mount& mount);

/// What to say where damage is found in an index that is at work.
std::string made_again(const std::string& damage);

/// Holds a shared lock on `home.lock` beside the file. Not thread-safe, but for in_place(). Throws
/// Error: Temporary where the file is damaged and another process has it open, Refused where locks
/// do not hold.
class IndexFile {
 public:
  IndexFile(const std::string& path, const Clock& clock, const DamagedIndex& damaged);

  Database& database() { return *database_; }
  /// False once the file was deleted, moved away or replaced: what is written now is lost.
  bool in_place() const;
  /// What to say then.
  std::string gone() const;

 private:
  bool open();
  bool set_aside(const Clock& clock, const DamagedIndex& damaged);

  std::string path_;
  SharedLock lock_;
  std::unique_ptr<Database> database_;
  std::string damage_;                                ///< in SQLite's words
  std::pair<std::uint64_t, std::uint64_t> identity_;  ///< device and inode
};

}  // namespace cls::local
