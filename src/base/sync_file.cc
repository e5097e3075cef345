// SPDX-License-Identifier: Apache-2.0
#include "base/sync_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

#include "base/format.h"
#include "base/unique_fd.h"

namespace cls {

Result<> sync_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd && ::fsync(fd.get()) == 0) return {};
  FailureCode code = FailureCode::Unavailable;
  if (errno == ENOENT || errno == ENOTDIR) code = FailureCode::NotFound;
  if (errno == EACCES || errno == EPERM) code = FailureCode::Denied;
  if (errno == ENOSPC || errno == EDQUOT) code = FailureCode::NoSpace;
  return fail(code, format("fsync {}: {}", path, std::strerror(errno)));
}

}  // namespace cls
