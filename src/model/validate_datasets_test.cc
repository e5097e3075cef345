// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/test_documents.h"

namespace cls::model {
namespace {

using testing::boundary;
using testing::check;
using testing::copy_arc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::project;
using testing::sink;

/// What is deployed: dataset NAME/1 of project OWNER/1 at a path of its own.
Deployed deployed(const std::vector<std::pair<std::string, std::string>>& owners,
                  std::optional<lot::LotUnit> unit = std::nullopt) {
  std::vector<DeployedDataset> all;
  for (const auto& [name, owner] : owners) {
    DeployedDataset one;
    one.owner = {owner, "1"};
    one.dataset.name = name;
    one.dataset.version = "1";
    one.dataset.pathURI = "s3://else/" + name + "/";
    one.unit = unit;
    all.push_back(std::move(one));
  }
  return {.find = [all](const Placement&, const DatasetId& id) -> std::optional<DeployedDataset> {
            for (const auto& one : all) {
              if (one.dataset.id() == id) return one;
            }
            return std::nullopt;
          },
          .all = [all](const Placement&) { return all; }};
}

TEST(ValidateDatasets, AChainOfArcsIsRight) {
  EXPECT_THAT(
      check(project(boundary("in", "s3://buk/in/"),
                    copy_arc("a", "in", "s3://buk/a/") + "," + copy_arc("b", "a", "s3://buk/b/")))
          .lines,
      IsEmpty());
}

TEST(ValidateDatasets, A21TwoOwners) {
  const auto same_dataset = [](const std::string& name, const std::string& dataset,
                               const std::string& path) {
    return R"({"type":"core:copyArc","name":")" + name +
           R"(","sources":{"main":{"name":"in","version":"1"}},"sinks":{"main":)" +
           sink(dataset, path) + "}}";
  };
  const auto checked = check(project(
      boundary("in", "s3://buk/in/") + ",\n" +
          R"({"type":"core:putListenerBoundary","name":"second","lotUnit":"Hours","dataset":)" +
          sink("in", "s3://buk/second/") + "}",
      same_dataset("a", "in", "s3://buk/a/")));
  EXPECT_THAT(
      checked.lines,
      ElementsAre("p.json:4:80: /boundaries/1/dataset: the dataset 'in/1' has two owners, boundary "
                  "'in' and boundary 'second' (the other one is at p.json:3; give one of them "
                  "another name or version)",
                  "p.json:5:106: /arcs/0/sinks/main: the dataset 'in/1' has two owners, boundary "
                  "'in' and arc 'a' (the other one is at p.json:3; give one of them another name "
                  "or version)"));
}

TEST(ValidateDatasets, A21TwoOwnersOfTwoFilesAndProjects) {
  const auto checked = check({{"a.json", project(boundary("in", "s3://buk/in/"), "", "one")},
                              {"b.json", project(boundary("in", "s3://buk/other/"), "", "two")}});
  ASSERT_EQ(checked.lines.size(), 1U);
  EXPECT_THAT(checked.lines[0],
              HasSubstr("b.json:3:90: /boundaries/0/dataset: the dataset 'in/1' has two owners"));
  EXPECT_THAT(checked.lines[0], HasSubstr("the other one is at a.json:3"));
}

TEST(ValidateDatasets, A21ADeployedProjectKeepsItsDatasets) {
  const std::string text = project(boundary("in", "s3://buk/in/"));
  EXPECT_THAT(check(text, {}, deployed({{"in", "billing"}})).lines,
              ElementsAre("p.json:3:90: /boundaries/0/dataset: the dataset 'in/1' is owned by the "
                          "deployed project 'billing/1' (give it another name or version, or "
                          "destroy billing/1 first)"));
  EXPECT_THAT(check(text, {}, deployed({{"in", "orders"}})).lines, IsEmpty()) << "deployed again";
}

TEST(ValidateDatasets, A21OneArcWithTheSameDatasetTwice) {
  const std::string arc =
      R"({"type":"core:copyArc","name":"a","sources":{"main":{"name":"in","version":"1"}},)"
      R"("sinks":{"main":)" +
      sink("x", "s3://buk/x/") + R"(,"side":)" + sink("x", "s3://buk/y/") + "}}";
  const auto checked = check(project(boundary("in", "s3://buk/in/"), arc));
  ASSERT_EQ(checked.lines.size(), 1U);
  EXPECT_THAT(checked.lines[0],
              HasSubstr("/arcs/0/sinks/side: the dataset 'x/1' is written twice by arc 'a'"));
}

TEST(ValidateDatasets, TheSameDatasetInTwoPlacementsIsTwo) {
  std::string other = project(boundary("in", "s3://other/in/"));
  other.replace(other.find(R"("local")"), 7, R"("local","stage":"test")");
  EXPECT_THAT(check({{"a.json", project(boundary("in", "s3://buk/in/"))}, {"b.json", other}}).lines,
              IsEmpty());
}

TEST(ValidateDatasets, ASourceNobodyOwns) {
  EXPECT_THAT(
      check(project(boundary("flights", "s3://buk/in/"), copy_arc("a", "flihgts", "s3://buk/a/")))
          .lines,
      ElementsAre("p.json:4:61: /arcs/0/sources/main: nobody owns the dataset 'flihgts/1' (did you "
                  "mean 'flights/1'?)"));
  EXPECT_THAT(check(project("", copy_arc("a", "x", "s3://buk/a/"))).lines,
              ElementsAre("p.json:4:61: /arcs/0/sources/main: nobody owns the dataset 'x/1' "
                          "(declare its boundary or sink, or deploy the project that owns it "
                          "first)"));
  EXPECT_THAT(
      check(project(boundary("flights", "s3://buk/in/"),
                    copy_arc("a", R"("main":{"name":"flights","version":"2"})", "s3://buk/a/")))
          .lines,
      ElementsAre(HasSubstr("nobody owns the dataset 'flights/2' (did you mean "
                            "'flights/1'?)")));
  const std::string reads_x = project("", copy_arc("a", "x", "s3://buk/a/"));
  EXPECT_THAT(check(reads_x, {}, deployed({{"x", "billing"}})).lines, IsEmpty());
  EXPECT_THAT(check(reads_x, {}, deployed({{"xy", "billing"}})).lines,
              ElementsAre(HasSubstr("(did you mean 'xy/1'?)")));
  EXPECT_THAT(check(reads_x, {}, deployed({{"x", "orders"}})).lines,
              ElementsAre(HasSubstr("(the deployed orders/1 owned it, this one does not)")));
}

TEST(ValidateDatasets, ASourceOfAnotherFileOfTheRunIsOwned) {
  EXPECT_THAT(check({{"b.json", project("", copy_arc("a", "in", "s3://buk/a/"), "second")},
                     {"a.json", project(boundary("in", "s3://buk/in/"))}})
                  .lines,
              IsEmpty());
}

TEST(ValidateDatasets, ABrokenOwnerIsOneProblem) {
  std::string text = project(boundary("in", "s3://buk/in/"), copy_arc("a", "in", "s3://buk/a/"));
  text.replace(text.find("core:put"), 8, "core:pot");
  EXPECT_THAT(check(text).lines, ElementsAre(HasSubstr("unknown type 'core:potListenerBoundary'")));
}

TEST(ValidateDatasets, F36ExcludedComponentsClaimNoDataset) {
  const std::string text =
      project(boundary("in", "s3://buk/in/", R"(,"exclude":true)") + ",\n" +
                  R"({"type":"core:putListenerBoundary","name":"b","lotUnit":"Hours","dataset":)" +
                  sink("in", "s3://buk/in/") + "}",
              copy_arc("a", "in", "s3://buk/a/"));
  EXPECT_THAT(check(text).lines, IsEmpty());
  EXPECT_THAT(
      check(project(boundary("in", "s3://buk/in/", R"(,"exclude":true)"),
                    copy_arc("a", "in", "s3://buk/a/") + "," +
                        copy_arc("b", "none", "s3://buk/b/", R"(,"exclude":true)")))
          .lines,
      ElementsAre("p.json:4:61: /arcs/0/sources/main: nobody owns the dataset 'in/1' (boundary "
                  "'in' at p.json:3 is excluded)"));
}

TEST(ValidateDatasets, NamesTheRingOfArcs) {
  const std::string arcs =
      copy_arc("a", "c", "s3://buk/a/") + ",\n" + copy_arc("b", "a", "s3://buk/b/") + ",\n" +
      copy_arc("c", "b", "s3://buk/c/") + ",\n" + copy_arc("self", "self", "s3://buk/self/") +
      ",\n" + copy_arc("after", "c", "s3://buk/after/");
  EXPECT_THAT(check(project("", arcs)).lines,
              ElementsAre("p.json:4:9: /arcs/0: a lot would wake itself for ever: arc 'a' -> arc "
                          "'b' -> arc 'c' -> arc 'a' (break the ring: take one of these sources "
                          "away)",
                          "p.json:7:1: /arcs/3: a lot would wake itself for ever: arc 'self' -> "
                          "arc 'self' (break the ring: take one of these sources away)"));
}

TEST(ValidateDatasets, SourcesOfDifferentUnits) {
  const std::string two =
      R"("main":{"name":"slow","version":"1"},"side":{"name":"c","version":"1"})";
  const auto checked = check(
      project(boundary("slow", "s3://buk/slow/", "", "hours") + "," +
                  boundary("fast", "s3://buk/fast/", "", "PT5M"),
              copy_arc("j", two, "s3://buk/j/") + "," + copy_arc("c", "fast", "s3://buk/c/")));
  EXPECT_THAT(
      checked.lines,
      ElementsAre("p.json:4:98: /arcs/0/sources/side: the sources of arc 'j' have lots of "
                  "different units: 'main' Hours, 'side' Twelfths (bring the finer one to the "
                  "coarser unit with a core:rollupBarrier)"));
  const std::string far = R"("main":{"name":"in","version":"1"},"far":{"name":"x","version":"1"})";
  const std::string text =
      project(boundary("in", "s3://buk/in/"), copy_arc("j", far, "s3://buk/j/"));
  EXPECT_THAT(check(text, {}, deployed({{"x", "billing"}}, lot::LotUnit::hours())).lines,
              IsEmpty());
  EXPECT_THAT(check(text, {}, deployed({{"x", "billing"}})).lines, IsEmpty()) << "unit not known";
  EXPECT_THAT(check(text, {}, deployed({{"x", "billing"}}, lot::LotUnit::days())).lines,
              ElementsAre(HasSubstr("'main' Hours, 'far' Days")));
}

TEST(ValidateDatasets, ARollupBarrierMakesTheUnitsOne) {
  std::string text = project(
      boundary("fast", "s3://buk/fast/", "", "PT5M") + "," + boundary("slow", "s3://buk/slow/"),
      copy_arc("j",
               R"("main":{"name":"slow","version":"1"},)"
               R"("side":{"name":"rolled","version":"1"})",
               "s3://buk/j/"));
  text.insert(text.size() - 1,
              R"(,"barriers":[{"type":"core:rollupBarrier","name":"r","lotUnit":"Hours",)"
              R"("source":{"name":"fast","version":"1"},"dataset":)" +
                  sink("rolled", "s3://buk/fast/") + "}]");
  EXPECT_THAT(check(text).lines,
              ElementsAre(HasSubstr("warning: 'core:rollupBarrier' cannot run on the local "
                                    "substrate yet")));
}

TEST(ValidateDatasets, A10NoSubscribedSource) {
  const std::string silent = R"("main":{"name":"in","version":"1","subscribe":false})";
  EXPECT_THAT(
      check(project(boundary("in", "s3://buk/in/"), copy_arc("a", silent, "s3://buk/a/"))).lines,
      ElementsAre("p.json:4:53: /arcs/0/sources: warning: the arc 'a' subscribes to no source (it "
                  "runs only by 'cls exec')"));
  const std::string one = silent + R"(,"side":{"name":"in","version":"1"})";
  EXPECT_THAT(
      check(project(boundary("in", "s3://buk/in/"), copy_arc("a", one, "s3://buk/a/"))).lines,
      IsEmpty());
}

}  // namespace
}  // namespace cls::model
