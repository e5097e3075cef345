// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <filesystem>
#include <map>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/directory_watch.h"
#include "base/format.h"

namespace cls {

namespace {

constexpr std::uint32_t watched =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE_SELF | IN_ONLYDIR;

class InotifyWatch final : public DirectoryWatch {
 public:
  using MountOf = std::function<Result<Mount>(const std::string& path)>;

  InotifyWatch(int inotify, int bell, MountOf mount)
      : inotify_(inotify), bell_(bell), mount_(std::move(mount)) {}
  InotifyWatch(const InotifyWatch&) = delete;
  InotifyWatch& operator=(const InotifyWatch&) = delete;
  ~InotifyWatch() override {
    ::close(inotify_);
    ::close(bell_);
  }

  Result<> add(const std::string& root) override { return add_tree(root, root); }

  void remove(const std::string& root) override {
    for (auto at = directories_.begin(); at != directories_.end();) {
      std::erase_if(at->second, [&](const Watched& one) { return one.root == root; });
      const bool watched_by_none = at->second.empty();
      if (watched_by_none) ::inotify_rm_watch(inotify_, at->first);
      at = watched_by_none ? directories_.erase(at) : std::next(at);
    }
  }

  std::vector<WatchEvent> wait(std::chrono::milliseconds most) override {
    std::array<pollfd, 2> fds{{{inotify_, POLLIN, 0}, {bell_, POLLIN, 0}}};
    const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(most.count()));
    std::vector<WatchEvent> events;
    if (ready <= 0) return events;
    if ((fds[1].revents & POLLIN) != 0) {
      std::uint64_t rings = 0;
      [[maybe_unused]] const auto drained = ::read(bell_, &rings, sizeof rings);
    }
    if ((fds[0].revents & POLLIN) != 0) read_events(events);
    return events;
  }

  void wake() override {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto rung = ::write(bell_, &one, sizeof one);
  }

 private:
  struct Watched {
    std::string root;
    std::string path;
  };

  Result<> add_tree(const std::string& root, const std::string& path) {
    const int id = ::inotify_add_watch(inotify_, path.c_str(), watched);
    if (id < 0) {
      const auto code = errno == ENOENT || errno == ENOTDIR ? FailureCode::NotFound
                        : errno == EACCES                   ? FailureCode::Denied
                                                            : FailureCode::Unavailable;
      return fail(code, format("watch {}: {}", path, std::strerror(errno)));
    }
    note(id, root, path);
    DIR* directory = ::opendir(path.c_str());
    if (directory == nullptr) return {};
    Result<> result = told_of_all(path);
    while (const dirent* entry = ::readdir(directory)) {
      const std::string name(entry->d_name);
      if (name == "." || name == "..") continue;
      auto added = add_entry(root, format("{}/{}", path, name), entry->d_type);
      // A directory that is gone again needs no watch; for others the caller polls.
      if (!added && added.error().code != FailureCode::NotFound) result = std::move(added);
    }
    ::closedir(directory);
    return result;
  }

  Result<> add_entry(const std::string& root, const std::string& path, unsigned char type) {
    if (type == DT_UNKNOWN) type = type_of(path);
    if (type == DT_DIR) return add_tree(root, path);
    if (type == DT_LNK && leads_inside(root, path)) {
      return fail(FailureCode::Unsupported,
                  format("{} is a link: what changes behind it is told under another name", path));
    }
    return {};
  }

  /// Some file systems do not say it in their directories.
  static unsigned char type_of(const std::string& path) {
    struct stat info{};
    if (::lstat(path.c_str(), &info) != 0) return DT_UNKNOWN;
    return S_ISDIR(info.st_mode) ? DT_DIR : S_ISLNK(info.st_mode) ? DT_LNK : DT_REG;
  }

  /// Only such links are followed by a scan.
  static bool leads_inside(const std::string& root, const std::string& path) {
    std::error_code error;
    const std::string base = std::filesystem::canonical(root, error).string() + "/";
    if (error) return false;
    const std::string target = std::filesystem::canonical(path, error).string();
    return !error && target.starts_with(base);
  }

  Result<> told_of_all(const std::string& path) const {
    const auto mount = mount_(path);
    if (!mount || !mount->remote) return {};
    return fail(
        FailureCode::Unsupported,
        format("{} lies on {}: what other machines change there is not told", path, mount->name));
  }

  /// One directory may lie below several roots; the kernel gives it one id.
  void note(int id, const std::string& root, const std::string& path) {
    auto& all = directories_[id];
    const auto found = std::ranges::find(all, root, &Watched::root);
    if (found == all.end()) {
      all.push_back({root, path});
    } else {
      found->path = path;
    }
  }

  void read_events(std::vector<WatchEvent>& events) {
    alignas(inotify_event) std::array<char, 65536> buffer{};
    const auto count = ::read(inotify_, buffer.data(), buffer.size());
    if (count <= 0) return;
    for (const char* at = buffer.data(); at < buffer.data() + count;) {
      inotify_event event{};
      std::memcpy(&event, at, sizeof event);
      const std::string name = event.len > 0 ? std::string(at + sizeof event) : std::string();
      at += sizeof event + event.len;
      take(event, name, events);
    }
  }

  void take(const inotify_event& event, const std::string& name, std::vector<WatchEvent>& events) {
    if ((event.mask & IN_Q_OVERFLOW) != 0) {
      events.push_back({WatchEventKind::Overflow, "", ""});
      return;
    }
    const auto found = directories_.find(event.wd);
    if (found == directories_.end()) return;
    const std::vector<Watched> directories = found->second;
    if ((event.mask & IN_IGNORED) != 0) directories_.erase(found);
    for (const auto& directory : directories) take_in(directory, event.mask, name, events);
  }

  void take_in(const Watched& directory, std::uint32_t mask, const std::string& name,
               std::vector<WatchEvent>& events) {
    if ((mask & (IN_IGNORED | IN_DELETE_SELF)) != 0) {
      if (directory.path == directory.root) {
        events.push_back({WatchEventKind::RootGone, directory.root, directory.root});
      }
      return;
    }
    const std::string path = directory.path + "/" + name;
    if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0 && type_of(path) == DT_LNK &&
        leads_inside(directory.root, path)) {
      events.push_back({WatchEventKind::Unwatched, directory.root, path});
    }
    if ((mask & IN_ISDIR) != 0) {
      if ((mask & (IN_CREATE | IN_MOVED_TO)) == 0) return;
      // Watched before it is scanned; one that is gone again needs neither.
      const auto added = add_tree(directory.root, path);
      if (!added && added.error().code != FailureCode::NotFound) {
        events.push_back({WatchEventKind::Unwatched, directory.root, path});
      }
      events.push_back({WatchEventKind::Directory, directory.root, path});
    } else if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO)) != 0) {
      events.push_back({WatchEventKind::Written, directory.root, path});
    } else if ((mask & IN_CREATE) != 0) {
      events.push_back({WatchEventKind::Created, directory.root, path});
    }
  }

  int inotify_;
  int bell_;
  MountOf mount_;
  std::map<int, std::vector<Watched>> directories_;
};

}  // namespace

Result<std::unique_ptr<DirectoryWatch>> make_inotify_watch(
    std::function<Result<Mount>(const std::string& path)> mount) {
  const int inotify = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (inotify < 0) {
    return fail(FailureCode::Unsupported, format("inotify: {}", std::strerror(errno)));
  }
  const int bell = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (bell < 0) {
    ::close(inotify);
    return fail(FailureCode::Unsupported, format("eventfd: {}", std::strerror(errno)));
  }
  return std::make_unique<InotifyWatch>(inotify, bell, std::move(mount));
}

}  // namespace cls
