// SPDX-License-Identifier: Apache-2.0
#include "base/shared_lock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>

#include "base/format.h"

namespace cls {

namespace {

constexpr mode_t lock_mode = 0666;

bool lock_whole(const UniqueFd& fd, int command, short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  while (::fcntl(fd.get(), command, &lock) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

tl::unexpected<Failure> without_locks(const std::string& path, std::string_view why) {
  return fail(FailureCode::Unsupported,
              format("{}: its file system has no working locks ({})", path, why));
}

}  // namespace

Result<SharedLock> SharedLock::take(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, lock_mode));
  const bool writable = static_cast<bool>(fd);
  if (!fd) fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return fail(errno == ENOENT ? FailureCode::NotFound : FailureCode::Denied,
                format("open lock {}: {}", path, std::strerror(errno)));
  }
  if (!lock_whole(fd, F_OFD_SETLKW, F_RDLCK)) return without_locks(path, std::strerror(errno));
  if (writable) {
    const UniqueFd other(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    if (other && lock_whole(other, F_OFD_SETLK, F_WRLCK)) {
      return without_locks(path, "two that exclude each other were granted at once");
    }
  }
  return {SharedLock(std::move(fd), writable)};
}

bool SharedLock::try_alone() {
  return lock_whole(fd_, F_OFD_SETLK, F_WRLCK);
}

void SharedLock::release() {
  static_cast<void>(lock_whole(fd_, F_OFD_SETLK, F_UNLCK));
}

bool SharedLock::share() {
  return lock_whole(fd_, F_OFD_SETLKW, F_RDLCK);
}

}  // namespace cls
