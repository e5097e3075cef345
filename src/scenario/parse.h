// SPDX-License-Identifier: Apache-2.0
// Reads scenario.txt. Grammar: docs/formats/scenario.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scenario/scenario.h"

namespace cls::scenario {

/// What was read; it may be run only if there are no problems.
struct Parsed {
  Scenario scenario;
  std::vector<std::string> problems;  ///< `file:line: what is wrong (what would be right)`
};

/// Reads a whole scenario: every line is looked at, whatever is wrong with the others. `file` is
/// for the messages only.
Parsed parse_scenario(std::string_view text, const std::string& file);

}  // namespace cls::scenario
