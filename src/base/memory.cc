// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <malloc.h>

namespace cls {

namespace {

/// Buffers that come and go all the time are smaller.
constexpr int large_block = 4 << 20;

}  // namespace

void keep_large_blocks_apart() {
#ifdef M_MMAP_THRESHOLD
  mallopt(M_MMAP_THRESHOLD, large_block);
#endif
}

void give_back_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace cls
