// SPDX-License-Identifier: Apache-2.0
// Runs a scenario: its steps in order, then the audit.
#pragma once

#include <string>
#include <vector>

#include "scenario/comparison.h"
#include "scenario/scenario.h"
#include "scenario/stage.h"

namespace cls::scenario {

/// How a scenario went.
struct Report {
  std::vector<std::string> failures;  ///< `file:line: step: what is there instead`
  std::string sandbox;                ///< left in place where something failed or it was asked for
  RecordTexts records;                ///< all that were there in the end
};

enum class Keep : std::uint8_t { OnFailure, Always };

/// How scenarios are played.
struct Playing {
  Keep keep = Keep::OnFailure;
  std::string program = {};  ///< the executable `cls`, for scenarios that keep it up
  Where where = Where::Files;
};

/// Runs what lies in `directory`. An expectation that fails lets the others be looked at; a step
/// that cannot be done ends the scenario. Throws Error where the sandbox cannot be made.
Report run_scenario(const Scenario& scenario, const std::string& directory, const Playing& playing,
                    const Command& command);

}  // namespace cls::scenario
