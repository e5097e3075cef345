// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "model/test_documents.h"

namespace cls::model {
namespace {

using testing::boundary;
using testing::check;
using ::testing::Contains;
using testing::copy_arc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::project;

std::vector<std::string> lines_of(const std::string& watched, const std::string& written) {
  return check(project(boundary("in", watched), copy_arc("a", "in", written))).lines;
}

TEST(ValidatePaths, A16PathsAreComparedBySegments) {
  struct Case {
    std::string watched;
    std::string written;
    std::string relation;  ///< "" where the two have nothing in common
  };
  const std::vector<Case> table{
      {"s3://buk/in/", "s3://buk/in/", "is"},
      {"s3://buk/in", "s3://buk/in/", "is"},
      {"s3://buk/in/", "s3://buk/in/out/", "lies in"},
      {"s3://buk/in/", "s3://buk/in", "is"},
      {"s3://buk/a/in/", "s3://buk/a/", "contains"},
      {"s3://buk/a/in/", "s3://buk", "contains"},
      {"s3://buk/", "s3://buk/out/", "lies in"},
      {"s3://buk/in/", "s3://buk/input/", ""},
      {"s3://buk/in", "s3://buk/input", ""},
      {"s3://buk/input/", "s3://buk/in", ""},
      {"s3://buk/in/", "s3://other/in/", ""},
      {"file:///data/in/", "file:///data/x/../in/y/", "lies in"},
      {"file:///data/in/", "s3://data/in/", ""},
      {"s3://buk/a%20b/", "s3://buk/a b/c/", "lies in"},
  };
  for (const auto& [watched, written, relation] : table) {
    const auto lines = lines_of(watched, written);
    if (relation.empty()) {
      EXPECT_THAT(lines, IsEmpty()) << watched << ' ' << written;
      continue;
    }
    EXPECT_THAT(lines, Contains(HasSubstr(format(
                           "/arcs/0/sinks/main/pathURI: the path '{}' of sink 'main' of arc 'a' {} "
                           "the path '{}' of boundary 'in' at p.json:3 (what is written would be "
                           "taken in again; choose a path outside)",
                           written, relation, watched))))
        << watched << ' ' << written;
  }
}

TEST(ValidatePaths, TwoSinksWouldOverwriteEachOther) {
  const auto lines =
      check(project(boundary("in", "s3://buk/in/"), copy_arc("a", "in", "s3://buk/out/") + ",\n" +
                                                        copy_arc("b", "in", "s3://buk/out/b/")))
          .lines;
  EXPECT_THAT(lines,
              ElementsAre("p.json:5:134: /arcs/1/sinks/main/pathURI: the path 's3://buk/out/b/' of "
                          "sink 'main' of arc 'b' lies in the path 's3://buk/out/' of sink 'main' "
                          "of arc 'a' at p.json:4 (they would overwrite each other; choose a path "
                          "outside)"));
}

TEST(ValidatePaths, TwoBoundariesOfOverlappingPathsAreAWarning) {
  const auto lines =
      check(project(boundary("all", "s3://buk/in/") + ",\n" + boundary("some", "s3://buk/in/x/")))
          .lines;
  EXPECT_THAT(lines,
              ElementsAre("p.json:4:117: /boundaries/1/dataset/pathURI: warning: the path "
                          "'s3://buk/in/x/' of boundary 'some' lies in the path 's3://buk/in/' of "
                          "boundary 'all' at p.json:3 (both take in what arrives there)"));
}

TEST(ValidatePaths, ExcludedComponentsClaimNoPath) {
  EXPECT_THAT(check(project(boundary("in", "s3://buk/in/") + "," +
                                boundary("off", "s3://buk/a/", R"(,"exclude":true)"),
                            copy_arc("a", "in", "s3://buk/a/") + "," +
                                copy_arc("b", "in", "s3://buk/a/", R"(,"exclude":true)")))
                  .lines,
              IsEmpty());
}

Deployed deployed(const std::string& owner, const std::string& path, bool of_boundary) {
  DeployedDataset one;
  one.owner = {owner, "1"};
  one.dataset.name = "far";
  one.dataset.version = "1";
  one.dataset.pathURI = path;
  one.of_boundary = of_boundary;
  return {.find = {}, .all = [one](const Placement&) { return std::vector{one}; }};
}

TEST(ValidatePaths, AgainstWhatIsDeployed) {
  const std::string text =
      project(boundary("in", "s3://buk/in/"), copy_arc("a", "in", "s3://buk/out/"));
  EXPECT_THAT(check(text, {}, deployed("billing", "s3://buk/", true)).lines,
              ElementsAre(HasSubstr("/boundaries/0/dataset/pathURI: warning: the path "),
                          HasSubstr("/arcs/0/sinks/main/pathURI: the path 's3://buk/out/' of sink "
                                    "'main' of arc 'a' lies in the path 's3://buk/' of the dataset "
                                    "'far/1' of the deployed project 'billing/1' (what is written "
                                    "would be taken in again")));
  EXPECT_THAT(check(text, {}, deployed("billing", "s3://buk/out/", false)).lines,
              ElementsAre(HasSubstr("/arcs/0/sinks/main/pathURI: the path 's3://buk/out/' of sink "
                                    "'main' of arc 'a' is the path 's3://buk/out/'")));
  EXPECT_THAT(check(text, {}, deployed("billing", "s3://buk/in/x/", false)).lines,
              ElementsAre(HasSubstr("/boundaries/0/dataset/pathURI: the path 's3://buk/in/' of "
                                    "boundary 'in' contains the path")));
  EXPECT_THAT(check(text, {}, deployed("orders", "s3://buk/out/", false)).lines, IsEmpty())
      << "the same project deployed again is not its own enemy";
}

TEST(ValidatePaths, TablesAreNoPathsOfObjects) {
  const auto register_arc = [](const std::string& name) {
    return R"({"type":"aws:core:glueAddPartitionsArc","name":")" + name +
           R"(","sources":{"main":{"name":"in","version":"1"}},"sinks":{"main":)" +
           testing::sink(name, "glue:///db/table") + "}}";
  };
  std::string text =
      project(boundary("in", "s3://buk/in/"), register_arc("a") + "," + register_arc("b"));
  for (const auto& line : check(text).lines) EXPECT_THAT(line, HasSubstr("cannot run"));
}

}  // namespace
}  // namespace cls::model
