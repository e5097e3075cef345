// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <limits>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "base/format.h"
#include "base/unique_fd.h"

namespace cls {

namespace {

constexpr std::size_t piece_bytes = std::size_t{1} << 20U;

FailureCode code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return FailureCode::NotFound;
    case EEXIST:
    case ENOTEMPTY:
      return FailureCode::Conflict;
    case EACCES:
    case EPERM:
    case EROFS:
      return FailureCode::Denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return FailureCode::NoSpace;
    case ENAMETOOLONG:
    case EISDIR:
    case EINVAL:
    case ELOOP:
      return FailureCode::Invalid;
    default:
      return FailureCode::Unavailable;
  }
}

tl::unexpected<Failure> system_failure(const char* doing, const std::string& path, int error) {
  return fail(code_of(error), format("{} {}: {}", doing, path, std::strerror(error)));
}

/// Times beyond what nanoseconds in 64 bits can hold (the years 1678 to 2261) are the nearest that
/// they can.
Instant instant(const timespec& time) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 1'000'000'000 - 1;
  if (time.tv_sec > most) return Instant(std::chrono::seconds(most));
  if (time.tv_sec < -most) return Instant(std::chrono::seconds(-most));
  return Instant(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
}

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::File;
  if (S_ISDIR(mode)) return FileKind::Directory;
  if (S_ISLNK(mode)) return FileKind::Symlink;
  return FileKind::Other;
}

FileStatus status_of(const struct stat& info) {
  return {.kind = kind_of(info.st_mode),
          .size = static_cast<std::uint64_t>(info.st_size),
          .modified = instant(info.st_mtim),
          .changed = instant(info.st_ctim),
          .inode = info.st_ino,
          .device = info.st_dev};
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<UniqueFd> open_file(const char* doing, const std::string& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0666));
  if (!fd) return system_failure(doing, path, errno);
  return fd;
}

Result<> write_all(const UniqueFd& fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(fd.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("write", path, errno);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

/// Takes a half-written new file away again, so that nothing half-done stays.
tl::unexpected<Failure> undo(const std::string& path, Failure failure) {
  ::unlink(path.c_str());
  return tl::unexpected<Failure>(std::move(failure));
}

/// A new file that takes long to write is waited for by its own thread alone.
Result<> sync_large(const UniqueFd& fd, const std::string& path) {
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0)
    return undo(path, system_failure("look at", path, errno).value());
  if (static_cast<std::size_t>(info.st_size) <= piece_bytes) return {};
  if (::fsync(fd.get()) != 0) return undo(path, system_failure("fsync", path, errno).value());
  return {};
}

/// Copies within the kernel from where both files stand; false where the file systems cannot.
Result<bool> copy_in_kernel(const UniqueFd& from, const UniqueFd& to, const std::string& path) {
  if (::ioctl(to.get(), FICLONE, from.get()) == 0) return true;
  while (true) {
    const auto count =
        ::copy_file_range(from.get(), nullptr, to.get(), nullptr, std::size_t{1} << 30U, 0);
    if (count == 0) return true;
    if (count > 0 || errno == EINTR) continue;
    if (errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) return false;
    return system_failure("copy to", path, errno);
  }
}

/// Hands what is left of a file to `take`, in pieces.
Result<> read_on(const UniqueFd& fd, const std::string& path,
                 const std::function<Result<>(std::string_view)>& take) {
  std::string buffer(piece_bytes, '\0');
  while (true) {
    const auto count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return system_failure("read", path, errno);
    if (count == 0) return {};
    auto taken = take(std::string_view(buffer).substr(0, static_cast<std::size_t>(count)));
    if (!taken) return taken;
  }
}

Result<> copy_bytes(const UniqueFd& from, const UniqueFd& to, const std::string& source,
                    const std::string& path) {
  auto copied = copy_in_kernel(from, to, path);
  if (!copied) return pass(std::move(copied));
  if (*copied) return {};
  return read_on(from, source, [&](std::string_view piece) { return write_all(to, path, piece); });
}

class OfdLock final : public FileLock {
 public:
  explicit OfdLock(UniqueFd fd) : fd_(std::move(fd)) {}

 private:
  UniqueFd fd_;
};

/// Locks `length` bytes from `start`; a length of 0 is the whole rest of the file.
Result<std::unique_ptr<FileLock>> take_lock(const std::string& path, int command,
                                            std::uint64_t start = 0, std::uint64_t length = 0) {
  auto fd = open_file("open lock", path, O_RDWR | O_CREAT);
  if (!fd) return pass(std::move(fd));
  struct flock lock{};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = static_cast<off_t>(start);
  lock.l_len = static_cast<off_t>(length);
  while (::fcntl(fd->get(), command, &lock) != 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EACCES) {
      return fail(FailureCode::Unavailable, format("{} is locked by another process", path));
    }
    if (errno == ENOLCK || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) {
      return fail(FailureCode::Unsupported,
                  format("{}: this file system has no working locks", path));
    }
    return system_failure("lock", path, errno);
  }
  return std::make_unique<OfdLock>(std::move(*fd));
}

class PosixOpenFile final : public OpenFile {
 public:
  PosixOpenFile(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}

  Result<FileStatus> status() override {
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return system_failure("look at", path_, errno);
    return status_of(info);
  }

  Result<std::string> read(std::uint64_t offset, std::optional<std::uint64_t> length) override {
    auto looked = status();
    if (!looked) return pass(std::move(looked));
    if (looked->kind == FileKind::Directory) return system_failure("read", path_, EISDIR);
    const std::uint64_t start = std::min(offset, looked->size);
    std::string bytes(std::min(length.value_or(looked->size), looked->size - start), '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
      const auto count = ::pread(fd_.get(), bytes.data() + done, bytes.size() - done,
                                 static_cast<off_t>(start + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_failure("read", path_, errno);
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    bytes.resize(done);
    return bytes;
  }

 private:
  std::string path_;
  UniqueFd fd_;
};

}  // namespace

Result<FileStatus> PosixFileSystem::status(const std::string& path, bool follow) {
  struct stat info{};
  if ((follow ? ::stat(path.c_str(), &info) : ::lstat(path.c_str(), &info)) != 0) {
    return system_failure("look at", path, errno);
  }
  return status_of(info);
}

Result<std::vector<DirectoryEntry>> PosixFileSystem::entries(const std::string& directory) {
  DIR* dir = ::opendir(directory.c_str());
  if (dir == nullptr) return system_failure("open directory", directory, errno);
  std::vector<DirectoryEntry> found;
  errno = 0;
  while (const dirent* entry = ::readdir(dir)) {
    const std::string name(entry->d_name);
    if (name == "." || name == "..") continue;
    FileKind kind = FileKind::Other;
    if (entry->d_type == DT_REG) {
      kind = FileKind::File;
    } else if (entry->d_type == DT_DIR) {
      kind = FileKind::Directory;
    } else if (entry->d_type == DT_LNK) {
      kind = FileKind::Symlink;
    } else if (entry->d_type == DT_UNKNOWN) {
      const auto looked = status(format("{}/{}", directory, name), false);
      if (looked) kind = looked->kind;
    }
    found.push_back({name, kind});
    errno = 0;
  }
  const int error = errno;
  ::closedir(dir);
  if (error != 0) return system_failure("read directory", directory, error);
  std::ranges::sort(found, {}, &DirectoryEntry::name);
  return found;
}

Result<std::string> PosixFileSystem::real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> found(::realpath(path.c_str(), nullptr),
                                                          &std::free);
  if (!found) return system_failure("resolve", path, errno);
  return std::string(found.get());
}

Instant PosixFileSystem::stamp_time() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return instant(now);
}

Result<std::unique_ptr<OpenFile>> PosixFileSystem::open(const std::string& path) {
  auto fd = open_file("open", path, O_RDONLY | O_NONBLOCK);
  if (!fd) return pass(std::move(fd));
  return std::make_unique<PosixOpenFile>(path, std::move(*fd));
}

Result<std::string> PosixFileSystem::read(const std::string& path, std::uint64_t offset,
                                          std::optional<std::uint64_t> length) {
  auto fd = open_file("open", path, O_RDONLY);
  if (!fd) return pass(std::move(fd));
  return PosixOpenFile(path, std::move(*fd)).read(offset, length);
}

Result<> PosixFileSystem::read_pieces(const std::string& path,
                                      const std::function<void(std::string_view)>& take) {
  auto fd = open_file("open", path, O_RDONLY);
  if (!fd) return pass(std::move(fd));
  return read_on(*fd, path, [&](std::string_view piece) -> Result<> {
    take(piece);
    return {};
  });
}

Result<> PosixFileSystem::write_new(const std::string& path, std::string_view bytes) {
  auto fd = open_file("create", path, O_WRONLY | O_CREAT | O_EXCL);
  if (!fd) return pass(std::move(fd));
  if (auto written = write_all(*fd, path, bytes); !written) return undo(path, written.error());
  return sync_large(*fd, path);
}

Result<> PosixFileSystem::copy_new(const std::string& source, const std::string& path) {
  auto from = open_file("open", source, O_RDONLY);
  if (!from) return pass(std::move(from));
  auto to = open_file("create", path, O_WRONLY | O_CREAT | O_EXCL);
  if (!to) return pass(std::move(to));
  if (auto copied = copy_bytes(*from, *to, source, path); !copied)
    return undo(path, copied.error());
  return sync_large(*to, path);
}

Result<> PosixFileSystem::append(const std::string& path, std::string_view bytes) {
  auto fd = open_file("open", path, O_WRONLY | O_CREAT | O_APPEND);
  if (!fd) return pass(std::move(fd));
  return write_all(*fd, path, bytes);
}

Result<> PosixFileSystem::link(const std::string& from, const std::string& to) {
  if (::link(from.c_str(), to.c_str()) != 0) return system_failure("link", to, errno);
  return {};
}

Result<> PosixFileSystem::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_failure("rename to", to, errno);
  return {};
}

Result<> PosixFileSystem::unlink(const std::string& path) {
  if (::unlink(path.c_str()) != 0) return system_failure("remove", path, errno);
  return {};
}

Result<> PosixFileSystem::remove_directory(const std::string& path) {
  if (::rmdir(path.c_str()) != 0) return system_failure("remove directory", path, errno);
  return {};
}

Result<std::vector<std::string>> PosixFileSystem::make_directories(const std::string& path) {
  std::vector<std::string> changed;
  if (::mkdir(path.c_str(), 0777) == 0) {
    changed.push_back(parent_of(path));
    return changed;
  }
  if (errno == EEXIST) {
    const auto there = status(path, true);
    if (there && there->kind == FileKind::Directory) return changed;
    return system_failure("make directory", path, ENOTDIR);
  }
  if (errno != ENOENT) return system_failure("make directory", path, errno);
  auto above = make_directories(parent_of(path));
  if (!above) return above;
  if (::mkdir(path.c_str(), 0777) != 0 && errno != EEXIST) {
    return system_failure("make directory", path, errno);
  }
  above->push_back(parent_of(path));
  return above;
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const std::string& path) {
  return take_lock(path, F_OFD_SETLKW);
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock_byte(const std::string& path,
                                                             std::uint64_t byte) {
  return take_lock(path, F_OFD_SETLKW, byte, 1);
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::try_lock(const std::string& path) {
  return take_lock(path, F_OFD_SETLK);
}

}  // namespace cls
