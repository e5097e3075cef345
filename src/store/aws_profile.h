// SPDX-License-Identifier: Apache-2.0
// AwsProfile: what AWS's own configuration files say, and which of their profiles counts.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/result.h"

namespace cls::store {

using Environment = std::function<std::optional<std::string>(const std::string&)>;
using Settings = std::map<std::string, std::string>;

/// The sections of a file in the form of ~/.aws/config: `[name]`, `key = value`, `#` and `;`
/// comments. Indented lines (nested settings) are left out, as are lines that say nothing.
std::map<std::string, Settings> parse_profiles(std::string_view text);

/// One profile, of the credentials file over the config file.
struct AwsProfile {
  std::string name;
  Settings settings = {};
  std::string credentials_file;  ///< for messages
  std::string config_file;
  bool found = false;

  std::string get(const std::string& key) const;
};

/// The profile that AWS_PROFILE names, else `default`. Files that are not there say nothing.
/// Denied and Unavailable where one cannot be read.
Result<AwsProfile> read_aws_profile(FileSystem& files, const Environment& getenv);

}  // namespace cls::store
