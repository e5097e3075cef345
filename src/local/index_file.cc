// SPDX-License-Identifier: Apache-2.0
#include "local/index_file.h"

#include <array>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/error.h"
#include "base/file_system.h"
#include "base/format.h"

namespace cls::local {

namespace {

namespace fs = std::filesystem;

/// Another process that found the damage at the same time may be setting the file aside.
constexpr int tries = 20;
constexpr std::chrono::milliseconds pause{100};

SharedLock lock_beside(const std::string& path) {
  const std::string home = path.substr(0, path.rfind('/'));
  const auto mount = mount_of(home);
  if (mount && mount->remote) throw Error(remote_home(home, *mount), ExitCode::Refused);
  auto lock = SharedLock::take(home + "/home.lock");
  if (lock) return std::move(*lock);
  if (lock.error().code == FailureCode::Unsupported) {
    throw Error(lock.error().message + "; keep the home on a local disk", ExitCode::Refused);
  }
  throw Error(lock.error());
}

std::pair<std::uint64_t, std::uint64_t> identity_of(const std::string& path) {
  PosixFileSystem files;
  const auto status = files.status(path, true);
  return status ? std::pair{status->device, status->inode}
                : std::pair<std::uint64_t, std::uint64_t>{};
}

/// `20230101T120000Z`
std::string compact(Instant at) {
  std::string text = format_instant_seconds(at);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

}  // namespace

std::string remote_home(const std::string& directory, const Mount& mount) {
  return format(
      "{} lies on a file system that other machines may have as well ({}): neither locks nor the "
      "index hold against them; keep the home on a local disk, data and sources may stay there",
      directory, mount.name);
}

std::string made_again(const std::string& damage) {
  return damage + "; start again: it is made again from the records";
}

IndexFile::IndexFile(const std::string& path, const Clock& clock, const DamagedIndex& damaged)
    : path_(path), lock_(lock_beside(path)) {
  for (int i = 0; i < tries; ++i) {
    if (open()) {
      identity_ = identity_of(path_);
      return;
    }
    if (!damaged.set_aside) break;
    if (!set_aside(clock, damaged)) std::this_thread::sleep_for(pause);
  }
  if (!damaged.set_aside) throw Error(damage_);
  throw Error(format("{}; another process has it open: stop all that use the home, then start "
                     "again; it is made again from the records",
                     damage_),
              ExitCode::Temporary);
}

/// False where it is damaged.
bool IndexFile::open() {
  try {
    database_ = std::make_unique<Database>(path_);
    if (database_->is_sound()) return true;
    damage_ = format("index {}: it is damaged", path_);
  } catch (const DamageError& error) {
    damage_ = error.what();
  }
  database_.reset();
  return false;
}

/// False where another process has it open.
bool IndexFile::set_aside(const Clock& clock, const DamagedIndex& damaged) {
  lock_.release();
  const bool alone = lock_.try_alone();
  // Whoever was faster has made another one.
  if (alone && !open()) {
    const std::string aside = format("{}.broken-{}", path_, compact(clock.now()));
    for (const std::string_view part : {"", "-wal", "-shm"}) {
      std::error_code ignored;  // there need not be any; the database itself is looked at again
      fs::rename(format("{}{}", path_, part), format("{}{}", aside, part), ignored);
    }
    if (damaged.told) damaged.told(aside);
  }
  database_.reset();
  if (!lock_.share()) throw Error("home.lock cannot be locked any more");
  return alone;
}

bool IndexFile::in_place() const {
  return identity_of(path_) == identity_;
}

std::string IndexFile::gone() const {
  return format(
      "{} was deleted or replaced while this process had it open; start again: it is made again "
      "from the records. It may be deleted whenever no process uses the home",
      path_);
}

}  // namespace cls::local
