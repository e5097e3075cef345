// SPDX-License-Identifier: Apache-2.0
// What of project files is deployed: several files, odd names, parts that are left out.
#include <gmock/gmock.h>

#include "cli/cli_world_test.h"

namespace cls::cli::testing {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ProjectParts : public CliTest {
 protected:
  /// Two buckets, and a boundary and two arcs.
  static std::string project() {
    const auto arc = [](const std::string& name) {
      return R"({"type": "core:copyArc", "name": ")" + name +
             R"(", "sources": {"main": {"name": "in", "version": "1"}},
                "sinks": {"main": {"name": ")" +
             name + R"(", "version": "1", "pathURI": "s3://data/)" + name + R"(/"}}})";
    };
    return R"({"project": {"name": "p", "version": "1"}, "placement": {"provider": "local"},
      "resources": [{"type": "core:bucket", "name": "first", "bucketName": "first-one"},
                    {"type": "core:bucket", "name": "second", "bucketName": "second-one"},
                    {"type": "core:bucket", "name": "third", "bucketName": "third-one"}],
      "boundaries": [{"type": "core:putListenerBoundary", "name": "in", "lotUnit": "Hours",
        "dataset": {"name": "in", "version": "1", "pathURI": "s3://data/in/"}}],
      "arcs": [)" +
           arc("copyA") + "," + arc("copyB") + "]}";
  }
};

TEST_F(ProjectParts, F4_EachFileIsDeployedOnce) {
  write(path("a.json"), copy_project("a"));
  write(path("b.json"), copy_project("b"));
  const Ran ran = cls({"deploy", "-p", "a.json", "-p", "b.json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "deployed a/1: 1 boundary, 1 arc\ndeployed b/1: 1 boundary, 1 arc\n");
}

TEST_F(ProjectParts, F5_OptionsAreRepeatedAndNamesHoldCommasAndBlanks) {
  write(path("a,b.json"), project());
  write(path("with blank.json"), copy_project("q"));
  const Ran ran = cls({"deploy", "-p", "a,b.json", "-p", "with blank.json", "--exclude-arc",
                       "copyA", "--exclude-arc", "copyB"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("deployed p/1: 1 boundary, 0 arcs"),
                             HasSubstr("deployed q/1: 1 boundary, 1 arc")));
}

TEST_F(ProjectParts, F7_OnlyResourceMayBeGivenSeveralTimes) {
  write(path("p.json"), project());
  const Ran ran =
      cls({"deploy", "-p", "p.json", "--only-resource", "first", "--only-resource", "third"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("0 boundaries, 0 arcs"));
  EXPECT_TRUE(fs::exists(stored("first-one")));
  EXPECT_FALSE(fs::exists(stored("second-one")));
  EXPECT_TRUE(fs::exists(stored("third-one")));
}

TEST_F(ProjectParts, ArcsAreLeftOutByNameOrAllOfThem) {
  write(path("p.json"), project());
  EXPECT_THAT(cls({"deploy", "-p", "p.json", "--exclude-arc", "copyA"}).out, HasSubstr("1 arc\n"));
  EXPECT_THAT(cls({"arcs", "--output", "csv"}).out,
              AllOf(HasSubstr("copyB"), Not(HasSubstr("copyA"))));
  EXPECT_THAT(cls({"deploy", "-p", "p.json", "--exclude-all-arcs"}).out, HasSubstr("0 arcs\n"));
  EXPECT_THAT(cls({"verify", "-p", "p.json", "--exclude-arc", "copyA"}).out, HasSubstr("1 arc\n"));
  const Ran unknown = cls({"verify", "-p", "p.json", "--exclude-arc", "copyC"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'copyA'?"));
  EXPECT_EQ(cls({"verify", "-p", "p.json", "--only-resource", "fourth"}).code, 2);
}

TEST_F(ProjectParts, F36_WhatIsLeftOutClaimsNoDataset) {
  write(path("p.json"), project());
  std::string other = copy_project("q");
  const std::string from = R"("name": "q-out", "version": "1")";
  ASSERT_NE(other.find(from), std::string::npos);
  other.replace(other.find(from), from.size(), R"("name": "copyA", "version": "1")");
  write(path("q.json"), other);
  EXPECT_EQ(cls({"deploy", "-p", "p.json", "-p", "q.json"}).code, 1);
  const Ran ran = cls({"deploy", "-p", "p.json", "--exclude-arc", "copyA"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(cls({"deploy", "-p", "q.json"}).code, 0);
}

}  // namespace cls::cli::testing
