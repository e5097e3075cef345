// SPDX-License-Identifier: Apache-2.0
// Whole commands: what they print, what they leave, the code they end with (docs/exit-codes.md).
#include <algorithm>
#include <atomic>

#include <gmock/gmock.h>

#include "cli/cli_world_test.h"
#include "store/scripted_file_system_test.h"

namespace cls::cli::testing {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Commands : public CliTest {};

TEST_F(Commands, HelpListsTheCommandsAndF21EveryCommandHasItsOwn) {
  for (const std::vector<std::string>& help :
       {std::vector<std::string>{"--help"}, {"-h"}, {"help"}, {}}) {
    const Ran ran = cls(help);
    EXPECT_EQ(ran.code, 0);
    EXPECT_THAT(ran.out, AllOf(HasSubstr("verify"), HasSubstr("audit"), HasSubstr("retry")));
  }
  for (const auto* command : {"verify", "deploy", "run", "up", "status", "audit", "retry"}) {
    const Ran ran = cls({command, "--help"});
    EXPECT_EQ(ran.code, 0) << command;
    EXPECT_THAT(ran.out, HasSubstr("--home")) << command;
    EXPECT_EQ(cls({"help", command}).out, ran.out) << command;
  }
}

TEST_F(Commands, VersionIsPrinted) {
  EXPECT_EQ(cls({"--version"}).out, std::string("cls ") + version + "\n");
}

TEST_F(Commands, UsageErrorsEndWith2AndSayWhatWouldBeRight) {
  EXPECT_EQ(cls({"verify"}).code, 2);
  EXPECT_EQ(cls({"run", "--no-such-option"}).code, 2);
  const Ran unknown = cls({"statsu"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'cls status'?"));
  EXPECT_EQ(cls({"deploy", "-p", "x.json", "--output", "xml"}).code, 2);
  // As a script has it whose variable is not set: it is not about the usual home.
  const Ran empty = cls({"status", "--home", ""});
  EXPECT_EQ(empty.code, 2);
  EXPECT_THAT(empty.err, HasSubstr("name a folder"));
}

TEST_F(Commands, GlobalOptionsAreTakenBeforeAndAfterTheCommand) {
  write(path("p.json"), copy_project());
  EXPECT_EQ(cls({"deploy", "-p", "p.json", "--home", "other"}).code, 0);
  EXPECT_TRUE(fs::exists(path("other/home.json")));
  const Ran before = cls({"--home", "other", "--output", "csv", "projects"});
  EXPECT_THAT(before.out, HasSubstr("p,1"));
  EXPECT_EQ(before.out, cls({"projects", "--home", "other", "--output", "csv"}).out);
}

TEST_F(Commands, ReportsAreFilteredByPlacement) {
  write(path("p.json"), copy_project());
  ASSERT_EQ(cls({"deploy", "-p", "p.json"}).code, 0);
  const auto rows = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--output", "csv"});
    const Ran ran = cls(arguments);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return std::ranges::count(ran.out, '\n') - 1;
  };
  for (const std::vector<std::string>& report : {std::vector<std::string>{"projects"},
                                                 {"placements"},
                                                 {"arcs"},
                                                 {"boundaries"},
                                                 {"arcs", "status"}}) {
    const auto with = [&](const std::vector<std::string>& more) {
      std::vector<std::string> all = report;
      all.insert(all.end(), more.begin(), more.end());
      return rows(all);
    };
    EXPECT_EQ(with({}), 1) << report.back();
    EXPECT_EQ(with({"-P", "local"}), 1) << report.back();
    EXPECT_EQ(with({"--providers", "aws"}), 0) << report.back();
    EXPECT_EQ(with({"-P", "aws,local"}), 1) << report.back();
    EXPECT_EQ(with({"--stage"}), 1) << report.back() << ": it has none";
    EXPECT_EQ(with({"--stage", "dev"}), 0) << report.back();
    EXPECT_EQ(with({"--region", "us-west-2"}), 0) << report.back();
    EXPECT_EQ(with({"--account", "111122223333"}), 0) << report.back();
    EXPECT_EQ(with({"--profile", "me"}), 1) << report.back();
  }
  EXPECT_EQ(rows({"substrates", "-P", "local"}), 1);
  EXPECT_EQ(rows({"regions", "-P", "local"}), 0);
  const Ran refused = cls({"-P", "local", "run", "-p", "p.json"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--providers chooses what reports show"));
  EXPECT_EQ(cls({"projects", "-P", "azure"}).code, 2);
}

TEST_F(Commands, AnAbsentFileEndsWith74) {
  const Ran ran = cls({"verify", "-p", "absent.json"});
  EXPECT_EQ(ran.code, 74);
  EXPECT_EQ(ran.err, "cls: does not exist: absent.json\n");
}

TEST_F(Commands, VerifySaysAllProblemsWithPlacesAndChangesNothing) {
  write(path("bad.json"), R"({"project": {"name": "p"},
 "placement": {"provider": "lokal"},
 "arcs": [{"type": "core:copyArk", "name": "x"}]})");
  const Ran ran = cls({"verify", "-p", "bad.json"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err,
              AllOf(HasSubstr("bad.json:1:13: /project: missing field 'version'"),
                    HasSubstr("did you mean 'local'?"), HasSubstr("did you mean 'core:copyArc'?")));
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Commands, VerifyReadsStandardInput) {
  const Ran ran = cls({"verify", "-p", "-"}, copy_project());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "-: ok: p/1, 1 boundary, 1 arc\n");
}

namespace {

/// The same project with a placement on aws.
std::string on_aws(std::string project) {
  return project.replace(
      project.find(R"({"provider": "local"})"), 21,
      R"({"provider": "aws", "account": "111122223333", "region": "eu-west-1"})");
}

}  // namespace

TEST_F(Commands, WhatVerifyTakesForAwsDeployRefusesYet) {
  write(path("p.json"), on_aws(copy_project()));
  EXPECT_EQ(cls({"verify", "-p", "p.json"}).code, 0);
  const Ran deployed = cls({"deploy", "-p", "p.json"});
  EXPECT_EQ(deployed.code, 4);
  EXPECT_THAT(deployed.err, HasSubstr("cannot deploy to aws yet"));
  EXPECT_FALSE(fs::exists(home()));
  EXPECT_EQ(cls({"run", "-p", "p.json"}).code, 0) << "run is always local";
}

TEST_F(Commands, VerifyForAwsWritesTemplates) {
  write(path("p.json"), on_aws(copy_project()));
  const auto run = [&] {
    return cls({"verify", "-p", "p.json", "--substrate", "aws", "--out", "out"});
  };
  environment_["CLS_ASSETS_PATH"] = path("absent");
  const Ran without = run();
  EXPECT_EQ(without.code, 1);
  EXPECT_THAT(without.err, HasSubstr("no code for functions"));
  EXPECT_FALSE(fs::exists(path("out")));
  environment_["CLS_ASSETS_PATH"] = path("code");
  fs::create_directories(path("code"));
  write(path("code/bootstrap-arm_64.zip"), "arm");
  write(path("code/bootstrap-x86_64.zip"), "x86");
  const Ran ran = run();
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("wrote 2 templates to out"));
  EXPECT_TRUE(fs::exists(path("out/assembly.json")));
  EXPECT_THAT(read(path("out/111122223333-eu-west-1/p-arc-copy-1-eu-west-1.template.json")),
              HasSubstr("AWS::StepFunctions::StateMachine"));
}

TEST_F(Commands, WhatVerifyWroteBeforeGivesWay) {
  write(path("p.json"), on_aws(copy_project()));
  environment_["CLS_ASSETS_PATH"] = path("code");
  fs::create_directories(path("code"));
  write(path("code/bootstrap-arm_64.zip"), "arm");
  write(path("code/bootstrap-x86_64.zip"), "x86");
  const std::string arc = "out/111122223333-eu-west-1/p-arc-copy-1-eu-west-1.template.json";
  EXPECT_EQ(cls({"verify", "-p", "p.json", "--out", "out"}).code, 0);
  write(path("out/mine.txt"), "mine");
  EXPECT_TRUE(fs::exists(path(arc)));
  EXPECT_EQ(cls({"verify", "-p", "p.json", "--out", "out", "--exclude-all-arcs"}).code, 0);
  EXPECT_FALSE(fs::exists(path(arc)));
  EXPECT_TRUE(fs::exists(path("out/mine.txt"))) << "what somebody else put there stays";
}

TEST_F(Commands, VerifyForAwsOfAProjectForHereSaysSo) {
  write(path("p.json"), copy_project());
  const Ran ran = cls({"verify", "-p", "p.json", "--substrate", "aws"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(
      ran.err,
      HasSubstr(
          "/placement/provider: a project with the provider 'local' cannot be deployed to aws"));
  EXPECT_EQ(cls({"verify", "-p", "p.json", "--out", "out"}).code, 2);
}

TEST_F(Commands, ABadFileAmongGoodOnesDeploysNothing) {
  write(path("good.json"), copy_project("good"));
  write(path("bad.json"), R"({"project": {"name": "p"}})");
  EXPECT_EQ(cls({"deploy", "-p", "good.json", "-p", "bad.json"}).code, 1);
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Commands, AMissingWorkingDirectoryIsFoundBeforeAnythingIsStored) {
  std::string project = command_project("true");
  project.insert(project.find("\"manifest\""), R"("workingDir": "absent", )");
  write(path("p.json"), project);
  const Ran ran = cls({"deploy", "-p", "p.json"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("/arcs/0/workload/workingDir: 'absent' is no directory"));
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Commands, RunTakesInCopiesAndASecondRunChangesNothing) {
  write(path("p.json"), copy_project());
  write(stored("data-p/in/a.txt"), "one");
  const Ran first = cls({"run", "-p", "p.json"});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_THAT(first.out, HasSubstr("took in 1 object, ran 1 attempt"));
  EXPECT_EQ(read(stored("data-p/out/a.txt")), "one");
  const auto before = records();
  const Ran second = cls({"run", "-p", "p.json"});
  EXPECT_EQ(second.code, 0);
  EXPECT_THAT(second.out, HasSubstr("took in 0 objects, ran 0 attempts"));
  EXPECT_EQ(records(), before);
  EXPECT_EQ(cls({"audit"}).code, 0);
}

TEST_F(Commands, TheIndexMayBeDeleted) {
  write(path("p.json"), copy_project());
  write(stored("data-p/in/a.txt"), "one");
  ASSERT_EQ(cls({"run", "-p", "p.json"}).code, 0);
  const auto before = records();
  for (const auto* file : {"cls.db", "cls.db-wal", "cls.db-shm"}) fs::remove(home() + "/" + file);
  ASSERT_EQ(cls({"run"}).code, 0);
  EXPECT_EQ(records(), before);
  write(stored("data-p/in/late.txt"), "two", std::chrono::seconds(7200));
  for (const auto* file : {"cls.db", "cls.db-wal", "cls.db-shm"}) fs::remove(home() + "/" + file);
  const Ran ran = cls({"run", "--seal"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(read(stored("data-p/out/late.txt")), "two");
}

TEST_F(Commands, AFailingArcEndsWith3IsRetriedAndThenComplete) {
  write(path("p.json"), command_project("test -e $HOME/go && echo x > $CLS_SINK_MAIN_PATH/x"));
  environment_["HOME"] = directory_;
  write(stored("data-p/in/a.txt"), "one");
  const Ran failed = cls({"run", "-p", "p.json"});
  EXPECT_EQ(failed.code, 3) << failed.err;
  EXPECT_THAT(failed.out, AllOf(HasSubstr("not complete: p/1 work 1 lot"), HasSubstr("cls retry")));
  EXPECT_EQ(cls({"run"}).code, 3) << "still missing, and nothing runs";
  write(path("go"), "");
  const Ran retried = cls({"retry", "work"});
  EXPECT_EQ(retried.code, 0);
  EXPECT_THAT(retried.out, HasSubstr("1 lot will be tried again"));
  EXPECT_EQ(cls({"run"}).code, 0);
  EXPECT_EQ(read(stored("data-p/out/x")), "x\n");
  EXPECT_THAT(cls({"retry"}).out, HasSubstr("no lot ended missing"));
}

TEST_F(Commands, AChangedDeclarationTriesAgain) {
  write(path("p.json"), command_project("false"));
  write(stored("data-p/in/a.txt"), "one");
  ASSERT_EQ(cls({"run", "-p", "p.json"}).code, 3);
  write(path("p.json"), command_project("echo y > $CLS_SINK_MAIN_PATH/y"));
  const Ran ran = cls({"run", "-p", "p.json"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("1 lot of changed arcs will be tried again"));
}

TEST_F(Commands, RetryOfAnUnknownArcOrAFineLotSaysSo) {
  write(path("p.json"), copy_project());
  write(stored("data-p/in/a.txt"), "one");
  ASSERT_EQ(cls({"run", "-p", "p.json"}).code, 0);
  const Ran unknown = cls({"retry", "coyp"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'copy'?"));
  const Ran fine = cls({"retry", "copy", "20230101PT5M000..20230101PT5M003"});
  EXPECT_EQ(fine.code, 1);
  EXPECT_THAT(fine.err, HasSubstr("did not end missing or partial"));
  EXPECT_EQ(cls({"retry", "copy", "nonsense"}).code, 2);
}

TEST_F(Commands, AnotherProjectsDatasetIsRefusedAndNothingOfItIsStored) {
  write(path("a.json"), copy_project());
  ASSERT_EQ(cls({"deploy", "-p", "a.json"}).code, 0);
  std::string thief = copy_project();
  thief.replace(thief.find(R"("name": "p")"), 11, R"("name": "q")");
  write(path("b.json"), thief);
  const auto before = records();
  const Ran ran = cls({"deploy", "-p", "b.json"});
  EXPECT_EQ(ran.code, 4) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("p-in/1"));
  EXPECT_EQ(records(), before);
}

TEST_F(Commands, DestroyKeepsRecordsAndDataAndRedeployGoesOn) {
  write(path("p.json"), copy_project());
  write(stored("data-p/in/a.txt"), "one");
  ASSERT_EQ(cls({"run", "-p", "p.json"}).code, 0);
  const Ran destroyed = cls({"destroy", "p:1"});
  EXPECT_EQ(destroyed.code, 0) << destroyed.err;
  EXPECT_EQ(read(stored("data-p/out/a.txt")), "one");
  EXPECT_THAT(cls({"projects"}).out, Not(HasSubstr("p ")));
  const Ran again = cls({"destroy", "p:1"});
  EXPECT_EQ(again.code, 1);
  EXPECT_THAT(again.err, HasSubstr("no project p:1 is deployed"));
  const Ran ran = cls({"run", "-p", "p.json"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr("took in 0 objects, ran 0 attempts"));
}

TEST_F(Commands, AuditNamesAMemberThatIsGoneOrChangedAndEndsWith5) {
  write(path("p.json"), copy_project());
  write(stored("data-p/in/a.txt"), "one");
  write(stored("data-p/in/b.txt"), "two");
  ASSERT_EQ(cls({"run", "-p", "p.json"}).code, 0);
  fs::remove(stored("data-p/out/a.txt"));
  write(stored("data-p/out/b.txt"), "TWO");
  const Ran ran = cls({"audit", "--output", "json"});
  EXPECT_EQ(ran.code, 5);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("s3://data-p/out/a.txt"), HasSubstr("s3://data-p/out/b.txt")));
}

TEST_F(Commands, AuditOfNothingIsNotGoodNews) {
  ASSERT_EQ(cls({"bootstrap"}).code, 0);
  EXPECT_EQ(cls({"audit"}).code, 1);
}

TEST_F(Commands, AFolderWithOtherFilesIsNoHome) {
  write(home() + "/thesis.doc", "precious");
  const Ran ran = cls({"bootstrap"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("holds other files"));
  EXPECT_EQ(read(home() + "/thesis.doc"), "precious");
}

TEST_F(Commands, AHomeOfANewerVersionIsRefusedAndUntouched) {
  write(home() + "/home.json", R"({"version":99,"id":"x","createdBy":"cls 9"})");
  write(path("p.json"), copy_project());
  const Ran ran = cls({"run", "-p", "p.json"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("use a newer cls"));
  EXPECT_FALSE(fs::exists(home() + "/stores"));
}

TEST_F(Commands, WithoutAHomeReportsSayHowToMakeOne) {
  for (const auto* command : {"status", "audit", "arcs", "datasets", "projects", "retry", "run"}) {
    const Ran ran = cls({command});
    EXPECT_EQ(ran.code, 1) << command;
    EXPECT_THAT(ran.err, HasSubstr("cls bootstrap --home")) << command;
  }
}

TEST_F(Commands, AnUnreadableObjectIsSaidAndTakenInOnceItCanBeRead) {
  write(path("p.json"), copy_project());
  write(stored("data-p/in/a.txt"), "one");
  write(stored("data-p/in/b.txt"), "two");
  store::ScriptedFileSystem files;
  files_ = &files;
  files.plan = [](const std::string& call, const std::string& file) -> std::optional<FailureCode> {
    if (call == "read_pieces" && file.ends_with("in/a.txt")) return FailureCode::Denied;
    return std::nullopt;
  };
  const Ran ran = cls({"run", "-p", "p.json"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, AllOf(HasSubstr("in/a.txt"), HasSubstr("once it can be read")));
  EXPECT_EQ(read(stored("data-p/out/b.txt")), "two");
  files.plan = {};
  EXPECT_EQ(cls({"run", "--seal"}).code, 0);
  EXPECT_EQ(read(stored("data-p/out/a.txt")), "one");
  EXPECT_EQ(cls({"audit"}).code, 0);
}

TEST_F(Commands, AFullDiskIsSaidNothingIsLostAndItGoesOnWhenMended) {
  write(path("p.json"), copy_project());
  for (const auto* name : {"a", "b", "c"}) write(stored(format("data-p/in/{}.txt", name)), name);
  store::ScriptedFileSystem files;
  files_ = &files;
  ASSERT_EQ(cls({"deploy", "-p", "p.json", "--since", "all"}).code, 0);
  // The disk fills up after ever more writes, until it is large enough.
  bool done = false;
  for (int room = 0; room < 60 && !done; ++room) {
    std::atomic<int> writes = 0;
    files.plan = [&](const std::string& call, const std::string&) -> std::optional<FailureCode> {
      const bool takes_room = call == "write_new" || call == "copy_new";
      return takes_room && writes++ >= room ? std::optional(FailureCode::NoSpace) : std::nullopt;
    };
    const Ran ran = cls({"run"});
    done = ran.code == 0;
    if (!done) {
      EXPECT_THAT(ran.err, HasSubstr("injected")) << ran.code;
    }
    files.plan = {};
    const Ran audit = cls({"audit"});
    // A manifest that could not be written is missed until the next run, nothing else.
    if (audit.code == 5) {
      EXPECT_THAT(audit.out, HasSubstr("publishes it again")) << room;
    }
    EXPECT_NE(cls({"retry"}).code, 75);
  }
  EXPECT_TRUE(done);
  for (const auto* name : {"a", "b", "c"}) {
    EXPECT_EQ(read(stored(format("data-p/out/{}.txt", name))), name);
  }
  EXPECT_EQ(cls({"audit"}).code, 0);
}

TEST_F(Commands, AnObjectIsPublishedAfterTenWaitsForTheDisk) {
  write(path("p.json"), copy_project());
  write(stored("data-p/in/a.txt"), "one", std::chrono::hours(2));
  ASSERT_EQ(cls({"run", "-p", "p.json"}).code, 0);
  write(stored("data-p/in/b.txt"), "two", std::chrono::hours(1));
  store::ScriptedFileSystem files;
  files_ = &files;
  int waits = 0;
  int until_published = 0;
  bool published = false;
  std::mutex mutex;
  files.plan = [&](const std::string& call, const std::string& file) -> std::optional<FailureCode> {
    const std::lock_guard lock(mutex);
    const bool sink = file.find("/clusterless-manifest-") != std::string::npos &&
                      file.find("p-out") != std::string::npos;
    published = published || (call == "link" && sink);
    if (call != "sync") return std::nullopt;
    ++waits;
    if (published && until_published == 0) until_published = waits;
    return std::nullopt;
  };
  ASSERT_EQ(cls({"run"}).code, 0);
  EXPECT_EQ(read(stored("data-p/out/b.txt")), "two");
  EXPECT_TRUE(published);
  EXPECT_LE(until_published, 10);
  EXPECT_GE(until_published, 6) << "data, members, commit and manifest each wait for the last";
  EXPECT_LE(waits, 13);
}

TEST_F(Commands, AReadOnlyHomeIsSaidAndNothingChanges) {
  write(path("p.json"), copy_project());
  write(stored("data-p/in/a.txt"), "one");
  ASSERT_EQ(cls({"run", "-p", "p.json"}).code, 0);
  write(stored("data-p/in/b.txt"), "two");
  store::ScriptedFileSystem files;
  files.plan = [](const std::string& call, const std::string&) -> std::optional<FailureCode> {
    return call == "read_pieces" ? std::nullopt : std::optional(FailureCode::Denied);
  };
  files_ = &files;
  const auto before = records();
  const Ran ran = cls({"run"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("injected"));
  EXPECT_EQ(records(), before);
  EXPECT_EQ(cls({"status"}).code, 0) << "reports need to write nothing";
  files_ = nullptr;
  EXPECT_EQ(cls({"run", "--seal"}).code, 0);
  EXPECT_EQ(read(stored("data-p/out/b.txt")), "two");
}

TEST_F(Commands, ReportsHaveFourFormats) {
  write(path("p.json"), copy_project());
  write(stored("data-p/in/a.txt"), "one");
  ASSERT_EQ(cls({"run", "-p", "p.json"}).code, 0);
  for (const std::vector<std::string>& report : {std::vector<std::string>{"status"},
                                                 {"arcs"},
                                                 {"arcs", "status"},
                                                 {"arcs", "status", "--list"},
                                                 {"datasets"},
                                                 {"datasets", "status"},
                                                 {"datasets", "status", "--list"},
                                                 {"projects"},
                                                 {"placements"},
                                                 {"audit"}}) {
    for (const auto* output : {"table", "json", "csv", "tsv"}) {
      auto arguments = report;
      arguments.insert(arguments.end(), {"--output", output});
      const Ran ran = cls(arguments);
      EXPECT_EQ(ran.code, 0) << report.back() << " " << output << ran.err;
      EXPECT_FALSE(ran.out.empty() && report.front() != "audit") << report.back() << " " << output;
    }
  }
  EXPECT_THAT(cls({"arcs", "status", "--list", "--output", "csv"}).out, HasSubstr(",complete\n"));
}

TEST_F(Commands, DeployGivesNewArcsOnlyWhatIsReadyFromNowOn) {
  write(path("p.json"), copy_project());
  write(stored("data-p/in/a.txt"), "one");
  ASSERT_EQ(cls({"run", "-p", "p.json"}).code, 0);
  clock_.catch_up();  // "from now on" is the time of a stored record
  std::string reader = R"({"project": {"name": "r", "version": "1"},
    "placement": {"provider": "local"},
    "arcs": [{"type": "core:copyArc", "name": "again", "sources": {"main": {"name": "p-out", "version": "1"}},
      "sinks": {"main": {"name": "r-out", "version": "1", "pathURI": "s3://data-r/out/"}}}]})";
  write(path("r.json"), reader);
  ASSERT_EQ(cls({"deploy", "-p", "r.json"}).code, 0);
  ASSERT_EQ(cls({"run"}).code, 0);
  EXPECT_FALSE(fs::exists(stored("data-r/out/a.txt")));
  std::string other = reader;
  for (auto at = other.find("\"r"); at != std::string::npos; at = other.find("\"r", at + 2)) {
    if (other.compare(at, 3, "\"r\"") == 0 || other.compare(at, 3, "\"r-") == 0)
      other[at + 1] = 's';
  }
  other.replace(other.find("s3://data-r/"), 12, "s3://data-s/");
  write(path("s.json"), other);
  ASSERT_EQ(cls({"deploy", "-p", "s.json", "--since", "all"}).code, 0);
  ASSERT_EQ(cls({"run"}).code, 0);
  EXPECT_EQ(read(stored("data-s/out/a.txt")), "one");
  EXPECT_EQ(cls({"deploy", "-p", "s.json", "--since", "yesterdayish"}).code, 2);
}

}  // namespace cls::cli::testing
