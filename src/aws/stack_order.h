// SPDX-License-Identifier: Apache-2.0
// The order in which stacks can be made.
#pragma once

#include <string>
#include <vector>

#include "aws/assembly.h"

namespace cls::aws {

/// Lets each stack depend on those of `stacks` in its account and region whose exports it imports,
/// and moves it behind all it depends on; otherwise their order stays. Returns the names of stacks
/// that need each other, so that none of them can be the first: these come last.
std::vector<std::string> put_in_order(std::vector<Stack>& stacks);

}  // namespace cls::aws
