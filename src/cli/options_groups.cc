// SPDX-License-Identifier: Apache-2.0
// Groups of options that several commands share; the commands that explain and that begin.
#include <array>

#include <CLI/CLI.hpp>

#include "cli/options_cli11.h"

namespace cls::cli {

namespace {

const char* const carried_out = "How it is carried out";

void add_show(CLI::App& app, Options& options, const AddCommand& command) {
  auto* sub = command(app, "show", "Explain what a project file may hold", Command::Show);
  ShowOptions& show = options.show;
  sub->add_option("KIND", show.kind, "What to show")
      ->required()
      ->type_name("KIND:{provider,component,resource,boundary,barrier,arc,activity,model}");
  const std::array<CLI::Option*, 6> ways{
      sub->add_option("NAME", show.name, "The one to describe, as --describe does"),
      sub->add_flag("--list", show.list, "The names, one a line; what is shown if nothing is said"),
      sub->add_option("--model", show.model, "The JSON to start from")->type_name("NAME"),
      sub->add_option("--describe", show.describe,
                      "What it is, its fields, and the JSON to start from")
          ->type_name("NAME"),
      sub->add_flag("--model-all", show.model_all, "--model of all"),
      sub->add_flag("--describe-all", show.describe_all, "--describe of all")};
  for (auto* way : ways) {
    for (auto* other : ways) {
      if (way != other) way->excludes(other);
    }
  }
  sub->add_flag("--required", show.required, "Templates with the required fields only");
}

void add_config(CLI::App& app, Options& options, const AddCommand& command) {
  ConfigOptions& config = options.config;
  auto* sub = command(app, "config", "Show the settings that count", Command::Config);
  sub->require_subcommand(0, 1);
  const auto add_name = [&](CLI::App* to) {
    to->add_option("--config", config.name, "Which settings: common or aws [common]")
        ->type_name("NAME:{common,aws}");
  };
  add_name(sub);
  add_name(command(*sub, "show", "Show the settings that count", Command::Config));
  auto* begin = command(*sub, "init", "Write a file of settings", Command::ConfigInit);
  add_name(begin);
  begin->add_flag("--global", config.is_global, "In ~/.cls/, not in the working directory");
  begin->add_flag("--merge", config.merge, "With what counts now, not with the defaults");
  begin->add_flag("--force", config.force, "Replace the file that is there");
}

void add_init(CLI::App& app, Options& options, const AddCommand& command) {
  auto* sub = command(app, "init", "Write a small project to start from", Command::Init);
  sub->add_option("DIR", options.arguments, "Where to; it is made if need be [.]")->expected(0, 1);
  sub->add_option("--template", options.template_name,
                  "copy, command (a program on each lot) or several-sources [command]")
      ->type_name("NAME")
      ->check(CLI::IsMember({"copy", "command", "several-sources"}));
}

}  // namespace

void add_project_options(CLI::App& command, Options& options) {
  const std::string group = "How project files are read";
  const auto several = [&](const char* name, std::vector<std::string>& values, const char* type,
                           const char* description) {
    auto* option = command.add_option(name, values, description)->type_name(type)->group(group);
    option->allow_extra_args(false);
  };
  JsonnetOptions& jsonnet = options.jsonnet;
  several("--ext-str", jsonnet.external, "NAME=TEXT", "A text for std.extVar of Jsonnet files");
  several("--tla-str", jsonnet.top_level, "NAME=TEXT", "A text for an argument of a Jsonnet file");
  several("-J,--jpath", jsonnet.import_directories, "DIR", "Where Jsonnet imports are found");
  PartOptions& parts = options.parts;
  several("--exclude-arc", parts.excluded_arcs, "NAME", "Leave this arc out");
  command.add_flag("--exclude-all-arcs", parts.exclude_all_arcs, "Leave all arcs out")
      ->group(group);
  several("--only-resource", parts.only_resources, "NAME",
          "Leave out everything but this resource");
  command.add_flag("--exclude-all-tags", parts.exclude_all_tags, "Set no tags (aws)")->group(group);
}

void add_dry_run_options(CLI::App& command, Options& options) {
  ExecutionOptions& execution = options.execution;
  command.add_flag("--dry-run", execution.dry_run, "Check, say what would be done, change nothing")
      ->group(carried_out);
  command.add_option("--profile", execution.profile, "Whose credentials (aws) [$AWS_PROFILE]")
      ->type_name("NAME")
      ->group(carried_out);
}

void add_execution_options(CLI::App& command, Options& options) {
  add_dry_run_options(command, options);
  ExecutionOptions& execution = options.execution;
  command.add_flag("--approve", execution.approve, "Do not ask first; here nothing is asked yet")
      ->group(carried_out);
  command
      .add_flag("--retry", execution.retry,
                "Where it ends with 75, try again after 30 and 60 seconds")
      ->group(carried_out);
}

void add_placement_options(CLI::App& command, Options& options) {
  const std::string group = "Which placements";
  PlacementOptions& placements = options.placements;
  command.add_option("--account", placements.account, "Only of this account")
      ->type_name("NAME")
      ->group(group);
  command.add_option("--region", placements.region, "Only of this region")
      ->type_name("NAME")
      ->group(group);
  command
      .add_option_function<std::string>(
          "--stage", [&placements](const std::string& stage) { placements.stage = stage; },
          "Only of this stage; without a name: of none")
      ->type_name("NAME")
      ->expected(0, 1)
      ->group(group);
  command
      .add_option("--profile", options.execution.profile,
                  "Whose credentials (aws); not used on this machine")
      ->type_name("NAME")
      ->group(group);
}

void add_bootstrap_options(CLI::App& command, Options& options) {
  BootstrapOptions& bootstrap = options.bootstrap;
  command.add_option("--account", bootstrap.account, "Of the placement (aws)")->type_name("NAME");
  command.add_option("--region", bootstrap.region, "Of the placement (aws)")->type_name("NAME");
  command.add_option("--stage", bootstrap.stage, "Of the placement")
      ->type_name("NAME")
      ->expected(0, 1);
  command.add_flag("--destroy", bootstrap.destroy,
                   "Undo it; refused while a project is deployed, and no record is deleted");
}

void add_guide_commands(CLI::App& app, Options& options, const AddCommand& command) {
  add_init(app, options, command);
  add_show(app, options, command);
  command(app, "schema", "Print the JSON Schema of project files, for editors", Command::Schema);
  command(app, "help", "Explain a command, or what lots, arcs, manifests… are", Command::Help)
      ->add_option("TOPIC", options.arguments, "A topic or a command; none: a list of them");
  command(app, "completion", "Print a script that completes commands and options in a shell",
          Command::Completion)
      ->add_option("SHELL", options.arguments, "Which shell")
      ->required()
      ->expected(1)
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  add_config(app, options, command);
  // Whatever the earlier program took: whoever types it is told the reason.
  command(app, "import", "Refused: says why what exists needs no import", Command::Import)
      ->fallthrough(false)
      ->allow_extras();
}

}  // namespace cls::cli
