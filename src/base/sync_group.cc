// SPDX-License-Identifier: Apache-2.0
#include "base/sync_group.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <linux/magic.h>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <utility>

#include "base/format.h"

namespace cls {

namespace {

using FileId = std::pair<std::uint64_t, std::uint64_t>;  // device, inode

tl::unexpected<Failure> cannot_sync(const std::string& path, int error) {
  FailureCode code = FailureCode::Unavailable;
  if (error == ENOENT || error == ENOTDIR) code = FailureCode::NotFound;
  if (error == EACCES || error == EPERM) code = FailureCode::Denied;
  if (error == ENOSPC || error == EDQUOT) code = FailureCode::NoSpace;
  return fail(code, format("fsync {}: {}", path, std::strerror(error)));
}

Result<FileId> id_of(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return cannot_sync(path, errno);
  return FileId{info.st_dev, info.st_ino};
}

Result<> sync_one(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd || ::fsync(fd.get()) != 0) return cannot_sync(path, errno);
  return {};
}

/// Since Linux 5.8 syncfs(2) fails when a write to the file system has failed; since 5.11 through
/// overlayfs too.
bool kernel_reports_errors() {
  static const bool reports = [] {
    utsname name{};
    if (::uname(&name) != 0) return false;
    const std::string_view release(name.release);
    int major = 0;
    int minor = 0;
    const auto first = std::from_chars(release.data(), release.data() + release.size(), major);
    if (first.ec != std::errc{} || first.ptr == release.data() + release.size()) return false;
    std::from_chars(first.ptr + 1, release.data() + release.size(), minor);
    return major > 5 || (major == 5 && minor >= 11);
  }();
  return reports;
}

bool has_good_syncfs(int fd) {
  constexpr std::uint64_t xfs = 0x58465342;
  constexpr std::array<std::uint64_t, 6> known{EXT4_SUPER_MAGIC,  xfs,
                                               BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC,
                                               TMPFS_MAGIC,       OVERLAYFS_SUPER_MAGIC};
  struct statfs info{};
  if (!kernel_reports_errors() || ::fstatfs(fd, &info) != 0) return false;
  return std::ranges::find(known, static_cast<std::uint64_t>(info.f_type)) != known.end();
}

}  // namespace

/// One call of sync().
struct SyncGroup::Request {
  const std::vector<std::string>& paths;
  std::vector<FileId> ids = {};
  bool served = false;
  bool durable = false;  ///< else its thread has to sync path by path
  std::optional<Failure> failure = {};
};

std::uint64_t dirty_bytes() {
  constexpr std::uint64_t unknown = std::numeric_limits<std::uint64_t>::max();
  static const UniqueFd meminfo(::open("/proc/meminfo", O_RDONLY | O_CLOEXEC));
  std::array<char, 4096> text{};
  const auto count = ::pread(meminfo.get(), text.data(), text.size(), 0);
  if (count <= 0) return unknown;
  const std::string_view all(text.data(), static_cast<std::size_t>(count));
  std::uint64_t sum = 0;
  for (const std::string_view name : {"Dirty:", "Writeback:"}) {
    const auto at = all.find(name);
    if (at == std::string_view::npos) return unknown;
    const auto digits = all.find_first_not_of(' ', at + name.size());
    if (digits == std::string_view::npos) return unknown;
    std::uint64_t kilobytes = 0;
    std::from_chars(all.data() + digits, all.data() + all.size(), kilobytes);
    sum += kilobytes * 1024;
  }
  return sum;
}

/// One syncfs(2) for all of a file system; false where that is not to be taken or failed: then each
/// file tells for itself. The descriptor stays open, so that every failed write since the last call
/// is told here.
bool SyncGroup::sync_whole(std::uint64_t device, const std::string& path) {
  if (refused_.contains(device)) return false;
  auto& fd = devices_[device];
  if (!fd) {
    // Of the directory: the file itself may be a temporary one.
    const std::string directory = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
    fd = UniqueFd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return false;
    if (!has_good_syncfs(fd.get())) {
      refused_.insert(device);
      fd.reset();
      return false;
    }
  }
  return dirty_bytes() <= most_dirty_bytes && ::syncfs(fd.get()) == 0;
}

/// Makes durable what the requests have in common; marks those that it could not.
void SyncGroup::serve(std::vector<Request*> requests) {
  struct Files {
    std::set<FileId> ids;
    const std::string* path = nullptr;
  };
  std::map<std::uint64_t, Files> devices;
  for (auto* request : requests) {
    for (std::size_t i = 0; i < request->ids.size(); ++i) {
      auto& files = devices[request->ids[i].first];
      files.ids.insert(request->ids[i]);
      files.path = &request->paths[i];
    }
  }
  std::set<std::uint64_t> durable;
  for (const auto& [device, files] : devices) {
    if (files.ids.size() > 1) {
      if (sync_whole(device, *files.path)) durable.insert(device);
      continue;
    }
    // An error is told once only: it must reach every one who asked for this file.
    auto done = sync_one(*files.path);
    if (done) durable.insert(device);
    for (auto* request : requests) {
      const bool asked = std::ranges::find(request->ids, *files.ids.begin()) != request->ids.end();
      if (!done && asked) request->failure = done.error();
    }
  }
  for (auto* request : requests) {
    request->durable = std::ranges::all_of(
        request->ids, [&](const FileId& id) { return durable.contains(id.first); });
  }
}

Result<> SyncGroup::sync(const std::vector<std::string>& paths) {
  Request mine{.paths = paths};
  for (const auto& path : paths) {
    auto id = id_of(path);
    if (!id) return pass(std::move(id));
    mine.ids.push_back(*id);
  }
  if (paths.empty()) return {};
  {
    std::unique_lock lock(mutex_);
    waiting_.push_back(&mine);
    served_.wait(lock, [&] { return mine.served || !serving_; });
    if (!mine.served) {
      serving_ = true;
      const auto requests = std::exchange(waiting_, {});
      lock.unlock();
      serve(requests);
      lock.lock();
      for (auto* request : requests) request->served = true;
      serving_ = false;
      served_.notify_all();
    }
  }
  if (mine.failure) return tl::unexpected<Failure>(std::move(*mine.failure));
  if (mine.durable) return {};
  for (const auto& path : paths) {
    if (auto done = sync_one(path); !done) return done;
  }
  return {};
}

}  // namespace cls
