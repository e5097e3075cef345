// SPDX-License-Identifier: Apache-2.0
// AwsCredentials: who signs requests: from the environment, a profile, or a program that a profile
// names. docs/s3.md, "Credentials".
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "http/sigv4.h"
#include "store/aws_profile.h"

namespace cls::store {

/// Thread-safe. Credentials that end soon are asked for anew.
class AwsCredentials {
 public:
  /// Runs a command and returns its output; captured_output() but for tests.
  using Run = std::function<Result<std::string>(const std::vector<std::string>&)>;

  /// All of it outlives this.
  AwsCredentials(FileSystem& files, const Clock& clock, Environment getenv, Run run = {});

  /// Denied says where credentials were sought and what to set.
  Result<http::Credentials> current();
  /// Forgets what a server said is not valid any more; false where the same would be read again.
  bool renew(const http::Credentials& refused);

  /// AWS_REGION, AWS_DEFAULT_REGION or the profile's; empty where none says.
  std::string region();

 private:
  Result<http::Credentials> find();
  Result<http::Credentials> of_process(const AwsProfile& profile) const;

  FileSystem& files_;
  const Clock& clock_;
  Environment getenv_;
  Run run_;
  std::mutex mutex_;
  std::optional<http::Credentials> known_;
};

/// The words of a command line: separated by spaces, with '…', "…" and \ as in a shell. Invalid
/// where a quote is not closed.
Result<std::vector<std::string>> command_words(std::string_view text);

}  // namespace cls::store
