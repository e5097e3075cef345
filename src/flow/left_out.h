// SPDX-License-Identifier: Apache-2.0
// Which objects below a boundary's path are none of its lots' (decision `filtered`).
#pragma once

#include <string_view>

#include "base/uri.h"
#include "model/plan.h"

namespace cls::flow {

/// True for a key that ends in `/`, for what a boundary's filter does not keep, and, where it hides
/// unfinished files, for names that begin with `.`, of folders below the path too, or end in
/// `.tmp`,
/// `.part` or `.crdownload`. `path_key` is the key of the boundary's path.
bool left_out(const model::BoundaryPlan& boundary, std::string_view path_key, const Uri& uri);

}  // namespace cls::flow
