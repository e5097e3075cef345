// SPDX-License-Identifier: Apache-2.0
// Project files in Jsonnet: what they become, and where what is wrong with them is.
#include "cli/jsonnet.h"

#include <gmock/gmock.h>

#include "cli/cli_world_test.h"

namespace cls::cli::testing {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Jsonnet : public CliTest {
 protected:
  /// A project whose name the expression `name` makes.
  static std::string project(const std::string& name) {
    return R"(local sink(n) = { name: n, version: '1', pathURI: 's3://data/' + n + '/' };
{
  project: { name: )" +
           name + R"(, version: '1' },
  placement: { provider: 'local' },
  boundaries: [{ type: 'core:putListenerBoundary', name: 'inbox', lotUnit: 'Twelfths',
                 dataset: sink('in') }],
  arcs: [{ type: 'core:copyArc', name: 'copy', sources: { main: { name: 'in', version: '1' } },
           sinks: { main: sink('out') } }],
})";
  }
};

TEST_F(Jsonnet, IsEvaluatedAndDeployed) {
  write(path("p.jsonnet"), project("'p-' + std.extVar('stage')"));
  const Ran verified = cls({"verify", "-p", "p.jsonnet", "--ext-str", "stage=dev"});
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_EQ(verified.out, "p.jsonnet: ok: p-dev/1, 1 boundary, 1 arc\n");
  EXPECT_EQ(cls({"deploy", "-p", "p.jsonnet", "--ext-str", "stage=a=b"}).code, 0);
  EXPECT_THAT(cls({"projects", "--output", "csv"}).out, HasSubstr(",p-a=b,1"));
}

TEST_F(Jsonnet, ImportsLieBesideTheFileOrInAJpath) {
  write(path("sub/p.jsonnet"), project("(import 'beside.libsonnet') + importstr 'far.txt'"));
  write(path("sub/beside.libsonnet"), "import 'deeper/name.libsonnet'");
  write(path("sub/deeper/name.libsonnet"), "'near'");
  const Ran absent = cls({"verify", "-p", "sub/p.jsonnet"});
  EXPECT_EQ(absent.code, 1);
  EXPECT_THAT(absent.err, AllOf(StartsWith("sub/p.jsonnet:3:"), HasSubstr("far.txt")));
  write(path("a/far.txt"), "-a");
  write(path("b/far.txt"), "-b");
  EXPECT_THAT(cls({"verify", "-p", "sub/p.jsonnet", "-J", "a"}).out, HasSubstr("near-a/1"));
  // The last one is looked at first, as other tools do.
  EXPECT_THAT(cls({"verify", "-p", "sub/p.jsonnet", "-J", "a", "--jpath", "b"}).out,
              HasSubstr("near-b/1"));
}

TEST_F(Jsonnet, ATopLevelFunctionTakesTexts) {
  write(path("p.jsonnet"), "function(stage) " + project("stage"));
  EXPECT_THAT(cls({"verify", "-p", "p.jsonnet", "--tla-str", "stage=x"}).out, HasSubstr("x/1"));
  EXPECT_EQ(cls({"verify", "-p", "p.jsonnet"}).code, 1);
  const Ran wrong = cls({"verify", "-p", "p.jsonnet", "--tla-str", "stage"});
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("write NAME=TEXT"));
}

TEST_F(Jsonnet, ErrorsKeepTheirPlace) {
  write(path("syntax.jsonnet"), "{\n  project: {,\n}");
  EXPECT_THAT(cls({"verify", "-p", "syntax.jsonnet"}).err, StartsWith("syntax.jsonnet:2:13: /: "));
  write(path("unknown.jsonnet"), "{\n  a: b,\n}");
  EXPECT_THAT(cls({"verify", "-p", "unknown.jsonnet"}).err,
              StartsWith("unknown.jsonnet:2:6: /: Unknown variable: b"));
  write(path("fails.jsonnet"), "local f(x) = error 'no ' + x;\n{\n  a: f('way'),\n}");
  const Ran fails = cls({"verify", "-p", "fails.jsonnet"});
  EXPECT_EQ(fails.code, 1);
  EXPECT_THAT(fails.err, AllOf(StartsWith("fails.jsonnet:1:14: /: no way"),
                               HasSubstr("called from fails.jsonnet:3:6")));
}

TEST_F(Jsonnet, WhatTheModelSaysHasAPointerAndNoLine) {
  write(path("p.jsonnet"), R"({ project: { name: 'p' }, placement: { provider: 'local' } })");
  const Ran ran = cls({"verify", "-p", "p.jsonnet"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, StartsWith("p.jsonnet: /project: missing field 'version'"));
  const Ran json = cls({"verify", "-p", "p.jsonnet", "--output", "json"});
  EXPECT_THAT(json.out, AllOf(HasSubstr(R"("line" : 0)"), HasSubstr(R"("pointer" : "/project")")));
}

TEST_F(Jsonnet, StandardInputIsJsonIfItCanBe) {
  const Ran json = cls({"verify", "-p", "-"}, "// a comment\n" + copy_project());
  EXPECT_EQ(json.code, 0) << json.err;
  const Ran jsonnet = cls({"verify", "-p", "-"}, project("'in' + 'put'"));
  EXPECT_EQ(jsonnet.out, "-: ok: input/1, 1 boundary, 1 arc\n") << jsonnet.err;
  // JSON that says something wrong keeps its places.
  EXPECT_THAT(cls({"verify", "-p", "-"}, "{\"project\":\n 1}").err, HasSubstr("-:2:2: /project"));
  const Ran neither = cls({"verify", "-p", "-"}, "{\n \"project\": [1 2]}");
  EXPECT_EQ(neither.code, 1);
  EXPECT_THAT(neither.err, StartsWith("-:2:16: /: "));
}

TEST_F(Jsonnet, IsBounded) {
  write(path("deep.jsonnet"), "local f(n) = 1 + f(n + 1); f(0)");
  const Ran deep = cls({"verify", "-p", "deep.jsonnet"});
  EXPECT_EQ(deep.code, 1);
  EXPECT_THAT(deep.err, AllOf(StartsWith("deep.jsonnet:1:"), HasSubstr("stack")));
  write(path("large.jsonnet"), "local s = std.repeat('x', 1048576); [s for i in std.range(1, 65)]");
  const Ran large = cls({"verify", "-p", "large.jsonnet"});
  EXPECT_EQ(large.code, 1);
  // A sanitizer's allocator needs so much for it that the memory is what ends it.
  EXPECT_THAT(large.err, AnyOf(HasSubstr("more than 64 MiB"), HasSubstr("MiB of memory")));
  write(path("nested.jsonnet"), "std.foldl(function(a, i) [a], std.range(1, 300), {})");
  const Ran nested = cls({"verify", "-p", "nested.jsonnet"});
  EXPECT_EQ(nested.code, 1);
  EXPECT_THAT(nested.err, AllOf(StartsWith("nested.jsonnet: /"), HasSubstr("200")));
  EXPECT_EQ(cls({"verify", "-p", "absent.jsonnet"}).code, 74);
}

TEST(JsonnetProblem, ReadsTheLibrarysWords) {
  const Diagnostic lines =
      jsonnet_problem("p", "STATIC ERROR: a.jsonnet:(3:1)-(5:2): expected x\n");
  EXPECT_EQ(lines.to_string(), "a.jsonnet:3:1: /: expected x");
  const Diagnostic nowhere = jsonnet_problem("p", "RUNTIME ERROR: out of stack\n");
  EXPECT_EQ(nowhere.to_string(), "p: /: out of stack");
  const Diagnostic external =
      jsonnet_problem("p", "RUNTIME ERROR: undefined external variable: x\n\tp:1:17-32\t\n");
  EXPECT_EQ(external.hint, "give it by --ext-str x=TEXT");
  const std::string unbound = "RUNTIME ERROR: function parameter n not bound in call.\n";
  EXPECT_EQ(jsonnet_problem("p", unbound).hint, "give it by --tla-str n=TEXT");
  EXPECT_EQ(jsonnet_problem("p", unbound + "\tp:2:1-9\t\n").hint, "");
}

TEST_F(Jsonnet, AnEvaluationIsBounded) {
  PosixFileSystem files;
  const auto said = [&](const std::string& text, const ChildLimits& limits) {
    Diagnostics problems;
    const JsonnetSettings settings{.external = {},
                                   .top_level = {},
                                   .import_directories = {},
                                   .working_directory = directory_,
                                   .limits = limits};
    EXPECT_FALSE(evaluate_jsonnet("p.jsonnet", text, settings, files, problems));
    EXPECT_EQ(problems.all().size(), 1U);
    return problems.all().empty() ? "" : problems.all().front().to_string();
  };
  // A loop by tail calls needs no stack.
  const std::string endless = "local f(n) = if n < 0 then n else f(n + 1) tailstrict; f(0)";
  EXPECT_THAT(said(endless, {.time = std::chrono::milliseconds(200)}),
              HasSubstr("p.jsonnet: /: its evaluation did not end within 0.2 s"));
  const std::string greedy = "std.foldl(function(a, i) a + a, std.range(1, 40), 'xxxxxxxx')";
  EXPECT_THAT(said(greedy, {.memory = std::uint64_t{200} << 20U}),
              HasSubstr("takes more than 200 MiB of memory"));
  EXPECT_THAT(said("local f(n) = 1 + f(n + 1); f(0)", {}), HasSubstr("max stack frames exceeded"));
  EXPECT_THAT(said(std::string(1'000'000, '['), {}), HasSubstr("p.jsonnet"));
}

}  // namespace cls::cli::testing
