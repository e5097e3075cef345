// SPDX-License-Identifier: Apache-2.0
// local_script: an attempt of a command arc as a shell script, to be run by hand.
// docs/workloads.md.
#pragma once

#include <string>

#include "base/time.h"
#include "work/command_host.h"
#include "work/step.h"

namespace cls::work {

/// A bash script that does what an attempt does, but for where it writes: sinks, manifests and the
/// working folder lie below `scratch`, an absolute path. Values that the arc takes from variables
/// or files are taken when the script runs, and do not stand in it. `context.arc` runs a command.
Step<std::string> local_script(const flow::WorkloadContext& context, const CommandHost& host,
                               const std::string& scratch, Instant now);

}  // namespace cls::work
