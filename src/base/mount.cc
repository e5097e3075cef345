// SPDX-License-Identifier: Apache-2.0
#include "base/mount.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <sys/vfs.h>

#include "base/format.h"

namespace cls {

namespace {

struct RemoteType {
  std::uint64_t type;
  std::string_view name;
};
/// statfs(2), linux/magic.h and the file systems' own sources. FUSE may be local as well; nobody
/// can tell.
constexpr std::array remote_types{
    RemoteType{0x6969, "nfs"},          RemoteType{0xff534d42, "cifs"},
    RemoteType{0xfe534d42, "smb2"},     RemoteType{0x517b, "smb"},
    RemoteType{0x65735546, "fuse"},     RemoteType{0x01021997, "9p"},
    RemoteType{0x00c36400, "ceph"},     RemoteType{0x0bd00bd0, "lustre"},
    RemoteType{0x5346414f, "afs"},      RemoteType{0x73757245, "coda"},
    RemoteType{0x01161970, "gfs2"},     RemoteType{0x7461636f, "ocfs2"},
    RemoteType{0x47504653, "gpfs"},     RemoteType{0x19830326, "beegfs"},
    RemoteType{0x20030528, "orangefs"}, RemoteType{0x564c, "ncp"},
    RemoteType{0x786f4256, "vboxsf"},   RemoteType{0xbacbacbc, "vmhgfs"}};

}  // namespace

Mount mount_of_type(std::uint64_t type) {
  const auto* const found = std::ranges::find(remote_types, type, &RemoteType::type);
  if (found == remote_types.end()) return {.name = "local", .remote = false};
  return {.name = found->name, .remote = true};
}

Result<Mount> mount_of(const std::string& path) {
  struct statfs info{};
  if (::statfs(path.c_str(), &info) != 0) {
    const auto code =
        errno == ENOENT || errno == ENOTDIR ? FailureCode::NotFound : FailureCode::Unavailable;
    return fail(code, format("look at the file system of {}: {}", path, std::strerror(errno)));
  }
  // The kernel's numbers have 32 bits, whatever the type of the field.
  return mount_of_type(static_cast<std::uint32_t>(info.f_type));
}

}  // namespace cls
