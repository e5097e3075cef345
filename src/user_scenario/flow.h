// SPDX-License-Identifier: Apache-2.0
// Flow: one scenario from bootstrap to destroy.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "user_scenario/commands.h"
#include "user_scenario/drive.h"
#include "user_scenario/options.h"
#include "user_scenario/outcome.h"
#include "user_scenario/progress.h"
#include "user_scenario/scenario.h"

namespace cls::user_scenario {

/// What all scenarios of a run share.
struct Shared {
  const Options& options;
  FileSystem& files;
  Clock& clock;
  ProcessRunner& processes;
  SharedLogs& logs;
  Progress& progress;
  ProcessEnvironment environment;
  std::vector<std::string> program;  ///< cls; in virtual time, what stands before the clock's file
  std::string work;                  ///< absolute; exists
  std::string home;                  ///< absolute; empty: each scenario has one of its own
};

/// How many times a flow calls Progress::done().
std::uint64_t things_to_do(const Scenario& scenario, const Options& options);

/// Runs one scenario. Whatever happens, what was deployed is destroyed, unless the options say
/// otherwise; `stop` ends it early. `number` makes its folder's name unique.
Outcome run_flow(const Scenario& scenario, std::size_t number, const Shared& shared,
                 const std::stop_token& stop);

}  // namespace cls::user_scenario
