// SPDX-License-Identifier: Apache-2.0
// From the parser to the command line as data.
#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/options_cli11.h"

namespace cls::cli {

namespace {

/// What stands behind an option: its type's name and, where it has a validator of a closed set, the
/// words of that: CLI11 writes `TEXT:{local,aws}`.
struct ValueType {
  std::string name;
  std::vector<std::string> choices;
};

ValueType value_type(const CLI::Option& option) {
  const std::string text = option.get_type_name();
  ValueType type{.name = text.substr(0, text.find(':')), .choices = {}};
  const auto open = text.find('{');
  if (open != std::string::npos && text.ends_with('}')) {
    type.choices = split(text.substr(open + 1, text.size() - open - 2), ',');
  }
  return type;
}

bool is_repeatable(const CLI::Option& option) {
  return option.get_items_expected_max() > 1;
}

OptionInfo option_info(const CLI::Option& option) {
  OptionInfo info{.short_name = "",
                  .long_name = "",
                  .value = "",
                  .choices = {},
                  .doc = option.get_description(),
                  .group = option.get_group(),
                  .is_required = option.get_required()};
  if (!option.get_snames().empty()) info.short_name = "-" + option.get_snames().front();
  if (!option.get_lnames().empty()) info.long_name = "--" + option.get_lnames().front();
  if (option.get_items_expected_max() > 0) {
    auto type = value_type(option);
    info.value = std::move(type.name);
    info.choices = std::move(type.choices);
    info.is_repeatable = is_repeatable(option);
  }
  return info;
}

ArgumentInfo argument_info(const CLI::Option& option) {
  return {.name = option.get_name(true),
          .choices = value_type(option).choices,
          .doc = option.get_description(),
          .is_required = option.get_required(),
          .is_repeatable = is_repeatable(option)};
}

}  // namespace

CommandInfo describe(const CLI::App& app, const std::string& path) {
  CommandInfo info{
      .path = path, .doc = app.get_description(), .options = {}, .arguments = {}, .commands = {}};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    if (option->get_positional()) {
      info.arguments.push_back(argument_info(*option));
    } else if (path.empty() || !option->check_name("--help")) {
      info.options.push_back(option_info(*option));
    }
  }
  const auto is_shown = [](const CLI::App* sub) { return !sub->get_group().empty(); };
  for (const CLI::App* sub : app.get_subcommands(is_shown)) {
    info.commands.push_back(
        describe(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name()));
  }
  return info;
}

}  // namespace cls::cli
