// SPDX-License-Identifier: Apache-2.0
// The program `scenario`: runs the scenarios of the directories that it is given.
#pragma once

#include <string>
#include <vector>

#include "cli/app.h"
#include "scenario/stage.h"

namespace cls::scenario {

/// `[--keep] [--cls FILE] [--s3] DIRECTORY…`; prints a line per scenario and what failed. Exits 0
/// if all went as they say, 1 if one did not, 2 for wrong arguments.
int run_program(const std::vector<std::string>& arguments, cli::Console& console,
                const Command& command);

}  // namespace cls::scenario
