// SPDX-License-Identifier: Apache-2.0
// Finds the scenario.json files below a folder, reads them strictly, and checks what they say.
#pragma once

#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/file_system.h"
#include "user_scenario/scenario.h"

namespace cls::user_scenario {

/// The scenario files below `directory` (20 levels; names that begin with a dot and symbolic links
/// are passed over), sorted by path; of a file its own path. NotFound where there is none, and
/// Invalid where there is more than anybody would want to run.
Result<std::vector<std::string>> find_scenarios(FileSystem& files, const std::string& directory);

/// Reads and checks scenario files; all problems of all files are added. Messages name a file as
/// `directory` was written, `shown`, with the rest of its path below. What could not be read is
/// left out: check `problems` before anything is run.
std::vector<Scenario> load_scenarios(FileSystem& files, const std::vector<std::string>& paths,
                                     const std::string& directory, const std::string& shown,
                                     Diagnostics& problems);

}  // namespace cls::user_scenario
