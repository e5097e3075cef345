// SPDX-License-Identifier: Apache-2.0
// Campaign: many seeds one after another, a table of what went wrong in them, and the smallest
// script that still breaks a promise. The command line of cls-sim.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sim/family.h"
#include "sim/world.h"

namespace cls::sim {

/// Leaves out of a script whatever it breaks a promise without: the numbers that are left out.
/// Tries at most so many runs.
std::set<unsigned> shrink(const Script& script, const RunOptions& options,
                          const std::set<unsigned>& without, unsigned most_runs);

/// What is never hit though it could be, one line each.
std::vector<std::string> never_hit(const Hits& hits);

/// Exit code 0, 1 where a promise is broken or something was never hit, 2 for bad usage.
int campaign_main(const std::vector<std::string>& arguments);

}  // namespace cls::sim
