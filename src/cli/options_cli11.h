// SPDX-License-Identifier: Apache-2.0
// How the files that see CLI11 work together; of no use to others.
#pragma once

#include <functional>
#include <string>

#include "cli/command_tree.h"
#include "cli/options.h"

namespace CLI {
class App;
}

namespace cls::cli {

/// Adds a command below another; `which` is what Options::command will say.
using AddCommand = std::function<CLI::App*(CLI::App& parent, const std::string& name,
                                           const std::string& description, Command which)>;

/// The commands that explain and that begin: show, schema, help, completion, init, config.
void add_guide_commands(CLI::App& app, Options& options, const AddCommand& command);

/// How project files are evaluated, and what of them is meant: for every command that reads some.
void add_project_options(CLI::App& command, Options& options);

void add_dry_run_options(CLI::App& command, Options& options);
/// How something is carried out: with those of a dry run.
void add_execution_options(CLI::App& command, Options& options);
/// Which placements a report is about.
void add_placement_options(CLI::App& command, Options& options);
void add_bootstrap_options(CLI::App& command, Options& options);

/// Reads off what an app has.
CommandInfo describe(const CLI::App& app, const std::string& path = "");

}  // namespace cls::cli
