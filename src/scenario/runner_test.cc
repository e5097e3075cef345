// SPDX-License-Identifier: Apache-2.0
// The runner with a stand-in for the command line: that each step does what it says, and above all
// that what is not as expected fails.
#include "scenario/runner.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/claim.h"
#include "record/manifest.h"
#include "scenario/parse.h"
#include "scenario/program.h"
#include "store/file_store.h"
#include "store/test_directory_test.h"

namespace cls::scenario {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* lot = "20230101PT5M144";
const model::Placement local{.provider = "local", .stage = {}, .account = {}, .region = {}};
const model::ProjectId project{"p", "1"};
const model::DatasetId raw{"raw", "1"};

/// Stands for cls: `audit` succeeds, the others write records or print.
class StandIn {
 public:
  int operator()(const std::vector<std::string>& arguments, cli::World& world) {
    commands.push_back(arguments.empty() ? "" : arguments.front());
    const std::string home = world.getenv("CLS_HOME").value();
    store::FileStore store(world.files, {.stores = home + "/stores", .buckets = {}});
    const record::Places places(local);
    const std::string command = commands.back();
    if (command == "audit") return audit_exit;
    if (command == "dataset") {
      put(store, places.dataset(raw),
          R"({"owner":{"name":"p","version":"1"},)"
          R"("dataset":{"name":"raw","version":"1","pathURI":"s3://data/in/"}})");
    }
    if (command == "manifest") {
      put(store,
          places.manifest(raw, lot::LotId::parse(lot).value(), record::ManifestState::complete),
          record::write_manifest({.state = record::ManifestState::complete,
                                  .comment = {},
                                  .lotId = lot,
                                  .uriType = record::UriType::identifier,
                                  .uris = {"s3://data/in/a", "s3://data/in/b", "s3://other/c"}}));
    }
    if (command == "claim") put_claim(store, places);
    if (command == "segment") put_segment(store, places);
    if (command == "print") {
      world.console.out("to stdout: " + world.getenv("COLOUR").value_or("none") + "\n");
      world.console.err("to stderr: " + format_instant(world.clock.now()) + "\n");
    }
    if (command == "process") start(world);
    return command == "fail" ? 1 : 0;
  }

  int audit_exit = 0;
  std::vector<std::string> commands;

 private:
  static void put(store::ObjectStore& store, const Uri& uri, const std::string& bytes) {
    ASSERT_TRUE(store.put(uri, bytes));
  }
  static void put_claim(store::ObjectStore& store, const record::Places& places) {
    const auto id = lot::LotId::parse(lot).value();
    record::Claim claim;
    claim.project = project.name;
    claim.projectVersion = project.version;
    claim.arc = "copy";
    claim.lot = lot;
    claim.state = record::ClaimState::ended;
    claim.result = record::ClaimResult::missing;
    put(store, places.claim(project, "copy", id), json::write_record(claim));
    put(store, places.arc_state(project, "copy", id, record::ArcState::missing), "");
  }
  static void put_segment(store::ObjectStore& store, const record::Places& places) {
    record::Segment segment;
    segment.head.dataset.name = "raw";
    segment.head.dataset.version = "1";
    segment.head.dataset.pathURI = "s3://data/in/";
    segment.head.at = segment.head.by = "x";
    segment.lines.push_back(
        {.uri = "s3://data/in/a%20b",
         .object = {.size = 1, .mtime = {}, .sha256 = "aa", .etag = {}, .versionId = {}},
         .firstSeen = "x",
         .ownLot = lot,
         .lot = "",
         .decision = record::Decision::rejected,
         .reason = "too late"});
    put(store, places.segment(project, "in", 1), record::write_segment(segment));
  }
  static void start(cli::World& world) {
    const std::string out = world.working_directory + "/out";
    ASSERT_TRUE(world.processes.run({.command = {"true"},
                                     .environment = {{"PATH", world.getenv("PATH").value()}},
                                     .working_directory = world.working_directory,
                                     .stdout_path = out,
                                     .stderr_path = out},
                                    {}, [](int) {}));
  }
};

class RunnerTest : public ::testing::Test {
 protected:
  RunnerTest() { std::ofstream(directory_ + "/project.json") << "{\"a\": 1}"; }

  /// What fails of a scenario of this text.
  std::vector<std::string> failures_of(const std::string& text) {
    const Parsed parsed = parse_scenario(text, "s");
    EXPECT_THAT(parsed.problems, IsEmpty());
    const Report report =
        run_scenario(parsed.scenario, directory_, {},
                     [this](const auto& arguments, auto& world) { return cls_(arguments, world); });
    EXPECT_EQ(std::filesystem::exists(report.sandbox), !report.failures.empty());
    std::filesystem::remove_all(report.sandbox);
    return report.failures;
  }
  void expect_ok(const std::string& text) { EXPECT_THAT(failures_of(text), IsEmpty()) << text; }
  void expect_failure(const std::string& text, const std::string& message) {
    EXPECT_THAT(failures_of(text), ElementsAre(HasSubstr(message))) << text;
  }

  store::TestDirectory made_;
  std::string directory_ = made_.path();
  StandIn cls_;
};

TEST_F(RunnerTest, EveryScenarioEndsWithTheAudit) {
  expect_ok("expect processes 0");
  EXPECT_THAT(cls_.commands, ElementsAre("audit"));
  cls_.audit_exit = 5;
  expect_failure("expect processes 0",
                 "the audit at the end should exit with 0: `cls audit` exited");
  expect_ok("expect audit 5");
}

TEST_F(RunnerTest, UpNeedsTheProgramAndStopNeedsOneThatIsUp) {
  expect_failure("up\nexpect processes 0", "up needs the program: scenario --cls FILE");
  expect_failure("stop\nexpect processes 0", "none is up");
  expect_failure("close a\nexpect processes 0", "is not held");
}

TEST_F(RunnerTest, FilesAsOtherProgramsMakeThem) {
  expect_ok(
      "hold a/b \"x\"\nexpect file a/b ~ ^x$\nhold a/b \"y\"\nclose a/b\nexpect file a/b ~ ^xy$\n"
      "link a/b → c/d\nsymlink ../c/d → e/f\nexpect file e/f ~ ^xy$\nawait file c/d ~ ^xy$");
}

TEST_F(RunnerTest, AnotherExitCodeEndsTheScenario) {
  expect_failure("run cls fail → 0\nexpect processes 7",
                 ":1: run cls fail → 0: `cls fail` exited with 1");
  EXPECT_THAT(cls_.commands, ElementsAre("fail"));
  expect_ok("run cls fail → 1\nexpect processes 0");
}

TEST_F(RunnerTest, Manifests) {
  const std::string made = "run cls dataset → 0\nrun cls manifest → 0\n";
  const std::string manifest = made + "expect manifest raw 20230101PT5M144 ";
  expect_ok(manifest + "complete: a b s3://other/c");
  expect_ok(made + "expect manifest raw/1 20230101PT5M144 complete: s3://other/c * *");
  expect_failure(manifest + "complete: a b", "unexpected s3://other/c");
  expect_failure(manifest + "complete: a b s3://other/c d", "missing d");
  expect_failure(manifest + "empty", "states of the lot: complete");
  expect_failure(made + "expect manifest raw 20230101PT5M145 complete", "states of the lot: none");
  expect_failure(made + "expect manifest cooked 20230101PT5M144 complete", "no dataset is named");
  expect_ok(made + "expect no manifest raw 20230101PT5M145");
  expect_ok(made + "expect no manifest raw 20230101PT5M144 empty");
  expect_failure(made + "expect no manifest raw 20230101PT5M144", "there is one: complete");
  expect_failure("expect no manifest raw 20230101PT5M144", "no dataset is named");
}

TEST_F(RunnerTest, States) {
  const std::string made = "run cls claim → 0\nexpect ";
  expect_ok(made + "state copy 20230101PT5M144 missing");
  expect_ok(made + "state p/1/copy 20230101PT5M144 missing");
  expect_ok(made + "no state copy 20230101PT5M145");
  expect_failure(made + "state copy 20230101PT5M144 complete", "the claim says missing");
  expect_failure(made + "state p/2/copy 20230101PT5M144 missing", "no claim");
  expect_failure(made + "state opy 20230101PT5M144 missing", "no claim");
  expect_failure(made + "no state copy 20230101PT5M144", "the claim says missing");
  expect_failure("run cls claim → 0\ndelete s3://x\nexpect processes 0", "there is no");
  expect_failure(
      "run cls claim → 0\n"
      "delete clusterless-arc-state-local-home/arcs\n"
      "expect state copy 20230101PT5M144 missing",
      "arc-state objects of the lot are: none");
}

TEST_F(RunnerTest, Lines) {
  const std::string made = "run cls segment → 0\nexpect ";
  expect_ok(made + "line in a%20b rejected");
  expect_ok(made + "line in s3://data/in/a%20b rejected ~ ^too late$");
  expect_ok(made + "no line in b");
  expect_ok(made + "no line in a%20b member");
  expect_failure(made + "line in a%20b member", "a%20b rejected - ~ too late");
  expect_failure(made + "line in a%20b rejected 20230101PT5M144", "there is no such line");
  expect_failure(made + "line in a%20b rejected ~ early", "there is no such line");
  expect_failure(made + "line other a%20b rejected", "the ledger has: none");
  expect_failure(made + "no line in a%20b", "there is one");
}

TEST_F(RunnerTest, OutputIsThatOfTheLastCommand) {
  expect_ok("run cls print → 0\nexpect stdout ~ stdout: none\nexpect no stderr ~ stdout");
  expect_ok("set COLOUR=red\nrun cls print → 0\nexpect stdout ~ : red\\n$");
  expect_failure("run cls print → 0\nrun cls → 0\nexpect stdout ~ stdout", "it was not found");
  expect_failure("run cls print → 0\nexpect no stderr ~ to", "it was found");
}

TEST_F(RunnerTest, TheClockStandsStillUntilItIsMoved) {
  expect_ok("run cls print → 0\nexpect stderr ~ 2023-01-01T12:00:00.000000000Z");
  expect_ok("clock +5m\nrun cls print → 0\nexpect stderr ~ T12:05:00.000000000Z");
  expect_ok("clock -1h\nrun cls print → 0\nexpect stderr ~ T11:00:00.000000000Z");
  expect_ok("start 2024-01-01\nclock +1d\nrun cls print → 0\nexpect stderr ~ 2024-01-02T00:00:00");
}

TEST_F(RunnerTest, Files) {
  expect_ok("write data/a @now\nexpect file data/a ~ ^data/a$");
  expect_ok("write /home/stores/s3/data/a @now \"x\"\nexpect file data/a ~ ^x$");
  expect_ok(
      "write data/{n} @now x2\nexpect file data/1 ~ ^data/1$\nexpect file data/2\n"
      "expect no file data/3");
  expect_ok(
      "write data/a @now\nrename data/a → data/b/c\nexpect no file data/a\nexpect file data/b/c");
  expect_ok("write data/a @now\ndelete data/a\nexpect no file data/a");
  expect_ok("edit project.json \"s/\\\"a\\\"/b/\"\nexpect file /project.json ~ \\{b: 1\\}");
  expect_failure("write data/a @now\nexpect no file data/a", "there is one");
  expect_failure("expect file data/a", "there is no such file");
  expect_failure("expect file /project.json ~ b", "its text is");
  expect_failure("edit project.json s/c/b/\nexpect processes 0", "'c' is not in project.json");
  expect_failure("rename data/a → data/b\nexpect processes 0", "cannot rename");
}

TEST_F(RunnerTest, RecordsUnchanged) {
  const std::string made = "run cls dataset → 0\nremember records\n";
  expect_ok(made + "write data/in/a @now\nexpect records unchanged");
  expect_failure(made + "run cls claim → 0\nexpect records unchanged", "new: s3://clusterless-arc");
  expect_failure(made + "delete clusterless-metadata-local-home/datasets\nexpect records unchanged",
                 "gone: s3://clusterless-metadata");
  expect_failure(
      "run cls segment → 0\nremember records\n"
      "write clusterless-arc-state-local-home/arrivals/project=p/version=1/boundary=in/"
      "segment=000000000001.jsonl @now\nexpect records unchanged",
      "changed: s3://clusterless-arc");
  expect_failure("expect records unchanged", "no records were remembered");
}

TEST_F(RunnerTest, ProcessesAreCounted) {
  expect_ok("run cls process → 0\nrun cls process → 0\nexpect processes 2");
  expect_failure("run cls process → 0\nexpect processes 0", "1 were started");
}

TEST_F(RunnerTest, OneExpectationThatFailsHidesNoOther) {
  EXPECT_THAT(failures_of("expect processes 1\nexpect file a\nexpect processes 0"),
              ElementsAre(HasSubstr(":1: "), HasSubstr(":2: ")));
}

class NoConsole final : public cli::Console {
 public:
  void out(std::string_view text) override { kept += text; }
  void err(std::string_view text) override { kept += text; }
  std::string kept;
};

TEST_F(RunnerTest, ProgramSaysWhatIsWrong) {
  NoConsole console;
  const Command command = [this](const auto& arguments, auto& world) {
    return cls_(arguments, world);
  };
  EXPECT_EQ(run_program({}, console, command), 2);
  EXPECT_EQ(run_program({"--kepp", directory_}, console, command), 2);
  EXPECT_EQ(run_program({directory_}, console, command), 1);  // no scenario.txt
  std::ofstream(directory_ + "/scenario.txt") << "run cls → 0\n";
  EXPECT_EQ(run_program({directory_}, console, command), 1);
  EXPECT_THAT(console.kept, HasSubstr("a scenario has to expect something"));
  std::ofstream(directory_ + "/scenario.txt") << "expect processes 0\n";
  EXPECT_EQ(run_program({directory_ + "/"}, console, command), 0);
  EXPECT_THAT(console.kept, HasSubstr("ok " + directory_));
}

}  // namespace
}  // namespace cls::scenario
