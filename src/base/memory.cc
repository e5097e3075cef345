// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"

#include <malloc.h>

namespace cls {

void give_back_memory() {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

}  // namespace cls
