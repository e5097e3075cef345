// SPDX-License-Identifier: Apache-2.0
// What the allocator does with memory that is free again.
#pragma once

namespace cls {

/// To be called once, before threads start: large blocks are taken from the system one by one and
/// go back to it when they are freed. Otherwise the allocator keeps them once it has seen a few.
void keep_large_blocks_apart();

/// Gives what is free back to the system. For the end of something large: it looks at all of the
/// process's memory.
void give_back_memory();

}  // namespace cls
