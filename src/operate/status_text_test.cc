// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operate/status.h"

namespace cls::operate {
namespace {

using ::testing::HasSubstr;

StatusReport sample() {
  const model::Placement here{.provider = "local", .stage = {}, .account = {}, .region = {}};
  return {.home = "/h",
          .at = "2023-01-01T00:02:00.000000000Z",
          .boundaries = {{.placement = here,
                          .project = {"p", "1"},
                          .name = "b",
                          .enabled = true,
                          .openLots = 1,
                          .lastArrival = "2023-01-01T00:01:59.500000000Z",
                          .lastLot = "20230101PT5M000",
                          .rejected = 2,
                          .late = 3,
                          .unread = 4}},
          .datasets = {{.placement = here,
                        .dataset = {"in", "1"},
                        .complete = 1234,
                        .empty = 5,
                        .partial = 6,
                        .removed = 7,
                        .members = 8,
                        .bytes = 9'000'000}},
          .arcs = {{.placement = here,
                    .project = {"p", "1"},
                    .name = "a",
                    .enabled = false,
                    .queued = 1,
                    .running = 2,
                    .retrying = 3,
                    .waiting = 4,
                    .complete = 5,
                    .partial = 6,
                    .missing = 7,
                    .oldestRunning = "2023-01-01T00:01:00.000000000Z",
                    .lagSec = 60}},
          .problems = {{.subject = "p/1 a",
                        .lot = "20230101PT5M001",
                        .message = "ended missing: exit code 1",
                        .hint = "cls retry a 20230101PT5M001"}}};
}

TEST(StatusText, WhatAProgramSaidInSeveralLinesIsIndented) {
  auto report = sample();
  report.problems.front().message = "it says: a\nb\nc";
  EXPECT_THAT(render(report, Format::Table), HasSubstr("it says: a\n    b\n    c (cls retry"));
}

TEST(StatusText, JsonHasTheDocumentedShape) {
  EXPECT_EQ(render(sample(), Format::Json), R"({
  "home" : "/h",
  "at" : "2023-01-01T00:02:00.000000000Z",
  "boundaries" : [ {
    "placement" : {
      "provider" : "local",
      "stage" : null,
      "account" : null,
      "region" : null
    },
    "project" : {
      "name" : "p",
      "version" : "1"
    },
    "name" : "b",
    "enabled" : true,
    "openLots" : 1,
    "lastArrival" : "2023-01-01T00:01:59.500000000Z",
    "lastLot" : "20230101PT5M000",
    "rejected" : 2,
    "late" : 3,
    "unread" : 4
  } ],
  "datasets" : [ {
    "placement" : {
      "provider" : "local",
      "stage" : null,
      "account" : null,
      "region" : null
    },
    "dataset" : {
      "name" : "in",
      "version" : "1"
    },
    "lastLot" : null,
    "complete" : 1234,
    "empty" : 5,
    "partial" : 6,
    "removed" : 7,
    "members" : 8,
    "bytes" : 9000000
  } ],
  "arcs" : [ {
    "placement" : {
      "provider" : "local",
      "stage" : null,
      "account" : null,
      "region" : null
    },
    "project" : {
      "name" : "p",
      "version" : "1"
    },
    "name" : "a",
    "enabled" : false,
    "queued" : 1,
    "running" : 2,
    "retrying" : 3,
    "waiting" : 4,
    "complete" : 5,
    "partial" : 6,
    "missing" : 7,
    "oldestRunning" : "2023-01-01T00:01:00.000000000Z",
    "lagSec" : 60
  } ],
  "problems" : [ {
    "subject" : "p/1 a",
    "lot" : "20230101PT5M001",
    "message" : "ended missing: exit code 1",
    "hint" : "cls retry a 20230101PT5M001"
  } ],
  "damagedRecords" : 0
}
)");
}

/// The lines of a text without the blanks that fill them up.
std::string trimmed(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out.erase(out.find_last_not_of(' ') + 1);
    out += c;
  }
  return out;
}

TEST(StatusText, TheTableIsAnOverviewForPeople) {
  EXPECT_EQ(trimmed(render(sample(), Format::Table)), R"(/h at 2023-01-01T00:02:00Z

                            open  last                  last
project  boundary  enabled  lots  arrival               lot              rejected  late  unread
===============================================================================================
p/1      b         true     1     2023-01-01T00:01:59Z  20230101PT5M000  2         3     4

         last
dataset  lot   complete  empty  partial  removed  members  bytes
==================================================================
in/1     -     1,234     5      6        7        8        8.6 MiB

                                                                                       oldest
project  arc  enabled  queued  running  retrying  waiting  complete  partial  missing  running               lag
==================================================================================================================
p/1      a    false    1       2        3         4        5         6        7        2023-01-01T00:01:00Z  1m 0s

problems
  p/1 a 20230101PT5M001: ended missing: exit code 1 (cls retry a 20230101PT5M001)
)");
}

TEST(StatusText, CsvHasARowPerBoundaryDatasetAndArc) {
  EXPECT_EQ(render(sample(), Format::Csv),
            "kind,placement.provider,placement.stage,placement.account,placement.region,"
            "project.name,project.version,dataset.name,dataset.version,name,enabled,openLots,"
            "lastArrival,lastLot,rejected,late,unread,complete,empty,partial,removed,members,"
            "bytes,queued,running,retrying,waiting,missing,oldestRunning,lagSec\n"
            "boundary,local,,,,p,1,,,b,true,1,2023-01-01T00:01:59.500000000Z,20230101PT5M000,2,3,"
            "4,,,,,,,,,,,,,\n"
            "dataset,local,,,,,,in,1,,,,,,,,,1234,5,6,7,8,9000000,,,,,,,\n"
            "arc,local,,,,p,1,,,a,false,,,,,,,5,,6,,,,1,2,3,4,7,2023-01-01T00:01:00.000000000Z,"
            "60\n");
}

TEST(StatusText, TsvIsTheSameWithTabs) {
  EXPECT_THAT(render(sample(), Format::Tsv), HasSubstr("\narc\tlocal\t\t\t\tp\t1\t\t\ta\tfalse\t"));
}

TEST(StatusText, WithoutProblemsItSaysSo) {
  auto report = sample();
  report.problems.clear();
  EXPECT_TRUE(render(report, Format::Table).ends_with("\n\nno problems\n"));
}

TEST(StatusText, DamagedRecordsAreCounted) {
  auto report = sample();
  report.damagedRecords = 2;
  EXPECT_TRUE(
      render(report, Format::Table).ends_with("\n2 records that cannot be read are set aside\n"));
}

}  // namespace
}  // namespace cls::operate
