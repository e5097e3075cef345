// SPDX-License-Identifier: Apache-2.0
#include "operate/report.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace cls::operate {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Cell none;

/// The tables are compared line by line with `$` at the end, so that blanks can be seen.
std::string with_ends(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '$';
    out += c;
  }
  return out;
}

Report arc_list() {
  return {
      .columns = {"placement.provider", "placement.stage", "placement.account", "placement.region",
                  "project.name", "project.version", "name", "lotId", "arcState"},
      .rows = {{"aws", "dev", "111122223333", "us-west-2", "Orders", "20240401", "copyA",
                "20240501PT5M002", "complete"}},
      .subject = "arc",
      .subject_columns = 7};
}

Report arc_status() {
  using I = std::int64_t;
  return {.columns = {"placement.provider",
                      "placement.stage",
                      "placement.account",
                      "placement.region",
                      "project.name",
                      "project.version",
                      "name",
                      "temporalUnit",
                      "earliest",
                      "earliestFound",
                      "earliestGap",
                      "latest",
                      "latestFound",
                      "latestGap",
                      "running",
                      "partial",
                      "missing",
                      "complete",
                      "totalFound",
                      "range",
                      "rangeGap"},
          .rows = {{"aws",
                    "dev",
                    "111122223333",
                    "us-west-2",
                    "Orders",
                    "20240401",
                    "copyA",
                    "TWELFTHS",
                    "20240501PT5M000",
                    "20240501PT5M002",
                    I{2},
                    "20240501PT5M143",
                    "20240501PT5M140",
                    I{3},
                    I{0},
                    I{1},
                    I{0},
                    I{1},
                    I{2},
                    I{1440},
                    I{1438}},
                   {"aws",       "dev",      "111122223333",
                    "us-west-2", "Orders",   "20240401",
                    "copyB",     "TWELFTHS", "20240501PT5M000",
                    none,        none,       "20240501PT5M143",
                    none,        none,       I{0},
                    I{0},        I{0},       I{0},
                    I{0},        I{144},     I{144}}},
          .subject = "arc",
          .subject_columns = 7};
}

TEST(ReportTable, PlacementsAreTheReferences) {
  const Report report{.columns = {"provider", "stage", "account", "region"},
                      .rows = {{"aws", "dev", "111122223333", "us-west-2"},
                               {"aws", none, "111122223333", "us-west-2"}}};
  EXPECT_EQ(with_ends(render(report, Format::Table)),
            "                                        $\n"
            "provider  stage  account       region   $\n"
            "========================================$\n"
            "aws       dev    111122223333  us-west-2$\n"
            "aws       -      111122223333  us-west-2$\n"
            "$\n");
}

TEST(ReportTable, ArcLotsAreTheReferences) {
  EXPECT_EQ(
      with_ends(render(arc_list(), Format::Table)),
      "placement  placement  placement     placement  project  project          lot              "
      "arc     $\n"
      "provider   stage      account       region     name     version   name   id               "
      "state   $\n"
      "=========================================================================================="
      "========$\n"
      "aws        dev        111122223333  us-west-2  Orders   20240401  copyA  20240501PT5M002  "
      "complete$\n"
      "$\n");
}

TEST(ReportTable, NumbersHaveThousandsSeparators) {
  using I = std::int64_t;
  const Report report{
      .columns = {"n"},
      .rows = {
          {I{0}}, {I{999}}, {I{1000}}, {I{-1234567}}, {I{-999}}, {std::numeric_limits<I>::min()}}};
  EXPECT_EQ(split(render(report, Format::Table), '\n'),
            (std::vector<std::string>{"                          ", "n                         ",
                                      "==========================", "0                         ",
                                      "999                       ", "1,000                     ",
                                      "-1,234,567                ", "-999                      ",
                                      "-9,223,372,036,854,775,808", "", ""}));
}

TEST(ReportTable, IsAsWideAsItsCharactersAndKeepsToOneLinePerRow) {
  const Report report{.columns = {"a", "b"},
                      .rows = {{"größe", "x\ny\tz\x1b[31m"}, {"12345", true}}};
  EXPECT_EQ(render(report, Format::Table),
            "                 \n"
            "a      b         \n"
            "=================\n"
            "größe  x y z [31m\n"
            "12345  true      \n"
            "\n");
}

TEST(ReportTable, WithoutRowsIsItsHeader) {
  EXPECT_EQ(render({.columns = {"lotId", "n"}}, Format::Table), "lot   \nid   n\n======\n\n");
}

TEST(ReportCsv, ArcStatusIsTheReferences) {
  EXPECT_EQ(
      render(arc_status(), Format::Csv),
      "placement.provider,placement.stage,placement.account,placement.region,project.name,"
      "project.version,name,temporalUnit,earliest,earliestFound,earliestGap,latest,latestFound,"
      "latestGap,running,partial,missing,complete,totalFound,range,rangeGap\n"
      "aws,dev,111122223333,us-west-2,Orders,20240401,copyA,TWELFTHS,20240501PT5M000,"
      "20240501PT5M002,2,20240501PT5M143,20240501PT5M140,3,0,1,0,1,2,1440,1438\n"
      "aws,dev,111122223333,us-west-2,Orders,20240401,copyB,TWELFTHS,20240501PT5M000,,,"
      "20240501PT5M143,,,0,0,0,0,0,144,144\n");
}

TEST(ReportCsv, QuotesByRfc4180) {
  const Report report{.columns = {"a", "b,c"},
                      .rows = {{"say \"hi\"", "x,y"}, {"two\nlines", "plain text"}, {none, 1.5}}};
  EXPECT_EQ(render(report, Format::Csv),
            "a,\"b,c\"\n\"say \"\"hi\"\"\",\"x,y\"\n\"two\nlines\",plain text\n,1.5\n");
}

TEST(ReportTsv, HasABlankForWhatSeparates) {
  const Report report{.columns = {"a", "b"}, .rows = {{"x\ty\r\nz", "\"q\""}, {none, false}}};
  EXPECT_EQ(render(report, Format::Tsv), "a\tb\nx y  z\t\"q\"\n\tfalse\n");
}

TEST(ReportJson, ArcStatusHasTheReferencesShape) {
  Report report = arc_status();
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
  "temporalUnit" : "TWELFTHS",
  "earliest" : "20240501PT5M000",
  "earliestFound" : "20240501PT5M002",
  "earliestGap" : 2,
  "latest" : "20240501PT5M143",
  "latestFound" : "20240501PT5M140",
  "latestGap" : 3,
  "running" : 0,
  "partial" : 1,
  "missing" : 0,
  "complete" : 1,
  "totalFound" : 2,
  "range" : 1440,
  "rangeGap" : 1438
}, {
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
    "name" : "copyB"
  },
  "temporalUnit" : "TWELFTHS",
  "earliest" : "20240501PT5M000",
  "earliestFound" : null,
  "earliestGap" : null,
  "latest" : "20240501PT5M143",
  "latestFound" : null,
  "latestGap" : null,
  "running" : 0,
  "partial" : 0,
  "missing" : 0,
  "complete" : 0,
  "totalFound" : 0,
  "range" : 144,
  "rangeGap" : 144
} ]
)");
}

TEST(ReportJson, WithoutASubjectNestsByTheDotsAlone) {
  EXPECT_EQ(
      render({.columns = {"placement.provider", "name"}, .rows = {{"aws", "a\"b"}}}, Format::Json),
      "[ {\n  \"placement\" : {\n    \"provider\" : \"aws\"\n  },\n  \"name\" : \"a\\\"b\"\n} ]\n");
}

TEST(ReportJson, WithoutRowsIsAnEmptyArray) {
  EXPECT_EQ(render({.columns = {"a"}}, Format::Json), "[ ]\n");
}

TEST(ReportJson, HasNoNumberThatIsNone) {
  EXPECT_THAT(
      render({.columns = {"a"}, .rows = {{std::numeric_limits<double>::infinity()}}}, Format::Json),
      HasSubstr("\"a\" : null"));
}

TEST(Report, ColumnsForJsonAloneAreInNoOtherText) {
  Report report{.columns = {"a", "retrying", "b"},
                .rows = {{"1", std::int64_t{7}, "2"}},
                .json_only = {"retrying"}};
  EXPECT_EQ(render(report, Format::Csv), "a,b\n1,2\n");
  EXPECT_EQ(render(report, Format::Tsv), "a\tb\n1\t2\n");
  EXPECT_THAT(render(report, Format::Table), Not(HasSubstr("retrying")));
  EXPECT_THAT(render(report, Format::Json), HasSubstr("\"retrying\" : 7"));
}

std::size_t widest_line(const std::string& text) {
  std::size_t most = 0;
  for (const auto& line : split(text, '\n')) most = std::max(most, line.size());
  return most;
}

TEST(ReportTable, ThatIsTooWideLosesTheMiddleOfLongTexts) {
  const Report report{
      .columns = {"uri", "name", "count"},
      .rows = {{"s3://bucket/a/long/way/to/an/object.csv", "short", std::int64_t{1'234'567}}}};
  const std::string whole = render(report, Format::Table);
  const std::string cut = render(report, Format::Table, {.width = 40});
  EXPECT_EQ(render(report, Format::Table, {.width = widest_line(whole)}), whole);
  EXPECT_EQ(widest_line(cut), 40U);
  EXPECT_THAT(cut, HasSubstr("s3://bucket~"));
  EXPECT_THAT(cut, HasSubstr("ject.csv  short  1,234,567"));
  EXPECT_THAT(render(report, Format::Table, {.width = 39}), HasSubstr("short"));
}

TEST(ReportTable, InPartsATextIsCutOnlyWhereItDoesNotFitBesideTheKey) {
  const std::string attempt = "01M8CTCWR5GJ8A6N8RMNGCBY1D";
  const Report report{.columns = {"attempt", "lot", "end", "folder"},
                      .rows = {{attempt, "20240502PT24H000", "exited",
                                "/a/long/way/to/a/home/attempts/" + attempt}}};
  const std::string narrow = render(report, Format::Table, {.width = 60});
  EXPECT_THAT(narrow, HasSubstr(attempt + "  20240502PT24H000  exited\n"));
  EXPECT_THAT(narrow, HasSubstr(attempt + "  /a/long/way/to/a~"));
  EXPECT_LE(widest_line(narrow), 60U);
}

TEST(ReportTable, NumbersAndHeadingsStayWholeWhateverTheWidth) {
  const Report report{.columns = {"aVeryLongHeading", "count"},
                      .rows = {{"x\u00e4\u00f6\u00fcx\u00e4\u00f6\u00fcx\u00e4\u00f6\u00fcx",
                                std::int64_t{1'234'567}}}};
  const std::string cut = render(report, Format::Table, {.width = 10});
  EXPECT_THAT(cut, HasSubstr("very long heading"));
  EXPECT_THAT(cut, HasSubstr("1,234,567"));
}

TEST(ReportTable, APlacementThatAllRowsShareIsSaidAboveANarrowTable) {
  const std::string narrow = render(arc_list(), Format::Table, {.width = 80});
  EXPECT_EQ(narrow,
            "placement: aws dev 111122223333 us-west-2\n"
            "\n"
            "project  project          lot              arc     \n"
            "name     version   name   id               state   \n"
            "===================================================\n"
            "Orders   20240401  copyA  20240501PT5M002  complete\n"
            "\n");
  Report two = arc_list();
  two.rows.push_back(two.rows.front());
  two.rows.back()[0] = "local";
  EXPECT_THAT(render(two, Format::Table, {.width = 80}), HasSubstr("provider"));
}

TEST(ReportTable, TooManyColumnsAreToldInPartsWithTheKeyInEach) {
  const std::string narrow = render(arc_status(), Format::Table, {.width = 80});
  EXPECT_LE(widest_line(narrow), 80U);
  EXPECT_EQ(narrow,
            "placement: aws dev 111122223333 us-west-2\n"
            "\n"
            "project  project          temporal                   earliest         earliest\n"
            "name     version   name   unit      earliest         found            gap     \n"
            "==============================================================================\n"
            "Orders   20240401  copyA  TWELFTHS  20240501PT5M000  20240501PT5M002  2       \n"
            "Orders   20240401  copyB  TWELFTHS  20240501PT5M000  -                -       \n"
            "\n"
            "project  project                           latest           latest         \n"
            "name     version   name   latest           found            gap     running\n"
            "===========================================================================\n"
            "Orders   20240401  copyA  20240501PT5M143  20240501PT5M140  3       0      \n"
            "Orders   20240401  copyB  20240501PT5M143  -                -       0      \n"
            "\n"
            "project  project                                      total         range\n"
            "name     version   name   partial  missing  complete  found  range  gap  \n"
            "=========================================================================\n"
            "Orders   20240401  copyA  1        0        1         2      1,440  1,438\n"
            "Orders   20240401  copyB  0        0        0         0      144    144  \n"
            "\n");
}

TEST(ReportTable, OtherTextsAreNeverCut) {
  const Report report{.columns = {"name"}, .rows = {{std::string(100, 'x')}}};
  EXPECT_THAT(render(report, Format::Csv, {.width = 10}), HasSubstr(std::string(100, 'x')));
}

}  // namespace
}  // namespace cls::operate
