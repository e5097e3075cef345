// SPDX-License-Identifier: Apache-2.0
// Project parts: what --exclude-arc, --exclude-all-arcs and --only-resource leave out.
#pragma once

#include <vector>

#include "cli/options.h"
#include "model/load.h"

namespace cls::cli {

/// Marks what is left out, as `"exclude": true` in the files does. An Error (exit code 2) where no
/// document has what an option names.
void leave_out(const PartOptions& options, std::vector<model::LoadedDocument>& documents);

}  // namespace cls::cli
