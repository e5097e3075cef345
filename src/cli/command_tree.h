// SPDX-License-Identifier: Apache-2.0
// The command line as data: what `--help`, near names, completion scripts and the pages of
// docs/commands/ are made from. Read off the parser itself, so that they cannot differ from it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cls::cli {

struct OptionInfo {
  std::string short_name;            ///< as `-p`; may be empty
  std::string long_name;             ///< as `--project`
  std::string value;                 ///< what stands behind it, as `FILE`; empty: a flag
  std::vector<std::string> choices;  ///< all values there are; empty: any
  std::string doc;
  std::string group;  ///< the heading that it stands under
  bool is_required = false;
  bool is_repeatable = false;

  /// `--project`, or `-p` where it has no long name.
  const std::string& name() const { return long_name.empty() ? short_name : long_name; }
};

/// What stands behind a command without a name of its own.
struct ArgumentInfo {
  std::string name;  ///< as `ARC`
  std::vector<std::string> choices;
  std::string doc;
  bool is_required = false;
  bool is_repeatable = false;
};

struct CommandInfo {
  std::string path;  ///< as `arcs status`; empty for `cls` itself
  std::string doc;
  std::vector<OptionInfo> options;  ///< its own; those of `cls` itself are taken by all
  std::vector<ArgumentInfo> arguments;
  std::vector<CommandInfo> commands;

  /// The last word of the path.
  std::string_view name() const;
  /// With `cls ` before it.
  std::string full_name() const;
  const CommandInfo* find(std::string_view wanted) const;
};

/// The whole of `cls`.
CommandInfo command_tree();

/// The command that `words` lead to, and how many of them do.
std::pair<const CommandInfo*, std::size_t> deepest(const CommandInfo& root,
                                                   const std::vector<std::string>& words);

/// Every command but `cls` itself, in order, each before those below it.
std::vector<const CommandInfo*> all_commands(const CommandInfo& root);

/// `usage: cls verify -p FILE... [OPTIONS]`, without a line's end.
std::string usage_line(const CommandInfo& command);

/// What `--help` prints, 80 columns wide.
std::string help_text(const CommandInfo& command, const CommandInfo& root);

/// What was wrong with a command line.
struct UsageProblem {
  std::string message;               ///< the parser's words
  std::string command;               ///< the path of the command that was reached
  std::vector<std::string> unknown;  ///< words that nothing took, in order
};

/// What is printed of it: what is wrong, what would be right, how it is used.
std::string usage_text(const UsageProblem& problem, const CommandInfo& root);

}  // namespace cls::cli
