// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/load.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "base/format.h"
#include "model/field_rows.h"
#include "store/test_directory_test.h"

namespace cls::user_scenario {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LoadScenarios : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    const fs::path path = root() + "/" + name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string root() const { return directory_.path(); }

  /// All problems, a line each.
  std::string load() {
    const auto paths = find_scenarios(files_, root());
    if (!paths) return paths.error().message;
    Diagnostics problems;
    loaded_ = load_scenarios(files_, *paths, root(), "dir", problems);
    problems.sort();
    std::string lines;
    for (const auto& problem : problems.all()) lines += problem.to_string() + "\n";
    return lines;
  }

  PosixFileSystem files_;
  store::TestDirectory directory_;
  std::vector<Scenario> loaded_;
};

TEST_F(LoadScenarios, HasTheDefaultsOfTheFormat) {
  write("p.json", "{}");
  write("scenario.json", R"({"projectFiles": ["p.json"], "ingressStores": [{"path": "s3://b/in"}],
                             "watchedStores": [{"path": "s3://b/out/"}]})");
  EXPECT_EQ(load(), "");
  ASSERT_EQ(loaded_.size(), 1U);
  const auto& scenario = loaded_.front();
  EXPECT_TRUE(scenario.enabled);
  EXPECT_EQ(scenario.name, root().substr(root().rfind('/') + 1));
  EXPECT_THAT(scenario.projectFiles, ElementsAre(root() + "/p.json"));
  const auto& ingress = scenario.ingressStores.front();
  EXPECT_EQ(ingress.uri.to_string(), "s3://b/in/");
  EXPECT_EQ(ingress.objectName, "data-%04d-%d.txt");
  EXPECT_EQ(ingress.uploadDelaySec, 300U);
  EXPECT_EQ(ingress.objectCount, 3U);
  EXPECT_FALSE(ingress.record.header);
  EXPECT_EQ(ingress.record.value, "%d,value");
  EXPECT_EQ(ingress.record.numRecords, 20U);
  const auto& watched = scenario.watchedStores.front();
  EXPECT_EQ(watched.objectCount, 3U);
  EXPECT_EQ(watched.pollingSleepSec, 60U);
  EXPECT_EQ(watched.timeoutSec, 2700U);
}

TEST_F(LoadScenarios, TellsAllProblemsWithTheirPlaces) {
  write("a/scenario.json", "{\n  \"enabeld\": false,\n  \"name\": \"a\", \"name\": \"b\"\n}");
  write("b/scenario.json", R"({"projectFiles": ["none.json"], "ingressStores": [
 {"path": "b/in", "objectName": "%n"}, {"path": "s3://b/", "objectName": "../%d", "objectCount": -1}, {}],
 "watchedStores": [{"watchType": "glue", "path": "glue:///db/t"}, {"watchType": "s4", "path": "s3://b/x"}],
 "placements": [{"account": "../up"}]})");
  EXPECT_THAT(
      load(),
      AllOf(HasSubstr("dir/a/scenario.json:2:3: /enabeld: unknown field 'enabeld' (did you mean "
                      "'enabled'?)"),
            HasSubstr("dir/a/scenario.json:3:16: /name: "),
            HasSubstr("dir/b/scenario.json:1:19: /projectFiles/0: there is no file " + root() +
                      "/b/none.json"),
            HasSubstr("dir/b/scenario.json:2:11: /ingressStores/0/path: 'b/in' is no URI"),
            HasSubstr("dir/b/scenario.json:2:33: /ingressStores/0/objectName: '%n' is not known"),
            HasSubstr("/ingressStores/1/objectName: '../%d' names no object below the path"),
            HasSubstr("/ingressStores/1/objectCount: -1 is out of range (0 to 100000)"),
            HasSubstr("/ingressStores/2: missing field 'path'"),
            HasSubstr("/watchedStores/0/watchType: a glue catalogue cannot be watched"),
            HasSubstr("/watchedStores/1/watchType: 's4' is not known here (did you mean 's3'?"),
            HasSubstr("/placements/0/account: '../up' cannot be part of a folder's name")));
}

TEST_F(LoadScenarios, RefusesTwinsAndGiants) {
  write("p.json", "{}");
  write("a/scenario.json", R"({"name": "same", "projectFiles": ["../p.json"], "ingressStores": [
 {"path": "s3://b/in"}, {"path": "s3://b/in/"},
 {"path": "s3://b/in", "objectName": "x", "record": {"numRecords": 1000000, "value": "%64d----"}}]})");
  write("b/scenario.json", R"({"name": "same", "projectFiles": ["../p.json"]})");
  EXPECT_THAT(load(), AllOf(HasSubstr("/ingressStores/1/objectName: /ingressStores/0 writes"),
                            HasSubstr("/ingressStores/2/record: objects of 69000000 bytes"),
                            HasSubstr("dir/b/scenario.json: /name: there are two scenarios")));
}

TEST_F(LoadScenarios, ReadsFilesOnly) {
  Diagnostics problems;
  load_scenarios(files_, {"/dev/zero"}, "/dev/zero", "zero", problems);
  ASSERT_EQ(problems.all().size(), 1U);
  EXPECT_EQ(problems.all().front().to_string(), "zero: /: is neither a file nor a folder");
}

TEST_F(LoadScenarios, OfWhatIsDisabledOnlyTheFormCounts) {
  write("scenario.json", R"({"enabled": false, "projectFiles": ["none.json"],
                             "watchedStores": [{"watchType": "glue", "path": "glue:///db/t"}]})");
  EXPECT_EQ(load(), "");
}

TEST_F(LoadScenarios, LooksTwentyLevelsDeepAndFollowsNoLink) {
  const auto nested = [](int folders) {
    std::string path;
    for (int i = 0; i < folders; ++i) path += "d/";
    return path + "scenario.json";
  };
  write(nested(19), R"({"enabled": false})");
  write(nested(20), R"({"enabled": false})");
  write(".git/scenario.json", "nothing");
  fs::create_directory_symlink(root() + "/d", root() + "/again");
  const auto found = find_scenarios(files_, root());
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, ElementsAre(root() + "/" + nested(19)));
  fs::remove_all(root() + "/d");
  EXPECT_THAT(load(), HasSubstr("there is no scenario.json in"));
}

template <class T>
std::string table(const std::string& title) {
  std::string text = format("\n### {}\n\n| field | type | default | |\n|---|---|---|---|\n", title);
  for (const auto& row : model::field_rows(json::schema<T>())) {
    text += format("| `{}` | {} | {} | {} |\n", row.name, row.type, row.initial, row.doc);
  }
  return text;
}

/// The page's tables are those of the code; CLS_ACCEPT=1 writes them anew.
TEST(ScenarioFields, AreTheEndOfThePageOfTheFormat) {
  std::ifstream in(CLS_PAGE);
  ASSERT_TRUE(in) << CLS_PAGE;
  std::stringstream page;
  page << in.rdbuf();
  const std::string text = page.str();
  const std::string title = "## Fields\n";
  const std::size_t start = text.find(title);
  ASSERT_NE(start, std::string::npos);
  const std::string wanted =
      title + table<Scenario>("The scenario") + table<Placement>("`placements`") +
      table<IngressStore>("`ingressStores`") + table<WatchedStore>("`watchedStores`");
  if (std::getenv("CLS_ACCEPT") != nullptr) {
    std::ofstream(CLS_PAGE) << text.substr(0, start) << wanted;
    GTEST_SKIP() << "written: " << CLS_PAGE;
  }
  EXPECT_EQ(text.substr(start), wanted) << "CLS_ACCEPT=1 writes it anew";
}

}  // namespace
}  // namespace cls::user_scenario
