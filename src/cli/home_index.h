// SPDX-License-Identifier: Apache-2.0
// The index of a home, for commands that can do without.
#pragma once

#include <memory>
#include <string_view>

#include "cli/app.h"
#include "local/status_index.h"

namespace cls::cli {

/// nullptr where there is none yet, or where it cannot be opened, as on a read-only disk: then a
/// warning says so, and `lost`, what is not known without it.
std::unique_ptr<local::StatusIndex> index_of(local::Home& home, World& world,
                                             std::string_view lost);
/// Says what was wrong with it while it was asked; null: there was none.
void warn_of_trouble(const local::StatusIndex* index, World& world);

}  // namespace cls::cli
