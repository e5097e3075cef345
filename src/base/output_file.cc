// SPDX-License-Identifier: Apache-2.0
#include "base/output_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string_view>

#include "base/format.h"

namespace cls {

namespace {

/// Bytes read from a pipe before the other streams and the clock are looked at again.
constexpr std::size_t turn_bytes = std::size_t{1} << 20U;

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace

Result<OutputFile> OutputFile::open(const std::string& path, std::uint64_t limit) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (fd) return OutputFile(std::move(fd), limit);
  FailureCode code = FailureCode::Unavailable;
  if (errno == ENOENT) code = FailureCode::NotFound;
  if (errno == EACCES || errno == EROFS || errno == EPERM) code = FailureCode::Denied;
  if (errno == ENOSPC || errno == EDQUOT) code = FailureCode::NoSpace;
  return fail(code, format("open {} for a process's output: {}", path, std::strerror(errno)));
}

bool OutputFile::take(const UniqueFd& pipe) {
  std::array<char, 65536> buffer;
  for (std::size_t taken = 0; taken < turn_bytes;) {
    const auto count = ::read(pipe.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
    write(bytes);
    taken += bytes.size();
  }
  return true;
}

void OutputFile::write(std::string_view bytes) {
  const std::uint64_t room = error_ == 0 ? limit_ - kept_ : 0;
  const auto fitting = bytes.substr(0, std::min<std::uint64_t>(room, bytes.size()));
  dropped_ += bytes.size() - fitting.size();
  if (fitting.empty()) return;
  if (!write_all(fd_.get(), fitting)) {
    error_ = errno;
    dropped_ += fitting.size();
    return;
  }
  kept_ += fitting.size();
  last_ = fitting.back();
}

void OutputFile::finish() {
  if (dropped_ == 0) return;
  const std::string reason = error_ == 0 ? format("only the first {} are kept", limit_)
                                         : std::string(std::strerror(error_));
  // On a full disk this may fail too; the count is in the process's result all the same.
  static_cast<void>(write_all(fd_.get(), format("{}[{} more bytes were dropped: {}]\n",
                                                last_ == '\n' ? "" : "\n", dropped_, reason)));
}

}  // namespace cls
