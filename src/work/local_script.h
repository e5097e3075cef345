// SPDX-License-Identifier: Apache-2.0
// local_script: an attempt of a command arc as a shell script, to be run by hand.
// docs/workloads.md.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/time.h"
#include "work/command_host.h"
#include "work/step.h"

namespace cls::work {

/// Where a bucket is, as clients of S3 want it said.
struct S3Location {
  std::string endpoint;  ///< a URL
  std::string bucket;
  std::string region;  ///< empty: not said
};

struct LocalScriptRequest {
  std::string scratch;  ///< an absolute path
  Instant now;
  /// Of a bucket that is on S3.
  std::function<std::optional<S3Location>(const std::string& bucket)> locate;
};

/// A bash script that does what an attempt does, but for where it writes: sinks, manifests and the
/// working folder lie below `scratch`. Values that the arc takes from variables or files are taken
/// when the script runs, and do not stand in it. An arc with an image runs in a container where an
/// engine works here; what is fetched is fetched by the AWS CLI. `context.arc` runs a command.
Step<std::string> local_script(const flow::WorkloadContext& context, const CommandHost& host,
                               const LocalScriptRequest& request);

}  // namespace cls::work
