// SPDX-License-Identifier: Apache-2.0
// cls completion bash|zsh|fish
#include "cli/completion.h"

#include <functional>

#include "base/format.h"
#include "base/shell_word.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/help.h"

namespace cls::cli {

namespace {

/// What completes the word behind an option or a command.
enum class Completes : std::uint8_t { Nothing, Words, Files, Directories };

Completes completes(const OptionInfo& option) {
  if (!option.choices.empty()) return Completes::Words;
  if (option.value == "FILE") return Completes::Files;
  return option.value == "DIR" ? Completes::Directories : Completes::Nothing;
}

std::vector<std::string> names_of(const OptionInfo& option) {
  std::vector<std::string> names;
  if (!option.short_name.empty()) names.push_back(option.short_name);
  if (!option.long_name.empty()) names.push_back(option.long_name);
  return names;
}

/// Single quotes of bash and zsh.
std::string quoted_for_fish(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::vector<std::string> option_names(const CommandInfo& command) {
  std::vector<std::string> names;
  for (const auto& option : command.options) {
    for (auto& name : names_of(option)) names.push_back(std::move(name));
  }
  return names;
}

/// The words that may stand behind a command: those below it, or what its arguments may be.
std::vector<std::string> words_of(const CommandInfo& command) {
  std::vector<std::string> words;
  words.reserve(command.commands.size());
  for (const auto& sub : command.commands) words.emplace_back(sub.name());
  for (const auto& argument : command.arguments) {
    words.insert(words.end(), argument.choices.begin(), argument.choices.end());
  }
  return words;
}

/// The root itself first.
std::vector<const CommandInfo*> with_root(const CommandInfo& root) {
  auto all = all_commands(root);
  all.insert(all.begin(), &root);
  return all;
}

/// `'a'|'b b'`, for a pattern of case.
std::string pattern_of(const std::vector<std::string>& texts) {
  std::vector<std::string> parts;
  parts.reserve(texts.size());
  for (const auto& text : texts) parts.push_back(shell_quoted(text));
  return join(parts, "|");
}

std::string command_pattern(const CommandInfo& root) {
  const auto commands = all_commands(root);
  std::vector<std::string> paths;
  paths.reserve(commands.size());
  for (const auto* command : commands) paths.push_back(command->path);
  return pattern_of(paths);
}

/// Patterns `PATH:OPTION` (of the root `*:OPTION`) of the options with a value, for bash and zsh.
/// `body` says what is done for one of them.
std::string value_cases(const CommandInfo& root,
                        const std::function<std::string(const OptionInfo&)>& body) {
  std::string out;
  // A command's own options first: the pattern of the root's fits everywhere.
  auto commands = all_commands(root);
  commands.push_back(&root);
  for (const auto* command : commands) {
    for (const auto& option : command->options) {
      if (option.value.empty()) continue;
      std::vector<std::string> patterns;
      for (const auto& name : names_of(option)) {
        patterns.push_back(command == &root ? "*" + shell_quoted(":" + name)
                                            : shell_quoted(command->path + ":" + name));
      }
      out += format("    {}) {} ;;\n", join(patterns, "|"), body(option));
    }
  }
  return out;
}

std::string bash_value(const OptionInfo& option) {
  switch (completes(option)) {
    case Completes::Words:
      return format(R"(COMPREPLY=($(compgen -W {} -- "$cur")); return)",
                    shell_quoted(join(option.choices, " ")));
    case Completes::Files:
      return R"(compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return)";
    case Completes::Directories:
      return R"(compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return)";
    case Completes::Nothing:
      break;
  }
  return "return";
}

std::string zsh_value(const OptionInfo& option) {
  switch (completes(option)) {
    case Completes::Words:
      return format("compadd -- {}; return", join(option.choices, " "));
    case Completes::Files:
      return "_files; return";
    case Completes::Directories:
      return "_files -/; return";
    case Completes::Nothing:
      break;
  }
  return "return";
}

/// Elements of an array for _describe.
std::string zsh_described(const std::vector<std::pair<std::string, std::string>>& words) {
  std::string out;
  for (const auto& [word, doc] : words)
    out += format(" {}", shell_quoted(format("{}:{}", word, doc)));
  return out;
}

std::vector<std::pair<std::string, std::string>> described_options(const CommandInfo& command) {
  std::vector<std::pair<std::string, std::string>> words;
  for (const auto& option : command.options) {
    for (auto& name : names_of(option)) words.emplace_back(std::move(name), option.doc);
  }
  return words;
}

std::vector<std::pair<std::string, std::string>> described_words(const CommandInfo& command) {
  std::vector<std::pair<std::string, std::string>> words;
  words.reserve(command.commands.size());
  for (const auto& sub : command.commands) words.emplace_back(sub.name(), sub.doc);
  for (const auto& argument : command.arguments) {
    for (const auto& choice : argument.choices) words.emplace_back(choice, argument.doc);
  }
  return words;
}

std::string fish_option(const OptionInfo& option) {
  std::string out;
  if (!option.long_name.empty()) out += " -l " + option.long_name.substr(2);
  if (!option.short_name.empty()) out += " -s " + option.short_name.substr(1);
  if (!option.value.empty()) {
    switch (completes(option)) {
      case Completes::Words:
        out += format(" -x -a {}", quoted_for_fish(join(option.choices, " ")));
        break;
      case Completes::Files:
        out += " -r -F";
        break;
      case Completes::Directories:
        out += " -x -a '(__fish_complete_directories)'";
        break;
      case Completes::Nothing:
        out += " -x";
        break;
    }
  }
  return out + format(" -d {}\n", quoted_for_fish(option.doc));
}

/// The topics are the words behind `help`.
CommandInfo with_topics(CommandInfo root) {
  for (auto& command : root.commands) {
    if (command.path != "help" || command.arguments.empty()) continue;
    auto& choices = command.arguments.front().choices;
    choices = help_topics(root);
    std::erase_if(choices, [](const auto& name) { return name.find(' ') != std::string::npos; });
  }
  return root;
}

}  // namespace

std::string bash_completion(const CommandInfo& root) {
  std::string out =
      R"(# bash completion for cls: source it, or put it where bash-completion finds it as `cls`.
_cls() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} at= before= word
  # bash takes --output=json apart.
  if [[ $cur == "=" ]]; then cur=; fi
  if [[ $prev == "=" ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi
  COMPREPLY=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word == "=" ]]; then continue; fi
    case "$at:$before" in
)";
  // A value is no command, whatever it is.
  out += value_cases(root, [](const OptionInfo&) { return "before=; continue"; });
  out += format(R"(    esac
    case "${{at:+$at }}$word" in {}) at="${{at:+$at }}$word" ;; esac
    before=$word
  done
  case "$at:$prev" in
)",
                command_pattern(root));
  out += value_cases(root, bash_value);
  out += R"(  esac
  local words options=)" +
         shell_quoted(join(option_names(root), " ")) + "\n  case \"$at\" in\n";
  for (const auto* command : with_root(root)) {
    out += format("    {}) words={} options={}\" $options\" ;;\n", shell_quoted(command->path),
                  shell_quoted(join(words_of(*command), " ")),
                  command == &root ? "''" : shell_quoted(join(option_names(*command), " ")));
  }
  return out + R"(  esac
  if [[ $cur == -* ]]; then words=$options; fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _cls cls
)";
}

std::string zsh_completion(const CommandInfo& root) {
  std::string out = R"(#compdef cls
# zsh completion for cls: put it into a folder of $fpath as `_cls`, or source it after compinit.
_cls() {
  local at= before= word prev=$words[CURRENT-1]
  local -a options known
  for word in ${words[2,CURRENT-1]}; do
    case "$at:$before" in
)";
  out += value_cases(root, [](const OptionInfo&) { return "before=; continue"; });
  out += format(
      "    esac\n    case \"${{at:+$at }}$word\" in ({}) at=\"${{at:+$at }}$word\" ;; esac\n"
      "    before=$word\n  done\n",
      command_pattern(root));
  out += R"(  if [[ $PREFIX == --*=* ]]; then
    prev=${PREFIX%%=*}
    compset -P '*='
  fi
  case "$at:$prev" in
)" + value_cases(root, zsh_value) +
         "  esac\n";
  out += "  case \"$at\" in\n";
  for (const auto* command : with_root(root)) {
    out += format("    {})\n      known=({} )\n      options=({} ) ;;\n",
                  shell_quoted(command->path), zsh_described(described_words(*command)),
                  command == &root ? "" : zsh_described(described_options(*command)));
  }
  out += "  esac\n  options+=(" + zsh_described(described_options(root)) + " )\n";
  return out + R"(  if [[ $PREFIX == -* ]]; then
    _describe -o option options
  else
    _describe command known
  fi
}
if [[ $funcstack[1] == _cls ]]; then _cls "$@"; else compdef _cls cls; fi
)";
}

std::string fish_completion(const CommandInfo& root) {
  std::vector<std::string> paths;
  std::vector<std::string> with_value;
  for (const auto* command : with_root(root)) {
    if (command != &root) paths.push_back(quoted_for_fish(command->path));
    for (const auto& option : command->options) {
      if (option.value.empty()) continue;
      for (auto& name : names_of(option)) with_value.push_back(std::move(name));
    }
  }
  std::string out =
      format(R"(# fish completion for cls: put it into ~/.config/fish/completions/cls.fish
function __cls_at
    set -l at ''
    set -l before ''
    for word in (commandline -opc)[2..]
        # A value is no command, whatever it is.
        if contains -- "$before" {}
            set before ''
            continue
        end
        set before $word
        set -l next (string trim "$at $word")
        if contains -- "$next" {}
            set at $next
        end
    end
    test "$at" = "$argv[1]"
end
complete -c cls -f
)",
             join(with_value, " "), join(paths, " "));
  for (const auto& option : root.options) out += "complete -c cls" + fish_option(option);
  for (const auto* command : with_root(root)) {
    const std::string at =
        format("complete -c cls -n {}", quoted_for_fish("__cls_at " + shell_quoted(command->path)));
    for (const auto& [word, doc] : described_words(*command)) {
      out += format("{} -a {} -d {}\n", at, word, quoted_for_fish(doc));
    }
    if (command == &root) continue;
    for (const auto& option : command->options) out += at + fish_option(option);
  }
  return out;
}

int completion(const Options& options, World& world) {
  const CommandInfo root = with_topics(command_tree());
  const std::string& shell = options.arguments.front();
  world.console.out(shell == "bash"  ? bash_completion(root)
                    : shell == "zsh" ? zsh_completion(root)
                                     : fish_completion(root));
  return 0;
}

}  // namespace cls::cli
