// SPDX-License-Identifier: Apache-2.0
#include "base/stale_files.h"

#include <csignal>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "base/unique_fd.h"

namespace cls {

namespace {

constexpr std::uint64_t names_between_asks = 1000;

Instant modified(const struct stat& status) {
  return Instant(std::chrono::seconds(status.st_mtim.tv_sec) +
                 std::chrono::nanoseconds(status.st_mtim.tv_nsec));
}

/// True if no other open file is this one, as far as the kernel can tell.
bool open_here_only(const UniqueFd& fd) {
  // Somebody who opens it meanwhile waits until the lease is given back, and we are sent a signal:
  // one that is ignored unless somebody asks for it.
  if (::fcntl(fd.get(), F_SETSIG, SIGURG) != 0) return false;
  if (::fcntl(fd.get(), F_SETLEASE, F_WRLCK) != 0) return false;
  static_cast<void>(::fcntl(fd.get(), F_SETLEASE, F_UNLCK));
  return true;
}

class Removal {
 public:
  Removal(std::string_view prefix, Instant before, const std::function<bool()>& stop)
      : prefix_(prefix), before_(before), stop_(stop) {}

  /// Directories are gathered rather than descended into at once: one is open at a time.
  StaleFiles run(const std::string& directory) {
    std::vector<std::string> directories{directory};
    while (!directories.empty() && !stopped_) {
      const std::string next = std::move(directories.back());
      directories.pop_back();
      walk(next, directories);
    }
    return found_;
  }

 private:
  void walk(const std::string& directory, std::vector<std::string>& directories) {
    const std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(directory.c_str()), ::closedir);
    if (!open) return;
    while (const auto* entry = ::readdir(open.get())) {
      const std::string_view name(static_cast<const char*>(entry->d_name));
      if (name == "." || name == "..") continue;
      if (++found_.looked_at % names_between_asks == 0 && stop_()) stopped_ = true;
      if (stopped_) return;
      if (name.starts_with(prefix_)) {
        look_at(::dirfd(open.get()), entry->d_name);
      } else if (is_directory(::dirfd(open.get()), *entry)) {
        directories.push_back(directory + "/" + std::string(name));
      }
    }
  }

  static bool is_directory(int parent, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat status{};
    return ::fstatat(parent, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISDIR(status.st_mode);
  }

  void look_at(int parent, const char* name) {
    struct stat status{};
    if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode) ||
        modified(status) >= before_) {
      return;
    }
    const UniqueFd fd(::openat(parent, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (!fd || !open_here_only(fd)) return;
    if (::unlinkat(parent, name, 0) != 0) return;
    ++found_.removed;
    found_.bytes += static_cast<std::uint64_t>(status.st_size);
  }

  std::string_view prefix_;
  Instant before_;
  const std::function<bool()>& stop_;
  StaleFiles found_;
  bool stopped_ = false;
};

}  // namespace

StaleFiles remove_stale_files(const std::string& directory, std::string_view prefix, Instant before,
                              const std::function<bool()>& stop) {
  return Removal(prefix, before, stop).run(directory);
}

}  // namespace cls
