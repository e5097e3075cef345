// SPDX-License-Identifier: Apache-2.0
#include "model/validate.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/catalogue.h"
#include "model/test_documents.h"

namespace cls::model {
namespace {

using testing::boundary;
using testing::check;
using testing::copy_arc;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::on_aws;
using testing::project;
using testing::sink;

struct Bad {
  std::string component;
  std::string line;  ///< all after `p.json:`
};

/// `sources` and `sinks` of an arc, and its workload at column 1 of the next line.
std::string arc(const std::string& type, const std::string& workload,
                const std::string& more = "") {
  return R"({"type":")" + type + R"(","name":"a","sources":{"main":{"name":"in","version":"1"}},)" +
         R"("sinks":{"main":)" + sink("a", "s3://buk/a/") + "},\n\"workload\":" + workload + more +
         "}";
}

void expect_lines(const std::vector<Bad>& table, bool is_arc, const Options& options = {}) {
  for (const auto& [component, line] : table) {
    const auto checked = is_arc ? check(project(boundary("in", "s3://buk/in/"), component), options)
                                : check(project(component), options);
    EXPECT_THAT(checked.lines, ElementsAre("p.json:" + line)) << component;
  }
}

TEST(Validate, BoundariesThatAreWrong) {
  expect_lines(
      {
          {boundary("in", "s3://buk/in/", "", "Fifths"),
           "3:72: /boundaries/0/lotUnit: 'Fifths' is no lot unit, did you mean Sixths; right are "
           "Fourths, Sixths, Twelfths, Hours, Days, or PT<n>M where n divides 1440"},
          {boundary("in", "buk/in"),
           "3:127: /boundaries/0/dataset/pathURI: 'buk/in' is no URI; write it as s3://bucket/key "
           "or file:///path"},
          {boundary("in", "http://buk/in"),
           "3:127: /boundaries/0/dataset/pathURI: 'http://buk/in': objects do not lie at http:// "
           "(s3://bucket/path/ or file:///path/)"},
          {boundary("in", "file://host/in"),
           "3:127: /boundaries/0/dataset/pathURI: 'file://host/in' names a host (write "
           "file:///path)"},
          {boundary("in", "s3://buk/../in/"),
           "3:127: /boundaries/0/dataset/pathURI: 's3://buk/../in/': '..' can be no directory's "
           "name here "
           "(parts are not empty, not . or .., and do not start with .cls-)"},
          {boundary("in", "s3://buk/a//in/"),
           "3:127: /boundaries/0/dataset/pathURI: 's3://buk/a//in/': '' can be no directory's name "
           "here "
           "(parts are not empty, not . or .., and do not start with .cls-)"},
          {boundary("in", "file:///srv/./in/"),
           "3:127: /boundaries/0/dataset/pathURI: 'file:///srv/./in/': '.' can be no directory's "
           "name here "
           "(parts are not empty, not . or .., and do not start with .cls-)"},
          {boundary("in", "s3://buk/.cls-x/"),
           "3:127: /boundaries/0/dataset/pathURI: 's3://buk/.cls-x/': '.cls-x' can be no "
           "directory's name here "
           "(parts are not empty, not . or .., and do not start with .cls-)"},
          {boundary("in", "s3://buk/%2"),
           "3:127: /boundaries/0/dataset/pathURI: 's3://buk/%2': '%' is not followed by two hex "
           "digits; write %25 for it"},
          {boundary("in", ""),
           "3:127: /boundaries/0/dataset/pathURI: the path is empty (s3://bucket/path/)"},
          {boundary("in", "s3://buk/in/", R"(,"eventArrival":"veryFrequent")"),
           "3:158: /boundaries/0/eventArrival: 'veryFrequent' is not supported (write frequent)"},
          {boundary("in", "s3://buk/in/", R"(,"filter":{"includes":["*","{x/y}"]})"),
           "3:169: /boundaries/0/filter/includes/1: '{x/y}': the '{' is not closed within its "
           "segment (a pattern knows ? * ** {name} {name:regex})"},
          {boundary("in", "s3://buk/in/", R"(,"filter":{"pathSeparator":"::"})"),
           "3:169: /boundaries/0/filter/pathSeparator: the path separator '::' is not one "
           "character"},
          {boundary("in", "s3://buk/in/", R"(,"lotSource":"keyTimestampRegex")"),
           "3:155: /boundaries/0/lotSource: the lot source 'keyTimestampRegex' needs 'keyRegex' (a "
           "RE2 with the groups year, month, day …, or epoch)"},
          {boundary("in", "s3://buk/in/", R"x(,"keyRegex":"(?P<epoch>.*)")x"),
           "3:154: /boundaries/0/keyRegex: 'keyRegex' has no use with the lot source "
           "'objectModifiedTime' (write \"lotSource\": \"keyTimestampRegex\")"},
      },
      false);
}

TEST(Validate, KeyExpressionsThatAreWrong) {
  const auto with_regex = [](const std::string& regex) {
    return boundary("in", "s3://buk/in/",
                    R"(,"lotSource":"keyTimestampRegex","keyRegex":")" + regex + "\"");
  };
  const std::string at = "3:186: /boundaries/0/keyRegex: ";
  const std::string right =
      " (name the groups year, month, day and, in this order, hour, minute, second; or epoch)";
  expect_lines(
      {{with_regex("(?P<year>a)"), at + "'(?P<year>a)' lacks the group 'month', 'day'" + right},
       {with_regex("(?P<year>a)(?P<month>b)(?P<day>c)(?P<minute>d)"),
        at + "'(?P<year>a)(?P<month>b)(?P<day>c)(?P<minute>d)' lacks the group 'hour'" + right},
       {with_regex("(?P<epoch>a)(?P<day>c)"),
        at + "'(?P<epoch>a)(?P<day>c)' has the group 'epoch' and others of a date" + right},
       {with_regex("none"), at + "'none' lacks the group 'year', 'month', 'day'" + right}},
      false);
  EXPECT_THAT(check(project(with_regex("(?P<year>a)(?P<month>b)(?P<day>c)"))).lines, IsEmpty());
  EXPECT_THAT(check(project(with_regex("(?P<epoch>[0-9]+)"))).lines, IsEmpty());
}

TEST(Validate, BothLotSourcesMustAgree) {
  const auto s3 = [](const std::string& outer) {
    return R"({"type":"aws:core:s3PutListenerBoundary","name":"in","lotUnit":"Hours","dataset":)" +
           sink("in", "s3://buk/in/") + R"(,"infrequent":{"lotSource":"eventTime"},"lotSource":")" +
           outer + "\"}";
  };
  EXPECT_THAT(check(project(s3("eventTime"))).lines, IsEmpty());
  EXPECT_THAT(check(project(s3("arrivalTime"))).lines,
              ElementsAre(HasSubstr("/boundaries/0/lotSource: the lot source 'arrivalTime' "
                                    "disagrees with 'infrequent.lotSource', 'eventTime' (leave one "
                                    "of them out)")));
}

TEST(Validate, ArcsThatAreWrong) {
  expect_lines(
      {
          {arc("core:copyArc", R"({"workloadProps":{"failArcOnPartialPercent":2}})"),
           "5:56: /arcs/0/workload/workloadProps/failArcOnPartialPercent: 2 is no fraction (0 to "
           "1; write 0.02 for 2 percent)"},
          {arc("core:copyArc", R"({"workloadProps":{"rename":[{"match":"(a","to":"b"}]}})"),
           "5:49: /arcs/0/workload/workloadProps/rename/0/match: '(a' is no regular expression: "
           "missing ): (a"},
          {arc("core:copyArc", R"x({"workloadProps":{"rename":[{"match":"(a)","to":"$2"}]}})x"),
           "5:60: /arcs/0/workload/workloadProps/rename/0/to: '$2': $2 is asked for, but there is "
           "1 in all (a template knows $1 to $9 and {lot}, {name}, {ext})"},
          {arc("core:copyArc", R"({"workloadProps":{"partition":{"lot":"{lto}"}}})"),
           "5:49: /arcs/0/workload/workloadProps/partition/lot: '{lto}': '{lto}' is no placeholder "
           "(a template knows $1 to $9 and {lot}, {name}, {ext})"},
          {arc("core:copyArc", R"({"workloadProps":{"onConflict":"overwrite"}})"),
           "5:43: /arcs/0/workload/workloadProps/onConflict: 'overwrite' is not known here (one "
           "of: beside, replace)"},
          {arc("core:copyArc", R"({"runtimeProps":{"memorySizeMB":127}})"),
           "5:44: /arcs/0/workload/runtimeProps/memorySizeMB: 127 is out of range (128 to 10240)"},
          {arc("core:copyArc", "{}", R"(,"concurrency":0)"),
           "5:29: /arcs/0/concurrency: 0 is out of range (1 to 10000)"},
          {arc("core:commandArc", R"({"command":[]})"),
           "5:23: /arcs/0/workload/command: the arc 'a' has no command (\"command\": [\"program\", "
           "\"argument\"])"},
          {arc("core:commandArc", R"({"command":["c"],"environment":{"A":{"fromEnvs":"B"}}})"),
           "5:48: /arcs/0/workload/environment/A: this object is no value of an environment "
           "variable (a text, {\"fromEnv\": \"NAME\"} or {\"fromFile\": \"PATH\"})"},
          {arc("core:commandArc", R"({"command":["c"],"environment":{"A=":"B"}})"),
           "5:49: /arcs/0/workload/environment/A=: 'A=' is no name of an environment variable"},
      },
      true);
}

TEST(Validate, RolesBecomeVariables) {
  const auto roles = [](const std::string& one, const std::string& other) {
    return check(project(boundary("in", "s3://buk/in/"),
                         copy_arc("a",
                                  "\"" + one + R"(":{"name":"in","version":"1"},")" + other +
                                      R"(":{"name":"in","version":"1"})",
                                  "s3://buk/a/")))
        .lines;
  };
  EXPECT_THAT(roles("main", "si-de_2"), IsEmpty());
  EXPECT_THAT(roles("main", "2nd"),
              ElementsAre(HasSubstr("/arcs/0/sources/2nd: '2nd' is no usable role name (letters, "
                                    "digits, '_' and '-', beginning with a letter)")));
  EXPECT_THAT(
      roles("a-b", "A_B"),
      ElementsAre(HasSubstr("the roles 'a-b' and 'A_B' are the same variable CLS_…_A_B_…")));
}

TEST(Validate, NamesBecomeKeys) {
  EXPECT_THAT(check(project(boundary("", "s3://buk/in/"))).lines,
              ElementsAre("p.json:3:57: /boundaries/0/name: the name is empty",
                          "p.json:3:96: /boundaries/0/dataset/name: the dataset name is empty"));
  EXPECT_THAT(check(project("", "", "a/b")).lines,
              ElementsAre("p.json:1:20: /project/name: the project name 'a/b' holds a '/' (it "
                          "becomes one part of the keys of records)"));
  EXPECT_THAT(
      check(project(boundary("in", "s3://buk/in/") + "," + boundary("in", "s3://buk/b/"))).lines,
      ElementsAre(HasSubstr("/boundaries/1/name: the boundary name 'in' is used twice"),
                  HasSubstr("has two owners")));
}

TEST(Validate, Placements) {
  const auto lines_of = [](const std::string& placement, const Options& options) {
    return check(R"({"project":{"name":"p","version":"1"},"placement":{)" + placement + "}}",
                 options)
        .lines;
  };
  EXPECT_THAT(lines_of(R"("provider":"local")", {}), IsEmpty());
  EXPECT_THAT(lines_of(R"("provider":"aws","account":"1","region":"r")", {}), IsEmpty());
  EXPECT_THAT(lines_of(R"("provider":"local")", on_aws),
              ElementsAre(HasSubstr("a project with the provider 'local' cannot be deployed to aws "
                                    "(write provider aws, with account and region)")));
  EXPECT_THAT(lines_of(R"("provider":"azure")", {}),
              ElementsAre(HasSubstr("/placement/provider: 'azure' is no provider (local or aws)")));
  EXPECT_THAT(lines_of(R"("provider":"AWS","account":"1","region":"r")", {}),
              ElementsAre(HasSubstr("'AWS' is no provider (did you mean 'aws'?)")));
}

TEST(Validate, WhatCannotRunHereIsAWarningOrForWhoActsAnError) {
  const std::string text = project(
      "", "", "orders", R"({"type":"aws:core:eventBus","name":"bus","eventBusName":"bus"})");
  EXPECT_THAT(check(text).lines,
              ElementsAre("p.json:2:22: /resources/0/type: warning: 'aws:core:eventBus' cannot run "
                          "on the local substrate yet (deploy, up and run will refuse it)"));
  Options acting;
  acting.strict = true;
  EXPECT_THAT(check(text, acting).lines,
              ElementsAre("p.json:2:22: /resources/0/type: 'aws:core:eventBus' cannot run on the "
                          "local substrate yet (leave the component out with \"exclude\": true)"));
  std::string excluded = text;
  excluded.insert(excluded.find("}]"), R"(,"exclude":true)");
  EXPECT_THAT(check(excluded, acting).lines, IsEmpty());
}

TEST(Validate, ACommandHasOnePlace) {
  const auto checked =
      check(project(boundary("in", "s3://buk/in/"),
                    arc("core:commandArc", R"({"command":["c"],"workingDir":"w","image":"i"})")));
  EXPECT_THAT(checked.lines,
              ElementsAre("p.json:5:12: /arcs/0/workload: 'imagePath', 'image' and 'workingDir' "
                          "exclude each other (keep one)"));
}

TEST(Validate, ASandboxFitsWhatRunsInIt) {
  const auto lines_of = [](const std::string& workload) {
    return check(project(boundary("in", "s3://buk/in/"), arc("core:commandArc", workload))).lines;
  };
  EXPECT_THAT(lines_of(R"({"image":"i"})"), IsEmpty());
  EXPECT_THAT(lines_of(R"({"imagePath":"i","sandbox":"container"})"), IsEmpty());
  EXPECT_THAT(lines_of(R"({"command":["c"],"imagePath":"i","sandbox":"process"})"), IsEmpty());
  EXPECT_THAT(lines_of(R"({"command":["c"],"sandbox":"container"})"),
              ElementsAre(HasSubstr("/arcs/0/workload/sandbox: the arc 'a' has no image")));
  EXPECT_THAT(lines_of(R"({"command":["c"],"image":"i","sandbox":"process"})"),
              ElementsAre(HasSubstr("the image 'i' cannot run as a process")));
}

TEST(Validate, F39_WhatMayFailIsAFractionAndSaidSo) {
  const Catalogue catalogue;
  const json::Value schema = catalogue.find("aws:core:s3CopyArc")->schema();
  EXPECT_THAT(json::to_text(schema), HasSubstr("the fraction of objects, 0 to 1, that may fail"));
  const auto lines_of = [](const std::string& fraction) {
    return check(project(boundary("in", "s3://buk/in/"),
                         copy_arc("copy", "in", "s3://buk/out/",
                                  R"(,"workload":{"workloadProps":{"failArcOnPartialPercent":)" +
                                      fraction + "}}")))
        .lines;
  };
  EXPECT_THAT(lines_of("5"), ElementsAre(HasSubstr("5 is no fraction (0 to 1")));
  EXPECT_THAT(lines_of("0.05"), ElementsAre());
}

TEST(Validate, F28_AFormatThatNobodyReadsIsNotOffered) {
  const Catalogue catalogue;
  EXPECT_THAT(json::to_text(catalogue.find("core:table")->schema()),
              ::testing::Not(HasSubstr("avro")));
  const auto lines =
      check(project("", "", "orders",
                    R"({"type":"core:table","name":"t","database":"d","tableName":"t",)"
                    R"("schema":{"dataFormat":"avro"},"pathURI":"s3://buk/t/"})"))
          .lines;
  EXPECT_THAT(lines, ::testing::Contains(HasSubstr("'avro' is no data format")));
}

TEST(Validate, Resources) {
  const auto lines_of = [](const std::string& resource) {
    return check(project("", "", "orders", resource)).lines;
  };
  EXPECT_THAT(lines_of(R"({"type":"core:bucket","name":"b","bucketName":"Orders"})"),
              ElementsAre("p.json:2:60: /resources/0/bucketName: bucket name has upper case "
                          "letters, got: Orders"));
  EXPECT_THAT(
      lines_of(R"({"type":"aws:core:computeEnvironment","name":"c","computeEnvironmentName":"c",)"
               R"("useSpot":true})"),
      ElementsAre(HasSubstr("/resources/0/useSpot: warning: the field 'useSpot' has no effect")));
  EXPECT_THAT(
      lines_of(R"({"type":"core:table","name":"t","database":"d","tableName":"t",)"
               R"("schema":{"dataFormat":"avro"},"pathURI":"s3://buk/t/"})"),
      ElementsAre(HasSubstr("cannot run"),
                  HasSubstr("/resources/0/schema/dataFormat: 'avro' is no data format (one of: "
                            "parquet, csv, tsv, json, orc, cloudtrail_logs, apache_logs)")));
}

}  // namespace
}  // namespace cls::model
