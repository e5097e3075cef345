// SPDX-License-Identifier: Apache-2.0
// Settings: configuration files and -D. A setting is a field here; `cls config` and its files
// follow from the lists.
#pragma once

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

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

struct AwsSettings {
  static constexpr std::string_view name = "aws";
  CdkSettings cdk;

  static constexpr auto fields =
      std::tuple{json::optional("cdk", &AwsSettings::cdk, "what is asked before it is done")};
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
}  // namespace cls::json
