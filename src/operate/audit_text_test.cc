// SPDX-License-Identifier: Apache-2.0
#include "operate/audit_text.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace cls::operate {
namespace {

flow::AuditReport sample() {
  flow::AuditReport report;
  report.promises = {
      {.promise = 1, .lots = 168, .members = 1344, .bytes = 9'000'000, .checked = true},
      {.promise = 2},
      {.promise = 4, .lots = 1, .members = 2, .bytes = 3, .violations = 1, .checked = true}};
  report.violations = {{.promise = 4,
                        .dataset = "out/1",
                        .arc = "p/1 a",
                        .lot = "20230101PT5M000",
                        .uri = "s3://b/out/x,y",
                        .message = "is gone; 3 bytes were written"}};
  report.notes = {"an attempt folder lies around"};
  return report;
}

flow::AuditRepair to_publish() {
  return {.action = flow::RepairAction::publishCommit,
          .boundary = std::nullopt,
          .arc = "p/1 a",
          .lot = "20230101PT5M000",
          .uri = "s3://m/x",
          .why = "is missing"};
}

TEST(AuditText, TheTableSaysPerPromiseWhatWasLookedAt) {
  EXPECT_EQ(render(sample(), Format::Table),
            "                                                                                 \n"
            "promise                         result       lots  members  bytes      violations\n"
            "=================================================================================\n"
            "1 no object is lost             kept         168   1,344    9,000,000  0         \n"
            "2 a published revision is kept  not checked  -     -        -          -         \n"
            "4 complete means complete       broken       1     2        3          1         \n"
            "\n"
            "promise 4: dataset out/1 arc p/1 a lot 20230101PT5M000 s3://b/out/x,y: is gone; 3 "
            "bytes were written\n"
            "note: an attempt folder lies around\n"
            "1 violation\n");
}

TEST(AuditText, JsonHasTheDocumentedShape) {
  flow::AuditReport report = sample();
  report.promises.resize(2);
  report.violations.front().arc.reset();
  report.since = "20230101PT5M000";
  report.left_out = 7;
  report.repairs = {to_publish()};
  EXPECT_EQ(render(report, Format::Json), R"({
  "promises" : [ {
    "promise" : 1,
    "lots" : 168,
    "members" : 1344,
    "bytes" : 9000000,
    "violations" : 0,
    "checked" : true
  }, {
    "promise" : 2,
    "lots" : 0,
    "members" : 0,
    "bytes" : 0,
    "violations" : 0,
    "checked" : false
  } ],
  "violations" : [ {
    "promise" : 4,
    "dataset" : "out/1",
    "arc" : null,
    "lot" : "20230101PT5M000",
    "uri" : "s3://b/out/x,y",
    "message" : "is gone; 3 bytes were written"
  } ],
  "since" : "20230101PT5M000",
  "leftOut" : 7,
  "repairs" : [ {
    "action" : "publish commit",
    "boundary" : null,
    "arc" : "p/1 a",
    "lot" : "20230101PT5M000",
    "uri" : "s3://m/x",
    "why" : "is missing",
    "done" : false,
    "failure" : null
  } ]
}
)");
}

TEST(AuditText, CsvAndTsvHaveARowPerViolation) {
  EXPECT_EQ(render(sample(), Format::Csv),
            "promise,dataset,arc,lot,uri,message\n"
            "4,out/1,p/1 a,20230101PT5M000,\"s3://b/out/x,y\",is gone; 3 bytes were written\n");
  EXPECT_EQ(render(sample(), Format::Tsv),
            "promise\tdataset\tarc\tlot\turi\tmessage\n"
            "4\tout/1\tp/1 a\t20230101PT5M000\ts3://b/out/x,y\tis gone; 3 bytes were written\n");
  EXPECT_EQ(render(flow::AuditReport{}, Format::Csv), "promise,dataset,arc,lot,uri,message\n");
}

TEST(AuditText, ThePlanHasALinePerLotWithWhatBecameOfIt) {
  flow::AuditReport report;
  EXPECT_EQ(render_plan(report), "nothing can be mended from records\n");
  report.repairs = {to_publish(), to_publish(), to_publish()};
  report.repairs[1].done = true;
  report.repairs[2].arc.reset();
  report.repairs[2].boundary = "p/1 b";
  report.repairs[2].action = flow::RepairAction::publishLot;
  report.repairs[2].failure = "the disk is full";
  EXPECT_EQ(render_plan(report),
            "to do: publish commit 20230101PT5M000 of arc p/1 a: s3://m/x is missing\n"
            "done: publish commit 20230101PT5M000 of arc p/1 a: s3://m/x is missing\n"
            "cannot be done: publish lot 20230101PT5M000 of boundary p/1 b: s3://m/x is missing; "
            "the disk is full\n");
  EXPECT_TRUE(render(report, Format::Table)
                  .ends_with("1 repair can be done from records: cls audit --repair does it, "
                             "--repair --dry-run says what\nno violations\n"));
}

TEST(AuditText, TheTableFitsTheTerminal) {
  const std::string text = render(sample(), Format::Table, {.width = 60});
  for (const auto& line : split(text.substr(0, text.find("promise 4:")), '\n')) {
    EXPECT_LE(line.size(), 60U) << line;
  }
}

TEST(AuditText, WithoutViolationsTheTableSaysSo) {
  auto report = sample();
  report.promises.resize(2);
  report.violations.clear();
  report.notes.clear();
  EXPECT_TRUE(render(report, Format::Table).ends_with("\n\nno violations\n"));
}

}  // namespace
}  // namespace cls::operate
