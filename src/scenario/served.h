// SPDX-License-Identifier: Apache-2.0
// Served: the stores of a sandbox as buckets of S3, for scenarios that are played once more there.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/posix_process_runner.h"
#include "scenario/sandbox.h"
#include "store/s3_gateway.h"

namespace cls::scenario {

/// A versitygw over the sandbox's stores. What the scenario writes and looks for are its files, and
/// `cls` sees them as objects. Not thread-safe; the sandbox outlives it.
class Served {
 public:
  /// Throws Error where versitygw is not installed or does not answer.
  Served(const Sandbox& sandbox, const std::string& path);

  /// `--store` for each bucket that the files of the sandbox name, or that is there; makes those
  /// that are not.
  Result<std::vector<std::string>> options();
  /// Gives each file the ETag of its bytes, as if it had been put there.
  Result<> stamp() const;
  /// Keys and region.
  std::map<std::string, std::string> environment() const { return gateway_->environment(); }

 private:
  const Sandbox& sandbox_;
  std::string root_;
  PosixProcessRunner processes_;
  std::unique_ptr<store::S3Gateway> gateway_;
};

}  // namespace cls::scenario
