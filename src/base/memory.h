// SPDX-License-Identifier: Apache-2.0
// What the allocator does with memory that is free again.
#pragma once

namespace cls {

/// Gives what is free back to the system. For the end of something large: it looks at all of the
/// process's memory.
void give_back_memory();

}  // namespace cls
