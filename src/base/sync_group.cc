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
#include <set>
#include <string_view>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/utsname.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "base/format.h"

namespace cls {

namespace {

using std::chrono::nanoseconds;
using std::chrono::steady_clock;

/// A syncfs(2) that took longer than so many times the fsyncs that it spared was a bad deal. One
/// may have written what had gathered before; after several in a row it is not taken for a while,
/// each time twice as long.
constexpr int bad_deal = 4;
constexpr int most_bad_deals = 3;
constexpr nanoseconds first_pause = std::chrono::seconds(1);
constexpr nanoseconds longest_pause = std::chrono::seconds(60);
constexpr std::size_t most_threads = 6;

tl::unexpected<Failure> cannot_sync(const std::string& path, int error) {
  FailureCode code = FailureCode::Unavailable;
  if (error == ENOENT || error == ENOTDIR) code = FailureCode::NotFound;
  if (error == EACCES || error == EPERM) code = FailureCode::Denied;
  if (error == ENOSPC || error == EDQUOT) code = FailureCode::NoSpace;
  return fail(code, format("fsync {}: {}", path, std::strerror(error)));
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
  std::vector<bool> durable = {};  ///< of each path; the others are for its own thread to sync
  bool served = false;
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

/// fsync(2) of one file, whose time is remembered.
Result<> SyncGroup::sync_one(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return cannot_sync(path, errno);
  const auto begun = steady_clock::now();
  if (::fsync(fd.get()) != 0) return cannot_sync(path, errno);
  const nanoseconds took = steady_clock::now() - begun;
  fsync_ns_ = (fsync_ns_ * 7 + took.count()) / 8;
  return {};
}

/// Whether the threads that wait for this file system, of which `path` is a file, are better served
/// together: not where one slow or hanging sync would keep all of them waiting.
bool SyncGroup::may_gather(Device& device, const std::string& path) {
  if (device.refused || steady_clock::now() < device.not_before) return false;
  if (!device.fd) {
    // Of the directory: the file itself may be a temporary one.
    const std::string directory = path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
    device.fd = UniqueFd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!device.fd) return false;
    device.refused = !has_good_syncfs(device.fd.get());
    if (device.refused) device.fd.reset();
  }
  return !device.refused && dirty_bytes() <= most_dirty_bytes;
}

/// One syncfs(2) in place of `count` fsyncs; false where it fails: then each file tells for itself.
bool SyncGroup::sync_whole(Device& device, std::size_t count) {
  const auto begun = steady_clock::now();
  if (::syncfs(device.fd.get()) != 0) return false;
  const auto ended = steady_clock::now();
  if (ended - begun <= nanoseconds(fsync_ns_) * static_cast<std::int64_t>(count) * bad_deal) {
    device.pause = {};
    device.bad_deals = 0;
  } else if (++device.bad_deals >= most_bad_deals) {
    device.pause = std::clamp(device.pause * 2, first_pause, longest_pause);
    device.not_before = ended + device.pause;
  }
  return true;
}

/// Syncs a file here for all requests that ask for it.
void SyncGroup::sync_here(const Wanted& places) {
  const auto& [first, at] = places.front();
  auto done = sync_one(first->paths[at]);
  for (const auto& [request, index] : places) {
    // An error is told once only: it must reach every one who asked for this file.
    if (!done) request->failure = done.error();
    request->durable[index] = true;
  }
}

/// Makes durable what is better done for all requests than by each for itself.
void SyncGroup::serve(const std::vector<Request*>& requests) {
  std::map<std::uint64_t, std::map<FileId, Wanted>> systems;
  for (auto* request : requests) {
    for (std::size_t i = 0; i < request->ids.size(); ++i) {
      systems[request->ids[i].first][request->ids[i]].emplace_back(request, i);
    }
  }
  for (const auto& [id, files] : systems) {
    auto& device = devices_[id];
    const auto& [somebody, at] = files.begin()->second.front();
    const bool together = may_gather(device, somebody->paths[at]);
    const bool whole = together && files.size() > 1 && sync_whole(device, files.size());
    for (const auto& [file, places] : files) {
      if (whole) {
        for (const auto& [request, index] : places) request->durable[index] = true;
      } else if (places.size() > 1 || (together && files.size() == 1)) {
        // While one thread waits for a single file the others gather for the next sync.
        sync_here(places);
      }
    }
  }
}

Result<> SyncGroup::sync(const std::vector<std::string>& paths) {
  if (paths.empty()) return {};
  Request mine{.paths = paths};
  mine.durable.resize(paths.size());
  for (const auto& path : paths) {
    struct stat info{};
    if (::stat(path.c_str(), &info) != 0) return cannot_sync(path, errno);
    mine.ids.emplace_back(info.st_dev, info.st_ino);
  }
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
  std::vector<const std::string*> left;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (!mine.durable[i]) left.push_back(&paths[i]);
  }
  return sync_each(left);
}

/// By several threads at once, where no other call is at it: the disk serves them together.
Result<> SyncGroup::sync_each(const std::vector<const std::string*>& paths) {
  const bool alone = calls_.fetch_add(1) == 0;
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  Result<> result;
  const auto work = [&] {
    for (auto i = next++; i < paths.size(); i = next++) {
      auto done = sync_one(*paths[i]);
      const std::lock_guard lock(mutex);
      if (!done && result) result = std::move(done);
    }
  };
  {
    std::vector<std::jthread> others;
    const std::size_t threads = alone ? std::min(paths.size(), most_threads) : 1;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
    work();
  }
  --calls_;
  return result;
}

}  // namespace cls
