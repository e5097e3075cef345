// SPDX-License-Identifier: Apache-2.0
// Synthesis: from project files to CloudFormation, in memory; no call of AWS.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "aws/assembly.h"
#include "base/diagnostics.h"
#include "base/result.h"
#include "model/load.h"

namespace cls::aws {

enum class ExecutionLogging : std::uint8_t { Off, Error, All };

/// A directory that an image is made of.
struct ImageSource {
  std::string directory;  ///< absolute
  std::string sha256;     ///< of its files
};

/// What is the same for all projects of a run.
struct SynthesisOptions {
  unsigned log_retention_days = 30;
  ExecutionLogging execution_logging = ExecutionLogging::Error;
  bool private_subnets = false;  ///< of jobs; the bootstrap stack has them by the same option
  bool alarms = false;
  std::string alarm_topic = {};  ///< ARN of what an alarm tells; may be empty
  bool has_tags = true;
  bool removes_all_on_destroy = false;
  unsigned reclaim_minutes = 60;  ///< how often lost lots and leases are looked for
  /// Where the code of the functions lies: architecture (as in project files) to file.
  std::map<std::string, std::string> code_files = {};
  /// SHA-256 of those files.
  std::map<std::string, std::string> code_hashes = {};
  /// Directories that images are made of, by project file and `imagePath`.
  std::map<std::pair<std::string, std::string>, ImageSource> images = {};
};

/// What the documents, which are valid and meant for aws, become. Problems that only AWS has are
/// added with their places; where there are errors, the result is not to be used.
Assembly synthesise(const std::vector<model::LoadedDocument>& documents,
                    const SynthesisOptions& options, Diagnostics& problems);

/// How the network of a placement is made.
struct BootstrapOptions {
  std::string cidr = "10.14.0.0/16";
  unsigned subnets = 2;          ///< in as many availability zones; each an eighth of the network
  bool private_subnets = false;  ///< beside the public ones, with a NAT gateway
};

/// How many bits of an address the hosts of a subnet have. Invalid unless `cidr` is an IPv4 network
/// of /16 to /25 with no bit set behind its prefix: what a VPC may be and eight subnets fit into.
Result<unsigned> subnet_host_bits(const std::string& cidr);

/// The stack that all projects of a placement need.
Stack bootstrap_stack(const model::Placement& placement, const BootstrapOptions& options);

}  // namespace cls::aws
