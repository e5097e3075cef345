// SPDX-License-Identifier: Apache-2.0
#include "operate/listings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operate/report_world_test.h"

namespace cls::operate {
namespace {

using testing::arc_plan;
using testing::aws;
using testing::boundary_plan;
using testing::csv_rows;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::project_plan;

/// Three projects whose names and versions are easily taken for each other.
flow::Deployment deployment() {
  auto gold = testing::sink("o2", "s3://b/o2/");
  gold.labels = {{"tier", "gold"}};
  auto labelled = arc_plan("b", "in", "o2", {{"team", "x"}, {"tier", "gold"}});
  labelled.sinks = {{"main", gold}};
  std::vector<model::ProjectPlan> plans;
  plans.push_back(project_plan("Orders", "2", {}, {arc_plan("a", "in", "o1")}));
  plans.push_back(project_plan("Orders", "1", {boundary_plan("in", "in")}, {labelled}));
  plans.push_back(project_plan("Bills", "1", {}, {arc_plan("a", "in", "bills", {{"team", "y"}})}));
  plans.back().placement = aws(std::nullopt);
  return testing::deployment_of(std::move(plans));
}

std::vector<std::string> arcs(const ReportFilter& filter) {
  const auto all = deployment();
  std::vector<std::string> names;
  for (const auto& arc : selected_arcs(all, filter)) names.push_back(arc.to_string());
  return names;
}

TEST(Listings, PlacementsAreListedOnceInTheOrderGiven) {
  EXPECT_EQ(render(placements_report({aws(), aws(std::nullopt), aws()}), Format::Table),
            "                                        \n"
            "provider  stage  account       region   \n"
            "========================================\n"
            "aws       dev    111122223333  us-west-2\n"
            "aws       -      111122223333  us-west-2\n"
            "\n");
}

TEST(Listings, APlacementIsFilteredByEachOfItsParts) {
  const auto kept = [](const PlacementFilter& filter) {
    const model::Placement here{.provider = "local", .stage = {}, .account = {}, .region = {}};
    return csv_rows(placements_report({aws(), aws(std::nullopt), here}, filter));
  };
  const std::string dev = "aws,dev,111122223333,us-west-2";
  const std::string plain = "aws,,111122223333,us-west-2";
  const std::string local = "local,,,";
  EXPECT_THAT(kept({}), ElementsAre(dev, plain, local));
  EXPECT_THAT(kept({.providers = {"local"}}), ElementsAre(local));
  EXPECT_THAT(kept({.providers = {"local", "aws"}}), ElementsAre(dev, plain, local));
  EXPECT_THAT(kept({.account = "111122223333"}), ElementsAre(dev, plain));
  EXPECT_THAT(kept({.account = "1"}), IsEmpty());
  EXPECT_THAT(kept({.region = "us-west-2"}), ElementsAre(dev, plain));
  EXPECT_THAT(kept({.region = "us-west"}), IsEmpty());
  EXPECT_THAT(kept({.stage = "dev"}), ElementsAre(dev));
  EXPECT_THAT(kept({.stage = ""}), ElementsAre(plain, local));
  EXPECT_THAT(kept({.providers = {"aws"}, .stage = ""}), ElementsAre(plain));
}

TEST(Listings, WhatIsDeployedIsFilteredByItsPlacement) {
  const auto all = deployment();
  const ReportFilter no_stage{.placements = {.stage = ""}};
  EXPECT_THAT(arcs(no_stage), ElementsAre("Bills/1 a"));
  EXPECT_THAT(csv_rows(projects_report(all, no_stage)),
              ElementsAre("aws,,111122223333,us-west-2,Bills,1"));
  EXPECT_THAT(selected_datasets(all, no_stage), ::testing::SizeIs(1));
  EXPECT_THAT(selected_boundaries(all, no_stage), IsEmpty());
  EXPECT_THAT(selected_boundaries(all, {.placements = {.providers = {"aws"}}}),
              ::testing::SizeIs(1));
  EXPECT_THAT(arcs({.projects = {"Orders:1"}, .placements = {.stage = "dev"}}),
              ElementsAre("Orders/1 b"));
}

TEST(Listings, ProjectsAreSortedByPlacementNameAndVersion) {
  const auto report = projects_report(deployment());
  EXPECT_EQ(render(report, Format::Csv),
            "placement.provider,placement.stage,placement.account,placement.region,project.name,"
            "project.version\n"
            "aws,,111122223333,us-west-2,Bills,1\n"
            "aws,dev,111122223333,us-west-2,Orders,1\n"
            "aws,dev,111122223333,us-west-2,Orders,2\n");
}

TEST(Listings, ArcsHaveTheReferencesJson) {
  ReportFilter filter;
  filter.names = {"b"};
  EXPECT_EQ(render(arcs_report(deployment(), filter), Format::Json), R"([ {
  "placement" : {
    "provider" : "aws",
    "stage" : "dev",
    "account" : "111122223333",
    "region" : "us-west-2"
  },
  "project" : {
    "name" : "Orders",
    "version" : "1"
  },
  "name" : "b"
} ]
)");
}

TEST(Listings, DatasetsAreThoseOfBoundariesAndSinks) {
  const auto report = datasets_report(deployment(), {});
  EXPECT_THAT(
      csv_rows(report),
      ElementsAre("aws,,111122223333,us-west-2,bills,1", "aws,dev,111122223333,us-west-2,in,1",
                  "aws,dev,111122223333,us-west-2,o1,1", "aws,dev,111122223333,us-west-2,o2,1"));
}

TEST(Listings, F16_ANameMeansAnyVersionAndANameWithAVersionExactlyThatOne) {
  EXPECT_THAT(arcs({.projects = {"Orders"}}), ElementsAre("Orders/1 b", "Orders/2 a"));
  EXPECT_THAT(arcs({.projects = {"Orders:1"}}), ElementsAre("Orders/1 b"));
  EXPECT_THAT(arcs({.projects = {"Orders:3"}}), IsEmpty()) << "same name, another version";
  EXPECT_THAT(arcs({.projects = {"Sales:1"}}), IsEmpty()) << "another name, same version";
  EXPECT_THAT(arcs({.projects = {"Order"}}), IsEmpty());
  EXPECT_THAT(arcs({.projects = {"Bills:1", "Orders:2"}}), ElementsAre("Bills/1 a", "Orders/2 a"));
}

TEST(Listings, LabelsMustAllHoldWithExactlyThatValue) {
  EXPECT_THAT(arcs({.labels = {{"team", "x"}}}), ElementsAre("Orders/1 b"));
  EXPECT_THAT(arcs({.labels = {{"team", "x"}, {"tier", "gold"}}}), ElementsAre("Orders/1 b"));
  EXPECT_THAT(arcs({.labels = {{"team", "x"}, {"tier", "silver"}}}), IsEmpty());
  EXPECT_THAT(arcs({.labels = {{"other", "x"}}}), IsEmpty());
  const auto report = datasets_report(deployment(), {.labels = {{"tier", "gold"}}});
  EXPECT_THAT(csv_rows(report), ElementsAre("aws,dev,111122223333,us-west-2,o2,1"));
}

TEST(Listings, NamesChooseAndProjectsNarrow) {
  EXPECT_THAT(arcs({.names = {"a"}}), ElementsAre("Bills/1 a", "Orders/2 a"));
  EXPECT_THAT(arcs({.projects = {"Bills"}, .names = {"b"}}), IsEmpty());
  const auto report = datasets_report(deployment(), {.names = {"o1:1", "o2:2"}});
  EXPECT_THAT(csv_rows(report), ElementsAre("aws,dev,111122223333,us-west-2,o1,1"));
}

}  // namespace
}  // namespace cls::operate
