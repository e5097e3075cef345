// SPDX-License-Identifier: Apache-2.0
// cls help: commands, and the concepts of docs/concepts/.
#include "cli/help.h"

#include <algorithm>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/embedded.h"
#include "cli/page_text.h"

namespace cls::cli {

namespace {

struct Topic {
  std::string name;
  const EmbeddedFile* page = nullptr;
};

/// Every page is a topic, named as its file; in the order of names.
std::vector<Topic> topics() {
  std::vector<Topic> all;
  for (const auto& page : concept_pages()) {
    std::string name(page.path.substr(page.path.rfind('/') + 1));
    name.resize(name.size() - std::string_view(".md").size());
    all.push_back({std::move(name), &page});
  }
  std::ranges::sort(all, {}, &Topic::name);
  return all;
}

std::string overview(const CommandInfo& root) {
  std::string text = help_text(root, root) + "\nTopics, to be read with `cls help TOPIC`:\n";
  for (const auto& topic : topics()) {
    append_row(text, topic.name, page_title(topic.page->text), 17);
  }
  return text;
}

[[noreturn]] void unknown(const std::string& wanted, const CommandInfo& root) {
  const auto near = closest(wanted, help_topics(root));
  throw Error(format("there is no help about '{}'; {}", wanted,
                     near ? format("did you mean 'cls help {}'?", *near)
                          : "`cls help` lists what there is"),
              ExitCode::Usage);
}

}  // namespace

std::vector<std::string> help_topics(const CommandInfo& root) {
  const auto commands = all_commands(root);
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const auto* command : commands) names.push_back(command->path);
  for (const auto& topic : topics()) {
    if (std::ranges::find(names, topic.name) == names.end()) names.push_back(topic.name);
  }
  return names;
}

int help(const Options& options, World& world) {
  const CommandInfo root = command_tree();
  if (options.arguments.empty()) {
    world.console.out(overview(root));
    return 0;
  }
  // `cls help 'arcs status'` too.
  const auto words = split(join(options.arguments, " "), ' ');
  const auto all = topics();
  const auto topic = std::ranges::find(all, lower(words.front()), &Topic::name);
  const auto [command, found] = deepest(root, words);
  std::string text;
  if (topic != all.end() && words.size() == 1) text = page_text(topic->page->text);
  if (found == words.size()) {
    text += (text.empty() ? "" : "\n") + help_text(*command, root);
  }
  if (text.empty()) unknown(join(words, " "), root);
  world.console.out(text);
  return 0;
}

}  // namespace cls::cli
