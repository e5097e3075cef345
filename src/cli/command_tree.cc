// SPDX-License-Identifier: Apache-2.0
#include "cli/command_tree.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "cli/page_text.h"

namespace cls::cli {

namespace {

void append_all(const CommandInfo& command, std::vector<const CommandInfo*>& all) {
  for (const auto& sub : command.commands) {
    all.push_back(&sub);
    append_all(sub, all);
  }
}

std::string option_left(const OptionInfo& option) {
  std::string text = option.short_name.empty() ? "    " : option.short_name;
  if (!option.long_name.empty()) text += (option.short_name.empty() ? "" : ", ") + option.long_name;
  if (!option.value.empty()) text += " " + option.value;
  return text;
}

std::string with_choices(std::string doc, const std::vector<std::string>& choices) {
  // Most texts name them anyway.
  const bool named = std::ranges::all_of(
      choices, [&](const auto& choice) { return doc.find(choice) != std::string::npos; });
  if (!named) doc += format("{}{}", doc.empty() ? "" : ": ", join(choices, ", "));
  return doc;
}

std::string marks(bool is_required, bool is_repeatable, const std::string& doc) {
  std::string text;
  if (is_required) text += " (required)";
  if (is_repeatable && doc.find("repeat") == std::string::npos) text += " (repeatable)";
  return text;
}

/// A heading for each group, in the order of their first options; what has no group of its own
/// comes first.
void append_options(std::string& out, const std::vector<OptionInfo>& options) {
  std::vector<std::string> groups{"Options"};
  for (const auto& option : options) {
    if (std::ranges::find(groups, option.group) == groups.end()) groups.push_back(option.group);
  }
  for (const auto& group : groups) {
    bool first = true;
    for (const auto& option : options) {
      if (option.group != group) continue;
      if (first) out += "\n" + group + ":\n";
      first = false;
      append_row(out, option_left(option),
                 with_choices(option.doc, option.choices) +
                     marks(option.is_required, option.is_repeatable, option.doc),
                 30);
    }
  }
}

std::string argument_text(const ArgumentInfo& argument) {
  const std::string name = argument.name + (argument.is_repeatable ? "..." : "");
  return argument.is_required ? name : "[" + name + "]";
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word.front() == '-';
}

/// The names of all options that count at `command`.
std::vector<std::string> options_at(const CommandInfo& command, const CommandInfo& root) {
  std::vector<std::string> names;
  const auto add = [&](const std::vector<OptionInfo>& options) {
    for (const auto& option : options) {
      if (!option.long_name.empty()) names.push_back(option.long_name);
      if (!option.short_name.empty()) names.push_back(option.short_name);
    }
  };
  // From the command up to the root.
  std::vector<std::string> path = split(command.path, ' ');
  for (const CommandInfo* at = &command; at != &root;) {
    add(at->options);
    path.pop_back();
    at = path.empty() ? &root : deepest(root, path).first;
  }
  add(root.options);
  return names;
}

std::string unknown_option(const std::string& word, const CommandInfo& command,
                           const CommandInfo& root) {
  const std::string name = word.substr(0, word.find('='));
  const auto known = options_at(command, root);
  if (std::ranges::find(known, name) != known.end()) {
    return format("the option '{0}' stands before its command\n  write it behind: {1} {0}\n", name,
                  command.full_name());
  }
  std::string text = format("{} has no option '{}'\n", command.full_name(), name);
  if (const auto near = closest(name, known); near && near->size() > 2) {
    return text + format("  did you mean '{}'?\n", *near);
  }
  for (const auto* other : all_commands(root)) {
    const bool has = std::ranges::any_of(other->options, [&](const OptionInfo& option) {
      return option.long_name == name || option.short_name == name;
    });
    if (command.path.empty() && has) {
      return text + format("  it is one of `{}`: name the command first\n", other->full_name());
    }
  }
  return text;
}

std::string unknown_word(const std::string& word, const CommandInfo& command) {
  if (command.commands.empty()) {
    const bool is_project = word.ends_with(".json") || word.ends_with(".jsonnet");
    const bool takes_projects = std::ranges::any_of(
        command.options, [](const auto& option) { return option.short_name == "-p"; });
    return format("{} takes no '{}'\n", command.full_name(), word) +
           (is_project && takes_projects ? format("  did you mean '-p {}'?\n", word) : "");
  }
  std::vector<std::string> names;
  names.reserve(command.commands.size());
  for (const auto& sub : command.commands) names.emplace_back(sub.name());
  std::string text = format("there is no command '{} {}'\n", command.full_name(), word);
  if (const auto near = closest(word, names)) {
    text += format("  did you mean '{} {}'?\n", command.full_name(), *near);
  }
  return text;
}

}  // namespace

std::string_view CommandInfo::name() const {
  const std::string_view whole = path;
  return whole.substr(whole.rfind(' ') + 1);  // npos + 1 is 0
}

std::string CommandInfo::full_name() const {
  return path.empty() ? "cls" : "cls " + path;
}

const CommandInfo* CommandInfo::find(std::string_view wanted) const {
  const auto found =
      std::ranges::find_if(commands, [&](const auto& command) { return command.name() == wanted; });
  return found == commands.end() ? nullptr : &*found;
}

std::pair<const CommandInfo*, std::size_t> deepest(const CommandInfo& root,
                                                   const std::vector<std::string>& words) {
  const CommandInfo* at = &root;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const CommandInfo* next = at->find(words[i]);
    if (next == nullptr) return {at, i};
    at = next;
  }
  return {at, words.size()};
}

std::vector<const CommandInfo*> all_commands(const CommandInfo& root) {
  std::vector<const CommandInfo*> all;
  append_all(root, all);
  return all;
}

std::string usage_line(const CommandInfo& command) {
  std::string text = "usage: " + command.full_name();
  if (!command.commands.empty()) text += command.path.empty() ? " COMMAND" : " [COMMAND]";
  for (const auto& option : command.options) {
    if (!option.is_required) continue;
    text += format(" {} {}{}", option.short_name.empty() ? option.long_name : option.short_name,
                   option.value, option.is_repeatable ? "..." : "");
  }
  for (const auto& argument : command.arguments) text += " " + argument_text(argument);
  return text + " [OPTIONS]";
}

std::string help_text(const CommandInfo& command, const CommandInfo& root) {
  std::string out;
  append_filled(out, command.doc);
  out += '\n';
  append_filled(out, usage_line(command), 7);
  if (!command.commands.empty()) {
    out += command.path.empty() ? "\nCommands:\n" : "\nCommands below it:\n";
    for (const auto& sub : command.commands) append_row(out, sub.name(), sub.doc, 15);
  }
  if (!command.arguments.empty()) out += "\nArguments:\n";
  for (const auto& argument : command.arguments) {
    append_row(out, argument_text(argument), with_choices(argument.doc, argument.choices), 15);
  }
  append_options(out, command.options);
  if (command.path.empty()) {
    return out +
           "\nOptions of a command stand behind it; these stand anywhere.\n"
           "`cls help` lists what to read about; `cls help exit-codes` says how it ends.\n"
           "Start with: cls init, or cls run -p project.json --home DIR\n";
  }
  std::vector<std::string> names;
  for (const auto& option : root.options) {
    if (option.long_name != "--version" && option.long_name != "--help") {
      names.push_back(option.name());
    }
  }
  out += "\nOptions of every command (`cls --help` says more):\n";
  append_row(out, "", join(names, " "), 2);
  return out;
}

std::string usage_text(const UsageProblem& problem, const CommandInfo& root) {
  const CommandInfo* at = deepest(root, split(problem.command, ' ')).first;
  std::string text = "cls: ";
  if (problem.unknown.empty()) {
    text += problem.message + "\n";
  } else if (const std::string& word = problem.unknown.front(); is_option(word)) {
    text += unknown_option(word, *at, root);
  } else {
    text += unknown_word(word, *at);
  }
  return text + format("  {}\n  `{} --help` says more\n", usage_line(*at), at->full_name());
}

}  // namespace cls::cli
