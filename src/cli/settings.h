// SPDX-License-Identifier: Apache-2.0
// Settings: configuration files and -D. A setting is a field here; `cls config` and its files
// follow from the lists.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "aws/synthesis.h"
#include "base/diagnostics.h"
#include "cli/app.h"
#include "cli/options.h"
#include "json/fields.h"

namespace cls::cli {

/// Which changes of a deployment are asked about first.
enum class Approval : std::uint8_t {
  never,
  any_change,  // NOLINT(readability-identifier-naming): as in the file
  broadening
};

struct ResourceSettings {
  bool removeAllOnDestroy = false;

  static constexpr auto fields = std::tuple{
      json::optional("removeAllOnDestroy", &ResourceSettings::removeAllOnDestroy,
                     "destroy removes all resources, whatever they say themselves (aws)")};
};

struct CommonSettings {
  static constexpr std::string_view name = "common";
  ResourceSettings resource;

  static constexpr auto fields = std::tuple{
      json::optional("resource", &CommonSettings::resource, "what becomes of resources")};
};

struct CdkSettings {
  Approval requireDeployApproval = Approval::broadening;
  bool requireDestroyApproval = true;

  static constexpr auto fields =
      std::tuple{json::optional("requireDeployApproval", &CdkSettings::requireDeployApproval,
                                "which changes deploy asks about: never, any_change, broadening"),
                 json::optional("requireDestroyApproval", &CdkSettings::requireDestroyApproval,
                                "destroy asks first")};
};

struct LogSettings {
  unsigned retentionDays = 30;
  aws::ExecutionLogging executions = aws::ExecutionLogging::Error;

  static constexpr auto fields =
      std::tuple{json::ranged("retentionDays", &LogSettings::retentionDays,
                              "how long log groups keep lines", 1, 3653),
                 json::optional("executions", &LogSettings::executions,
                                "what state machines write to theirs: off, error or all")};
};

struct NetworkSettings {
  std::string cidr = "10.14.0.0/16";
  unsigned subnets = 2;
  bool privateSubnets = false;

  static constexpr auto fields = std::tuple{
      json::optional("cidr", &NetworkSettings::cidr, "addresses of the network of bootstrap"),
      json::ranged("subnets", &NetworkSettings::subnets, "availability zones it lies in", 2, 4),
      json::optional("privateSubnets", &NetworkSettings::privateSubnets,
                     "jobs run without public addresses, behind a NAT gateway")};
};

struct AlarmSettings {
  bool enabled = false;
  std::string topic;

  static constexpr auto fields = std::tuple{
      json::optional("enabled", &AlarmSettings::enabled,
                     "alarms on dead letters, failed executions and lots that run for long"),
      json::optional("topic", &AlarmSettings::topic, "ARN of the SNS topic that they tell")};
};

struct SweepSettings {
  unsigned minutes = 60;

  static constexpr auto fields = std::tuple{
      json::ranged("minutes", &SweepSettings::minutes,
                   "how often each arc looks for lots and leases that were lost", 1, 1440)};
};

struct AwsSettings {
  static constexpr std::string_view name = "aws";
  CdkSettings cdk;
  LogSettings logs;
  NetworkSettings network;
  AlarmSettings alarms;
  SweepSettings sweep;

  static constexpr auto fields =
      std::tuple{json::optional("cdk", &AwsSettings::cdk, "what is asked before it is done"),
                 json::optional("logs", &AwsSettings::logs, "what is kept of logs"),
                 json::optional("network", &AwsSettings::network, "where jobs run"),
                 json::optional("alarms", &AwsSettings::alarms, "what is told when it happens"),
                 json::optional("sweep", &AwsSettings::sweep, "what looks for lost lots")};
};

/// Where settings are written.
enum class Scope : std::uint8_t { Global, Local };

/// The file of a scope: `~/.cls/config[-NAME]`; `.clsconfig[-NAME]` in the working directory or, if
/// that is below the user's, the nearest one in its parents below there. Elsewhere parents may be
/// anybody's.
std::string settings_file(std::string_view name, Scope scope, const World& world);

/// Settings as JSON, each layer merged into the one before, member by member: defaults, the global
/// file, the local file, -D. All problems are added.
struct LoadedSettings {
  std::string_view name;
  json::Value value;
  json::Value schema;
};
std::vector<LoadedSettings> load_settings(const Options& options, World& world,
                                          Diagnostics& problems);

/// The settings of one namespace as they count. An Error where a file or -D has errors.
CommonSettings common_settings(const Options& options, World& world);
AwsSettings aws_settings(const Options& options, World& world);

/// What they are where nobody says anything.
json::Value defaults_of(std::string_view name);

/// An Error (exit code 2) where -D names a setting that there is not, or a value that it cannot
/// have.
void check_properties(const Options& options);

}  // namespace cls::cli

namespace cls::json {
template <>
inline constexpr auto names_of<cli::Approval> =
    Names<cli::Approval, 3>{{{cli::Approval::never, "never"},
                             {cli::Approval::any_change, "any_change"},
                             {cli::Approval::broadening, "broadening"}}};
template <>
inline constexpr auto names_of<aws::ExecutionLogging> =
    Names<aws::ExecutionLogging, 3>{{{aws::ExecutionLogging::Off, "off"},
                                     {aws::ExecutionLogging::Error, "error"},
                                     {aws::ExecutionLogging::All, "all"}}};
}  // namespace cls::json
