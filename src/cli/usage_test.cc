// SPDX-License-Identifier: Apache-2.0
// What is said about the command line itself: help, near names, topics, completion scripts.
#include <gmock/gmock.h>

#include "base/text.h"
#include "cli/cli_world_test.h"
#include "cli/command_tree.h"
#include "cli/help.h"
#include "cli/page_text.h"

namespace cls::cli::testing {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Usage : public CliTest {};

namespace {

/// One line, with one blank between words.
std::string in_one_line(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const char one = c == '\n' ? ' ' : c;
    if (one != ' ' || !out.ends_with(' ')) out += one;
  }
  return out;
}

}  // namespace

TEST_F(Usage, F21_EveryCommandAtEveryLevelHasItsHelp) {
  const CommandInfo root = command_tree();
  const auto commands = all_commands(root);
  ASSERT_GT(commands.size(), 20U);
  for (const auto* command : commands) {
    std::vector<std::string> words = split(command->path, ' ');
    words.emplace_back("--help");
    const Ran ran = cls(words);
    EXPECT_EQ(ran.code, 0) << command->path;
    EXPECT_THAT(in_one_line(ran.out),
                AllOf(StartsWith(command->doc), HasSubstr(usage_line(*command))));
    for (const auto& line : split(ran.out, '\n')) {
      EXPECT_LE(line.size(), 80U) << command->path << ": " << line;
    }
    words.back() = "-h";
    EXPECT_EQ(cls(words).out, ran.out);
    words.pop_back();
    words.insert(words.begin(), "help");
    // Where a topic has the name of a command, its page comes first.
    EXPECT_TRUE(cls(words).out.ends_with(ran.out)) << command->path;
  }
}

TEST_F(Usage, HelpOfACommandIsThatOfItsNamesake) {
  EXPECT_EQ(cls({"help", "deploy"}).out, cls({"deploy", "--help"}).out);
  EXPECT_EQ(cls({"help", "arcs", "status"}).out, cls({"arcs", "status", "--help"}).out);
  EXPECT_EQ(cls({"help", "arcs status"}).out, cls({"arcs", "status", "--help"}).out);
  EXPECT_EQ(cls({"--home", "status", "--help"}).out, cls({"--help"}).out);
}

TEST_F(Usage, NothingAtAllIsAnsweredWithHelp) {
  const Ran ran = cls({});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, cls({"--help"}).out);
}

TEST_F(Usage, UnknownCommandsHaveNearNames) {
  const Ran ran = cls({"deplyo", "-p", "x.json"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err,
            "cls: there is no command 'cls deplyo'\n"
            "  did you mean 'cls deploy'?\n"
            "  usage: cls COMMAND [OPTIONS]\n"
            "  `cls --help` says more\n");
  const Ran below = cls({"arcs", "statsu"});
  EXPECT_EQ(below.code, 2);
  EXPECT_THAT(below.err, HasSubstr("did you mean 'cls arcs status'?"));
  const Ran far = cls({"xyzzy"});
  EXPECT_EQ(far.code, 2);
  EXPECT_THAT(far.err, Not(HasSubstr("did you mean")));
}

TEST_F(Usage, UnknownOptionsHaveNearNames) {
  const Ran ran = cls({"deploy", "--projet=x.json"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, AllOf(StartsWith("cls: cls deploy has no option '--projet'\n"
                                        "  did you mean '--project'?\n"
                                        "  usage: cls deploy -p FILE... [OPTIONS]\n"),
                             HasSubstr("`cls deploy --help`")));
  // Those of every command, too.
  EXPECT_THAT(cls({"arcs", "status", "--ouptut", "csv"}).err, HasSubstr("'--output'"));
  const Ran too_early = cls({"-p", "x.json", "deploy"});
  EXPECT_EQ(too_early.code, 2);
  EXPECT_THAT(too_early.err, HasSubstr("write it behind: cls deploy -p"));
  EXPECT_THAT(cls({"-p", "x.json"}).err, HasSubstr("name the command first"));
  EXPECT_EQ(cls({"verify", "-p", "x.json", "y.json"}).code, 2);
}

TEST_F(Usage, WhatIsMissingIsNamedWithTheUsage) {
  const Ran ran = cls({"verify"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("--project is required"),
                             HasSubstr("usage: cls verify -p FILE... [OPTIONS]")));
  EXPECT_THAT(cls({"status", "--output", "xml"}).err, HasSubstr("json"));
}

TEST_F(Usage, NamesThatNothingHasHaveNearOnes) {
  write(path("p.json"), copy_project("orders"));
  ASSERT_EQ(cls({"deploy", "-p", "p.json"}).code, 0);
  for (const auto& [words, hint] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"arcs", "--name", "cpoy"}, "'copy'"},
           {{"arcs", "status", "--project", "ordres"}, "'orders'"},
           {{"datasets", "--name", "orders-in:2"}, "'orders-in:1'"},
           {{"datasets", "status", "--name", "order-out"}, "'orders-out'"},
           {{"status", "--name", "inbx"}, "'inbox'"}}) {
    const Ran ran = cls(words);
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.err, AllOf(StartsWith("warning: --"), HasSubstr("did you mean " + hint)));
  }
  EXPECT_EQ(cls({"arcs", "--name", "copy", "--project", "orders:1"}).err, "");
  EXPECT_EQ(cls({"datasets", "--name", "orders-in"}).err, "");
  const Ran destroyed = cls({"destroy", "ordres:1"});
  EXPECT_EQ(destroyed.code, 1);
  EXPECT_THAT(destroyed.err, HasSubstr("did you mean 'orders:1'?"));
  EXPECT_THAT(cls({"retry", "cpoy"}).err, HasSubstr("did you mean 'copy'?"));
  EXPECT_THAT(cls({"disable", "inbx"}).err, HasSubstr("did you mean 'inbox'?"));
}

TEST_F(Usage, TopicsAreListedAndRead) {
  const Ran list = cls({"help"});
  EXPECT_EQ(list.code, 0);
  const CommandInfo root = command_tree();
  for (const auto* topic : {"lots", "boundaries", "arcs", "manifests", "claims", "lateness",
                            "substrates", "promises", "exit-codes", "jsonnet", "configuration"}) {
    EXPECT_THAT(list.out, HasSubstr(std::string("\n  ") + topic));
    const Ran page = cls({"help", topic});
    EXPECT_EQ(page.code, 0) << topic;
    EXPECT_GT(page.out.size(), 300U) << topic;
    EXPECT_THAT(page.out, Not(HasSubstr("](")));
  }
  const Ran near = cls({"help", "latenes"});
  EXPECT_EQ(near.code, 2);
  EXPECT_EQ(near.err, "cls: there is no help about 'latenes'; did you mean 'cls help lateness'?\n");
  EXPECT_EQ(cls({"help", "arcs", "nothing"}).code, 2);
}

TEST(PageText, IsForATerminal) {
  EXPECT_EQ(page_text("# A title\n\nSome [linked](a.md) text, **bold**,\nin two lines.\n\n"
                      "    a  picture\n\n| | |\n|---|---|\n| `x` | one | two |\n\n"
                      "  - an item\n    goes on\n\n```sh\ncls run\n```\n"),
            "A title\n\nSome linked text, bold, in two lines.\n\n    a  picture\n\n"
            "  `x`  one; two\n\n  - an item\n    goes on\n\n    cls run\n");
}

TEST_F(Usage, CompletionKnowsEveryCommand) {
  const CommandInfo root = command_tree();
  for (const auto* shell : {"bash", "zsh", "fish"}) {
    const Ran ran = cls({"completion", shell});
    EXPECT_EQ(ran.code, 0);
    for (const auto* command : all_commands(root)) {
      EXPECT_THAT(ran.out, HasSubstr(command->path)) << shell;
    }
  }
  EXPECT_EQ(cls({"completion"}).code, 2);
  EXPECT_EQ(cls({"completion", "tcsh"}).code, 2);
}

}  // namespace cls::cli::testing
