// SPDX-License-Identifier: Apache-2.0
#include "operate/lot_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operate/report_world_test.h"
#include "store/faulty_store.h"

namespace cls::operate {
namespace {

using testing::between;
using testing::csv_rows;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::lot_id;
using testing::ReportWorld;
using Arc = record::ArcState;
using Claim = record::ClaimState;
using Manifest = record::ManifestState;
using End = record::ClaimResult;

constexpr const char* place = "aws,dev,111122223333,us-west-2,";

StatusSources sources_of(ReportWorld& world, store::ObjectStore& store) {
  return {.store = store,
          .deployment = world.deployment,
          .logs = world.logs,
          .now = world.clock.now(),
          .home = "/h",
          .queued = {}};
}

StatusSources sources_of(ReportWorld& world) {
  return sources_of(world, world.store);
}

struct LotReports : ::testing::Test {
  using Make = Result<Report> (*)(const StatusSources&, const ReportFilter&);

  Report report(Make make, const ReportFilter& filter = {}) {
    auto made = make(sources_of(world), filter);
    EXPECT_TRUE(made) << (made ? "" : made.error().message);
    return made.value_or(Report{});
  }
  /// The rows, without the placement.
  std::vector<std::string> rows(Make make, const ReportFilter& filter = {}) {
    auto made = csv_rows(report(make, filter));
    for (auto& row : made) {
      EXPECT_THAT(row, ::testing::StartsWith(place));
      row = row.substr(std::string(place).size());
    }
    return made;
  }
  ReportWorld world;
};

TEST_F(LotReports, ArcLotsHaveTheReferencesTexts) {
  world.arc_state("copyA", lot_id("20240501PT5M002"), Arc::complete);
  const auto report = this->report(arc_lots);
  EXPECT_EQ(
      render(report, Format::Table),
      "placement  placement  placement     placement  project  project          lot              "
      "arc     \n"
      "provider   stage      account       region     name     version   name   id               "
      "state   \n"
      "=========================================================================================="
      "========\n"
      "aws        dev        111122223333  us-west-2  Orders   20240401  copyA  20240501PT5M002  "
      "complete\n"
      "\n");
  EXPECT_EQ(render(report, Format::Json), R"([ {
  "arc" : {
    "placement" : {
      "provider" : "aws",
      "stage" : "dev",
      "account" : "111122223333",
      "region" : "us-west-2"
    },
    "project" : {
      "name" : "Orders",
      "version" : "20240401"
    },
    "name" : "copyA"
  },
  "lotId" : "20240501PT5M002",
  "arcState" : "complete"
} ]
)");
}

TEST_F(LotReports, ArcSummaryHasTheReferencesColumnsAndCounts) {
  world.arc_state("copyA", lot_id("20240501PT5M002"), Arc::complete);
  world.arc_state("copyA", lot_id("20240501PT5M140"), Arc::partial);
  const auto report = this->report(arc_summary, between("2024-05-01", "2024-05-01T12:00:00Z"));
  EXPECT_EQ(
      render(report, Format::Csv),
      "placement.provider,placement.stage,placement.account,placement.region,project.name,"
      "project.version,name,temporalUnit,earliest,earliestFound,earliestGap,latest,latestFound,"
      "latestGap,running,partial,missing,complete,totalFound,range,rangeGap\n"
      "aws,dev,111122223333,us-west-2,Orders,20240401,copyA,TWELFTHS,20240501PT5M000,"
      "20240501PT5M002,2,20240501PT5M143,20240501PT5M140,3,0,1,0,1,2,144,142\n"
      "aws,dev,111122223333,us-west-2,Orders,20240401,copyB,TWELFTHS,20240501PT5M000,,,"
      "20240501PT5M143,,,0,0,0,0,0,144,144\n");
}

TEST_F(LotReports, AClaimDecidesWhatAnArcStateSays) {
  world.claim("copyA", lot_id("20240501PT5M000"), Claim::running);
  world.claim("copyA", lot_id("20240501PT5M001"), Claim::retrying);
  world.claim("copyA", lot_id("20240501PT5M002"), Claim::committed, End::complete);
  world.claim("copyA", lot_id("20240501PT5M003"), Claim::ended, End::partial);
  world.claim("copyA", lot_id("20240501PT5M005"), Claim::ended, End::missing);
  world.arc_state("copyA", lot_id("20240501PT5M002"), Arc::running);
  world.arc_state("copyA", lot_id("20240501PT5M004"), Arc::missing);
  EXPECT_THAT(rows(arc_lots), ElementsAre("Orders,20240401,copyA,20240501PT5M000,running",
                                          "Orders,20240401,copyA,20240501PT5M001,retrying",
                                          "Orders,20240401,copyA,20240501PT5M002,complete",
                                          "Orders,20240401,copyA,20240501PT5M003,partial",
                                          "Orders,20240401,copyA,20240501PT5M004,missing",
                                          "Orders,20240401,copyA,20240501PT5M005,missing"));
  const auto summary = report(arc_summary, {.names = {"copyA"}});
  EXPECT_EQ(csv_rows(summary).front(),
            std::string(place) +
                "Orders,20240401,copyA,TWELFTHS,20240501PT5M000,20240501PT5M000,0,"
                "20240501PT5M005,20240501PT5M005,0,1,1,2,1,6,6,0");
  EXPECT_THAT(render(summary, Format::Json),
              HasSubstr("  \"running\" : 1,\n  \"retrying\" : 1,\n  \"partial\" : 1,"));
}

TEST_F(LotReports, AClaimThatCannotBeReadIsARowWithoutAStateAndANote) {
  world.claim("copyA", lot_id("20240501PT5M000"), Claim::committed, End::complete);
  world.put(world.places().claim(world.id(), "copyA", lot_id("20240501PT5M001")), "{\"broken");
  const auto report = this->report(arc_lots);
  EXPECT_THAT(csv_rows(report),
              ElementsAre(std::string(place) + "Orders,20240401,copyA,20240501PT5M000,complete",
                          std::string(place) + "Orders,20240401,copyA,20240501PT5M001,"));
  EXPECT_THAT(report.notes, ElementsAre(HasSubstr("lot=20240501PT5M001.json")));
}

TEST_F(LotReports, DatasetLotsTakeTheBestOfTheirManifests) {
  const auto first = lot_id("20240501PT5M000");
  world.manifest("a", first, Manifest::removed, "01A");
  world.manifest("a", first, Manifest::empty);
  world.manifest("a", first, Manifest::complete);
  world.put(world.places().manifest_part(
      world.places().manifest({"a", "1"}, first, Manifest::complete), 0));
  world.manifest("a", lot_id("20240501PT5M001"), Manifest::empty);
  world.manifest("a", lot_id("20240501PT5M001"), Manifest::partial, "01B");
  world.manifest("a", lot_id("20240501PT5M002"), Manifest::partial, "01C");
  world.manifest("a", lot_id("20240501PT5M002"), Manifest::partial, "01D");
  world.manifest("a", lot_id("20240501PT5M002"), Manifest::removed, "01E");
  world.manifest("a", lot_id("20240501PT5M004"), Manifest::removed, "01F");
  EXPECT_THAT(rows(dataset_lots),
              ElementsAre("a,1,20240501PT5M000,complete", "a,1,20240501PT5M001,empty",
                          "a,1,20240501PT5M002,partial", "a,1,20240501PT5M004,removed"));
  const auto summary = report(dataset_summary, {.names = {"a"}});
  EXPECT_EQ(render(summary, Format::Json), R"([ {
  "manifest" : {
    "placement" : {
      "provider" : "aws",
      "stage" : "dev",
      "account" : "111122223333",
      "region" : "us-west-2"
    },
    "dataset" : {
      "name" : "a",
      "version" : "1"
    }
  },
  "temporalUnit" : "TWELFTHS",
  "earliest" : "20240501PT5M000",
  "earliestFound" : "20240501PT5M000",
  "earliestGap" : 0,
  "latest" : "20240501PT5M004",
  "latestFound" : "20240501PT5M004",
  "latestGap" : 0,
  "removed" : 1,
  "partial" : 1,
  "empty" : 1,
  "complete" : 1,
  "totalFound" : 4,
  "range" : 5,
  "rangeGap" : 1
} ]
)");
  EXPECT_THAT(render(report(dataset_lots), Format::Json),
              HasSubstr("  \"dataset\" : {\n    \"placement\""));
}

TEST_F(LotReports, F17_WithoutLotsThereIsARowOfNullsAndZeros) {
  EXPECT_THAT(rows(arc_lots), IsEmpty());
  EXPECT_THAT(rows(dataset_lots), IsEmpty());
  EXPECT_THAT(rows(arc_summary), ElementsAre("Orders,20240401,copyA,TWELFTHS,,,,,,,0,0,0,0,0,0,0",
                                             "Orders,20240401,copyB,TWELFTHS,,,,,,,0,0,0,0,0,0,0"));
  // One dataset without lots keeps none of the others from being counted.
  world.manifest("c", lot_id("20240501PT5M001"), Manifest::complete);
  EXPECT_THAT(
      rows(dataset_summary, between("20240501PT5M000", "20240501PT5M002")),
      ElementsAre(
          "a,1,TWELFTHS,20240501PT5M000,,,20240501PT5M002,,,0,0,0,0,0,3,3",
          "c,1,TWELFTHS,20240501PT5M000,20240501PT5M001,1,20240501PT5M002,20240501PT5M001,1,"
          "0,0,0,1,1,3,2",
          "raw,1,TWELFTHS,20240501PT5M000,,,20240501PT5M002,,,0,0,0,0,0,3,3"));
}

TEST_F(LotReports, F17_AnArcWhoseUnitNobodyKnowsIsARowToo) {
  ReportWorld foreign({testing::project_plan("P", "1", {}, {testing::arc_plan("x", "far", "y")})});
  auto made = arc_summary(sources_of(foreign), between("2024-05-01", "2024-05-02"));
  ASSERT_TRUE(made);
  EXPECT_THAT(csv_rows(*made), ElementsAre(std::string(place) + "P,1,x,,,,,,,,0,0,0,0,0,0,0"));
}

TEST_F(LotReports, F18_TheScanStopsAtTheEndLotWhetherThatLotHasAKeyOrNot) {
  for (int i = 0; i < 5000; ++i) {
    if (i == 288) continue;  // the end lot of the first day has no key
    const auto lot = lot_id("20240501PT5M000").plus(i);
    world.arc_state("copyA", lot, Arc::complete);
    world.manifest("a", lot, Manifest::complete);
  }
  store::FaultyStore counted(world.store);
  const auto first_day = between("2024-05-01", "2024-05-02");
  auto arcs = arc_summary(sources_of(world, counted), first_day);
  ASSERT_TRUE(arcs);
  EXPECT_THAT(csv_rows(*arcs).front(), HasSubstr("copyA,TWELFTHS,20240501PT5M000,20240501PT5M000,0,"
                                                 "20240501PT5M287,20240501PT5M287,0,0,0,0,288,288,"
                                                 "288,0"));
  EXPECT_EQ(counted.calls(store::Operation::List), 4U)
      << "one page each: claims and states of two arcs";
  EXPECT_EQ(rows(dataset_lots, first_day).size(), 288U);
  // A lot given as the latest is included, and nothing after it.
  EXPECT_THAT(rows(arc_lots, between("20240501PT5M010", "20240501PT5M011")),
              ElementsAre("Orders,20240401,copyA,20240501PT5M010,complete",
                          "Orders,20240401,copyA,20240501PT5M011,complete"));
}

TEST_F(LotReports, F19_EveryPageOfTheListingIsRead) {
  for (int i = 0; i < 2500; ++i) {
    const auto lot = lot_id("20240501PT5M000").plus(i);
    if (i % 2 == 0) {
      world.claim("copyA", lot, Claim::committed, End::complete);
    } else {
      world.arc_state("copyA", lot, Arc::missing);
    }
    world.manifest("a", lot, i % 2 == 0 ? Manifest::complete : Manifest::empty);
  }
  EXPECT_THAT(rows(arc_summary, {.names = {"copyA"}}),
              ElementsAre("Orders,20240401,copyA,TWELFTHS,20240501PT5M000,20240501PT5M000,0,"
                          "20240509PT5M195,20240509PT5M195,0,0,0,1250,1250,2500,2500,0"));
  EXPECT_THAT(rows(dataset_summary, {.names = {"a"}}),
              ElementsAre("a,1,TWELFTHS,20240501PT5M000,20240501PT5M000,0,20240509PT5M195,"
                          "20240509PT5M195,0,0,0,1250,1250,2500,2500,0"));
  EXPECT_EQ(rows(arc_lots).size(), 2500U);
}

TEST_F(LotReports, AWindowInOneLotIsThatLot) {
  for (int i = 0; i < 4; ++i) {
    world.arc_state("copyA", lot_id("20240501PT5M000").plus(i), Arc::complete);
  }
  EXPECT_THAT(rows(arc_lots, between("2024-05-01T00:06:00Z", "2024-05-01T00:07:00Z")),
              ElementsAre("Orders,20240401,copyA,20240501PT5M001,complete"));
  EXPECT_EQ(rows(arc_lots, between("2024-05-01T00:06:00Z", "")).size(), 3U);
  EXPECT_EQ(rows(arc_lots, between("", "2024-05-01T00:12:00Z")).size(), 2U);
}

TEST_F(LotReports, LotsOfSeveralUnitsHaveARowEach) {
  world.arc_state("copyA", lot_id("20240501PT5M000"), Arc::complete);
  world.arc_state("copyA", lot_id("20240501PT1H005"), Arc::complete);
  world.arc_state("copyA", lot_id("20240502PT1H000"), Arc::missing);
  EXPECT_THAT(rows(arc_summary,
                   [] {
                     auto filter = between("2024-05-01", "2024-05-02");
                     filter.names = {"copyA"};
                     return filter;
                   }()),
              ElementsAre("Orders,20240401,copyA,TWELFTHS,20240501PT5M000,20240501PT5M000,0,"
                          "20240501PT5M287,20240501PT5M000,287,0,0,0,1,1,288,287",
                          "Orders,20240401,copyA,HOURS,20240501PT1H000,20240501PT1H005,5,"
                          "20240501PT1H023,20240501PT1H005,18,0,0,0,1,1,24,23"));
}

TEST_F(LotReports, AWindowThatEndsBeforeItBeginsIsRefused) {
  auto made = arc_lots(sources_of(world), between("2024-05-02", "2024-05-01"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, FailureCode::Invalid);
  EXPECT_THAT(made.error().message, HasSubstr("is before the earliest"));
  made = arc_lots(sources_of(world), between("20240502PT24H000", "20240501PT24H000"));
  ASSERT_FALSE(made) << "lots, the last of which is included";
  EXPECT_TRUE(arc_lots(sources_of(world), between("20240501PT24H000", "20240501PT24H000")));
}

TEST_F(LotReports, AStoreThatDoesNotAnswerIsAFailureNotAnEmptyReport) {
  world.arc_state("copyA", lot_id("20240501PT5M000"), Arc::complete);
  store::FaultyStore broken(world.store, [](store::Operation operation, const Uri&) {
    store::Fault fault;
    if (operation == store::Operation::List) fault.when = store::Fault::When::BeforeEffect;
    return fault;
  });
  for (const Make make : {arc_lots, arc_summary, dataset_lots, dataset_summary}) {
    EXPECT_FALSE(make(sources_of(world, broken), {}));
  }
}

}  // namespace
}  // namespace cls::operate
