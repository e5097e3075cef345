// SPDX-License-Identifier: Apache-2.0
#include "base/mount.h"

#include <gtest/gtest.h>

namespace cls {

TEST(Mount, WhatOtherMachinesMayHaveIsTold) {
  for (const std::uint64_t type : {0x6969U, 0xff534d42U, 0xfe534d42U, 0x65735546U, 0x01021997U}) {
    EXPECT_TRUE(mount_of_type(type).remote) << std::hex << type;
  }
  EXPECT_EQ(mount_of_type(0x6969).name, "nfs");
  // ext4, xfs, btrfs, zfs, tmpfs, overlay
  for (const std::uint64_t type :
       {0xef53U, 0x58465342U, 0x9123683eU, 0x2fc12fc1U, 0x01021994U, 0x794c7630U}) {
    EXPECT_FALSE(mount_of_type(type).remote) << std::hex << type;
  }
}

TEST(Mount, OfAPath) {
  EXPECT_FALSE(mount_of("/proc").value().remote);
  EXPECT_EQ(mount_of("/proc/absent").error().code, FailureCode::NotFound);
}

}  // namespace cls
