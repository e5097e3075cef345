// SPDX-License-Identifier: Apache-2.0
#include "scenario/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cls::scenario {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Instant at(const std::string& text) {
  return parse_instant(text).value();
}

/// The only step of a scenario of this line; an expectation is added where it is none.
template <class T>
T only(const std::string& line) {
  const auto parsed = parse_scenario(line + "\nexpect processes 0\n", "s");
  EXPECT_THAT(parsed.problems, IsEmpty());
  EXPECT_EQ(parsed.scenario.steps.size(), 2U);
  return std::get<T>(parsed.scenario.steps.at(0).action);
}

std::string problem_of(const std::string& line) {
  const auto parsed = parse_scenario(line + "\nexpect processes 0\n", "s");
  EXPECT_EQ(parsed.problems.size(), 1U);
  return parsed.problems.empty() ? "" : parsed.problems.front();
}

TEST(Parse, CommentsAndBlankLinesSayNothing) {
  const auto parsed = parse_scenario("# one\n\n  # two\nexpect processes 0", "s");
  EXPECT_THAT(parsed.problems, IsEmpty());
  ASSERT_EQ(parsed.scenario.steps.size(), 1U);
  EXPECT_EQ(parsed.scenario.steps[0].line, 4U);
  EXPECT_EQ(parsed.scenario.start, at("2023-01-01T12:00:00Z"));
}

TEST(Parse, Write) {
  const auto plain = only<Write>("write data/in/a.csv @now");
  EXPECT_EQ(plain.path, "data/in/a.csv");
  EXPECT_EQ(plain.modified.at(at("2024-01-01")), at("2024-01-01"));
  EXPECT_FALSE(plain.count);
  EXPECT_FALSE(plain.text);
  const auto all = only<Write>(R"(write "data/in/{n} x" @-1h x3 "1,{n}\n")");
  EXPECT_EQ(all.path, "data/in/{n} x");
  EXPECT_EQ(all.modified.at(at("2024-01-01T02:00:00Z")), at("2024-01-01T01:00:00Z"));
  EXPECT_EQ(all.count, 3U);
  EXPECT_EQ(all.text, "1,{n}\n");
  EXPECT_EQ(only<Write>("write a/b @2023-05-06T07:08:09Z").modified.at({}),
            at("2023-05-06T07:08:09Z"));
}

TEST(Parse, Run) {
  const auto run = only<scenario::Run>("run cls run -p \"my project.json\" → 3");
  EXPECT_THAT(run.arguments, ElementsAre("run", "-p", "my project.json"));
  EXPECT_EQ(run.exit_code, 3);
  EXPECT_EQ(only<scenario::Run>("run cls -> 0").arguments.size(), 0U);
}

TEST(Parse, SetEditRenameDeleteClock) {
  EXPECT_EQ(only<SetVariable>("set \"A=b c\"").value, "b c");
  EXPECT_EQ(only<SetVariable>("set A=").value, "");
  const auto edit = only<Edit>("edit project.json \"s|a/b|c d|\"");
  EXPECT_EQ(edit.from, "a/b");
  EXPECT_EQ(edit.to, "c d");
  EXPECT_EQ(only<Edit>("edit p s/a//").to, "");
  EXPECT_EQ(only<Rename>("rename a → b").to, "b");
  EXPECT_EQ(only<Delete>("delete /a").path, "/a");
  EXPECT_EQ(only<MoveClock>("clock +1d").to.at(at("2024-01-01")), at("2024-01-02"));
  EXPECT_EQ(only<MoveClock>("clock 2024-01-01T00:00:00Z").to.at({}), at("2024-01-01"));
}

TEST(Parse, ExpectManifest) {
  const auto expected =
      only<ExpectManifest>("expect manifest raw/1 20230101PT5M144 complete: a.csv b/{1..3}.csv");
  EXPECT_EQ(expected.dataset, "raw/1");
  EXPECT_EQ(expected.state, record::ManifestState::complete);
  EXPECT_THAT(expected.members, ElementsAre("a.csv", "b/{1..3}.csv"));
  EXPECT_THAT(only<ExpectManifest>("expect manifest raw 20230101PT5M144 empty").members, IsEmpty());
  EXPECT_EQ(only<ExpectNoManifest>("expect no manifest raw 20230101PT5M144 empty").state,
            record::ManifestState::empty);
  EXPECT_FALSE(only<ExpectNoManifest>("expect no manifest raw 20230101PT5M144").state);
}

TEST(Parse, ExpectStateAndLine) {
  EXPECT_EQ(only<ExpectState>("expect state copy 20230101PT5M144 partial").state, "partial");
  EXPECT_EQ(only<ExpectState>("expect no state copy 20230101PT5M144").state, "");
  const auto line =
      only<ExpectLine>("expect line in a.csv rejected 20230101PT5M144 ~ its lot is closed ");
  EXPECT_EQ(line.decision, record::Decision::rejected);
  EXPECT_EQ(line.lot, "20230101PT5M144");
  ASSERT_TRUE(line.reason);
  EXPECT_TRUE(line.reason->search("why: its lot is closed."));
  EXPECT_EQ(only<ExpectLine>("expect no line in a.csv").wanted, Wanted::Absent);
  EXPECT_TRUE(only<ExpectLine>("expect line in a.csv rejected ~ x").reason);
}

TEST(Parse, ExpressionsAreTheRestOfTheLine) {
  const auto expected = only<ExpectOutput>(R"(expect stderr ~ a "b" c"d # \d+ ~ )");
  EXPECT_EQ(expected.pattern, R"(a "b" c"d # \d+ ~)");
  EXPECT_TRUE(expected.regex.search("x a \"b\" c\"d # 12 ~ y"));
  EXPECT_EQ(only<ExpectOutput>("expect no stdout ~ x").wanted, Wanted::Absent);
  EXPECT_TRUE(only<ExpectFile>("expect file a/b ~ x").regex);
  EXPECT_EQ(only<ExpectFile>("expect no file a/b").wanted, Wanted::Absent);
}

TEST(Parse, StartAndAudit) {
  const auto parsed = parse_scenario("start 2024-02-03T04:05:06Z\nexpect audit 5", "s");
  EXPECT_THAT(parsed.problems, IsEmpty());
  EXPECT_EQ(parsed.scenario.start, at("2024-02-03T04:05:06Z"));
  EXPECT_EQ(parsed.scenario.audit_exit, 5);
  EXPECT_THAT(parse_scenario("clock +1m\nstart 2024-02-03T04:05:06Z\nexpect audit 5", "s").problems,
              ElementsAre(HasSubstr("s:2: start comes once, before all else")));
}

TEST(Parse, WhatIsKeptUp) {
  EXPECT_EQ(only<Up>("up -p project.json").arguments,
            (std::vector<std::string>{"-p", "project.json"}));
  EXPECT_EQ(only<Hold>("hold a/b \"x y\"").text, "x y");
  EXPECT_EQ(only<Close>("close a/b").path, "a/b");
  EXPECT_EQ(only<Link>("link a → b").to, "b");
  EXPECT_EQ(only<Symlink>("symlink ../x -> b").target, "../x");
  only<Stop>("stop");
  const auto parsed = parse_scenario("await no file a\nexpect no file a\n", "s");
  EXPECT_THAT(parsed.problems, IsEmpty());
  EXPECT_TRUE(parsed.scenario.steps.at(0).patient);
  EXPECT_FALSE(parsed.scenario.steps.at(1).patient);
}

TEST(Parse, AScenarioHasToExpectSomething) {
  EXPECT_THAT(parse_scenario("run cls → 0\n", "s").problems,
              ElementsAre("s: a scenario has to expect something"));
}

TEST(Parse, ProblemsNameTheirLine) {
  EXPECT_THAT(problem_of("wirte a @now"), HasSubstr("s:1: no statement: 'wirte'"));
  EXPECT_THAT(problem_of("expect manifset a"), HasSubstr("no expectation: 'manifset'"));
  EXPECT_THAT(problem_of("write a now"), HasSubstr("no time: 'now'"));
  EXPECT_THAT(problem_of("write a @+5x"), HasSubstr("5x"));
  EXPECT_THAT(problem_of("write a @now x3"), HasSubstr("{n}"));
  EXPECT_THAT(problem_of("write a{n} @now xx"), HasSubstr("no number"));
  EXPECT_THAT(problem_of("write a @now text"), HasSubstr("'text' is no \"text\""));
  EXPECT_THAT(problem_of("write ../a @now"), HasSubstr("no path"));
  EXPECT_THAT(problem_of("write a"), HasSubstr("TIME is missing"));
  EXPECT_THAT(problem_of("rename a b"), HasSubstr("arrow"));
  EXPECT_THAT(problem_of("delete a b"), HasSubstr("'b'"));
  EXPECT_THAT(problem_of("run cls run"), HasSubstr("arrow"));
  EXPECT_THAT(problem_of("run ls → 0"), HasSubstr("'ls'"));
  EXPECT_THAT(problem_of("run cls → 256"), HasSubstr("256"));
  EXPECT_THAT(problem_of("set A"), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(problem_of("edit p s/a/b"), HasSubstr("s/FROM/TO/"));
  EXPECT_THAT(problem_of("await audit 0"), HasSubstr("nothing waits for it"));
  EXPECT_THAT(problem_of("await run cls → 0"), HasSubstr("no expectation: 'run'"));
  EXPECT_THAT(problem_of("symlink a b"), HasSubstr("arrow"));
  EXPECT_THAT(problem_of("hold a"), HasSubstr("text is missing"));
  EXPECT_THAT(problem_of("remember me"), HasSubstr("records"));
  EXPECT_THAT(problem_of("expect manifest a 20230101PT5M288 complete"),
              HasSubstr("20230101PT5M288"));
  EXPECT_THAT(problem_of("expect manifest a 20230101PT5M144 full"), HasSubstr("complete, partial"));
  EXPECT_THAT(problem_of("expect manifest a 20230101PT5M144 complete b"), HasSubstr("':'"));
  EXPECT_THAT(problem_of("expect state a 20230101PT5M144 done"), HasSubstr("'done'"));
  EXPECT_THAT(problem_of("expect line b u gone"), HasSubstr("'gone'"));
  EXPECT_THAT(problem_of("expect stderr text"), HasSubstr("~"));
  EXPECT_THAT(problem_of("expect stderr ~"), HasSubstr("missing"));
  EXPECT_THAT(problem_of("expect stderr ~ ("), HasSubstr("("));
  EXPECT_THAT(problem_of("expect records changed"), HasSubstr("unchanged"));
  EXPECT_THAT(problem_of("expect no processes 1"), HasSubstr("processes"));
}

TEST(Parse, AllProblemsAtOnce) {
  EXPECT_THAT(parse_scenario("foo\nbar\n", "s").problems,
              ElementsAre(HasSubstr("s:1:"), HasSubstr("s:2:"), HasSubstr("expect something")));
}

}  // namespace
}  // namespace cls::scenario
