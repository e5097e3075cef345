// SPDX-License-Identifier: Apache-2.0
// What the commands share: the home that the options name, the project files, messages.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/diagnostics.h"
#include "base/error.h"
#include "base/log.h"
#include "cli/app.h"
#include "cli/options.h"
#include "flow/deploy.h"
#include "local/deployed.h"
#include "local/deployer.h"
#include "operate/report.h"
#include "operate/report_filter.h"

namespace cls::cli {

/// The log of a command, on its standard error: as --log and --log-level say, else the environment,
/// else -v and -vv, else `least`. An Error with the code of a usage error where the environment
/// asks for what there is not.
class ConsoleLog final : public Log {
 public:
  ConsoleLog(const Options& options, World& world, LogLevel least);
  void write(LogLevel level, std::string_view line, const LogFields& about) override;

 private:
  Console& console_;
  const Clock& clock_;
  LogLevel least_;
  bool json_;
};

/// True if lines of the log are JSON.
bool logs_json(const Options& options, const World& world);

/// A path that is meant from the working directory.
std::string absolute(const std::string& path, const World& world);
/// The absolute path of the home: --home, else $CLS_HOME, else ~/.local/share/clusterless.
std::string home_directory(const Options& options, const World& world);
/// Opens the home, made if need be. An Error says why not.
std::unique_ptr<local::Home> open_home(const Options& options, World& world);
/// Opens a home that must exist.
std::unique_ptr<local::Home> existing_home(const Options& options, World& world);
/// What is deployed in a home; projects that cannot be read are named on standard error, or in the
/// log.
local::DeployedProjects deployed_in(local::Home& home, World& world);
local::DeployedProjects deployed_in(local::Home& home, Log& log);

/// An Error that carries the exit code of a refusal where something is in the way (Conflict,
/// Unsupported, Denied by a version).
Error refusal(const Failure& failure);

/// How strictly project files are checked.
enum class Purpose : std::uint8_t {
  Verify,   ///< for the substrate they are meant for; what cannot run yet is a warning
  Deploy,   ///< for the substrate they are meant for; what cannot run is an error
  RunHere,  ///< for this machine, whatever their provider
};

struct CheckedProjects {
  std::vector<model::LoadedDocument> documents;
  bool for_aws = false;  ///< one of them at least is meant for aws
};

/// What else is checked of documents that are meant for aws, once they are valid.
using FurtherCheck = std::function<void(const std::vector<model::LoadedDocument>&, Diagnostics&)>;

/// Reads and checks the project files of the options (there must be some) and prints all problems;
/// where there are errors, the exit code that they mean. An absent file is an Error with code 74.
tl::expected<CheckedProjects, ExitCode> check_projects(const Options& options, World& world,
                                                       Purpose purpose,
                                                       const FurtherCheck& further = {});

/// What --since says; `otherwise` where it is not given.
flow::Since since_of(const Options& options, const World& world, const flow::Since& otherwise);

/// Deploys checked projects in a home and says so on standard output.
void deploy_projects(local::Home& home, World& world, const CheckedProjects& projects,
                     const flow::Since& since);

/// How texts for people are to look.
operate::Look look_of(const Options& options, const World& world);

/// The filter that a report's options say.
operate::ReportFilter filter_of(const Options& options, const World& world);

}  // namespace cls::cli
