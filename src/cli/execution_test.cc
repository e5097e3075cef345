// SPDX-License-Identifier: Apache-2.0
// How commands are carried out: --dry-run, --retry, bootstrap and its undoing.
#include <gmock/gmock.h>

#include "cli/cli_world_test.h"
#include "store/scripted_file_system_test.h"

namespace cls::cli::testing {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Execution : public CliTest {};

TEST_F(Execution, ADryRunSaysWhatWouldBeDoneAndChangesNothing) {
  write(path("p.json"), copy_project());
  const Ran bootstrap = cls({"bootstrap", "--dry-run"});
  EXPECT_EQ(bootstrap.code, 0);
  EXPECT_EQ(bootstrap.out, "would make " + home() + " a home\n");
  const Ran deploy = cls({"deploy", "-p", "p.json", "--dry-run", "--approve"});
  EXPECT_EQ(deploy.code, 0) << deploy.err;
  EXPECT_EQ(deploy.out, "would deploy p/1: 1 boundary, 1 arc\n");
  EXPECT_FALSE(fs::exists(home()));
  write(path("bad.json"), "{}");
  EXPECT_EQ(cls({"deploy", "-p", "bad.json", "--dry-run"}).code, 1);
  ASSERT_EQ(cls({"deploy", "-p", "p.json"}).code, 0);
  const auto before = records();
  EXPECT_EQ(cls({"destroy", "p:1", "--dry-run"}).out, "would destroy p/1\n");
  EXPECT_EQ(cls({"destroy", "p:1", "--delete-records", "--dry-run"}).out,
            "would destroy p/1 and delete its records\n");
  EXPECT_EQ(cls({"destroy", "q:1", "--dry-run"}).code, 1);
  EXPECT_EQ(records(), before);
}

TEST_F(Execution, WhatIsTemporaryIsTriedThreeTimes) {
  write(path("p.json"), copy_project());
  store::ScriptedFileSystem files;
  files_ = &files;
  int full = 2;
  files.plan = [&](const std::string& call, const std::string& file) -> std::optional<FailureCode> {
    const bool stores = call == "write_new" && file.find("/stores/") != std::string::npos;
    if (!stores || full == 0) return std::nullopt;
    --full;
    return FailureCode::NoSpace;
  };
  EXPECT_EQ(cls({"deploy", "-p", "p.json"}).code, 75);
  full = 2;
  const auto begun = clock_.monotonic();
  const Ran ran = cls({"deploy", "-p", "-", "--retry"}, copy_project());
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.err, AllOf(HasSubstr("trying again in 30 seconds"),
                             HasSubstr("trying again in 60 seconds")));
  EXPECT_GE(clock_.monotonic() - begun, std::chrono::seconds(90));
  full = 3;
  EXPECT_EQ(cls({"deploy", "-p", "-", "--retry"}, copy_project("r")).code, 75);
  full = 0;
  // What is wrong for good is not tried again.
  EXPECT_THAT(cls({"destroy", "q:1", "--retry"}).err, Not(HasSubstr("trying again")));
}

TEST_F(Execution, InitWritesAllOfAProjectOrNothing) {
  store::ScriptedFileSystem files;
  files_ = &files;
  int room = 2;
  files.plan = [&](const std::string& call, const std::string&) -> std::optional<FailureCode> {
    return call == "write_new" && room-- == 0 ? std::optional(FailureCode::NoSpace) : std::nullopt;
  };
  EXPECT_EQ(cls({"init", "new"}).code, 75);
  for (const auto& file : fs::recursive_directory_iterator(path("new"))) {
    EXPECT_TRUE(file.is_directory()) << file.path();
  }
  files.plan = {};
  EXPECT_EQ(cls({"init", "new"}).code, 0);
  write(path("other/sum.py"), "mine");
  const Ran refused = cls({"init", "other"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr(path("other/sum.py")));
  EXPECT_FALSE(fs::exists(path("other/project.json")));
  EXPECT_EQ(read(path("other/sum.py")), "mine");
}

TEST_F(Execution, F38_DestroyNeedsNoListOfWhatWasStored) {
  write(path("p.json"), copy_project());
  write(path("q.json"), copy_project("q"));
  ASSERT_EQ(cls({"deploy", "-p", "p.json", "-p", "q.json"}).code, 0);
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--delete-records"}}) {
    ASSERT_EQ(cls({"deploy", "-p", "p.json"}).code, 0);
    fs::remove_all(stored("clusterless-metadata-local-home/materials/name=p"));
    std::vector<std::string> words{"destroy", "p:1"};
    words.insert(words.end(), more.begin(), more.end());
    EXPECT_EQ(cls(words).code, 0);
    EXPECT_THAT(cls({"projects", "--output", "csv"}).out,
                AllOf(HasSubstr(",q,1"), Not(HasSubstr(",p,1"))));
    for (const auto& [file, text] : records()) {
      const bool is_subscription = file.find("/subscriptions/") != std::string::npos;
      const bool is_of_p = file.find("=p/") != std::string::npos ||
                           file.find("=p-in/") != std::string::npos ||
                           file.find("=p-out/") != std::string::npos;
      EXPECT_FALSE(is_of_p && !is_subscription) << file;
    }
  }
  EXPECT_EQ(cls({"destroy", "q:1"}).code, 0);
}

TEST_F(Execution, BootstrapIsUndoneOnceNothingIsDeployed) {
  EXPECT_EQ(cls({"bootstrap", "--account", "111122223333", "--region", "r", "--stage"}).code, 0);
  write(path("p.json"), copy_project());
  ASSERT_EQ(cls({"deploy", "-p", "p.json"}).code, 0);
  const Ran refused = cls({"bootstrap", "--destroy"});
  EXPECT_EQ(refused.code, 4);
  EXPECT_THAT(refused.err, HasSubstr("p/1; destroy them first"));
  ASSERT_EQ(cls({"destroy", "p:1"}).code, 0);
  const auto before = records();
  EXPECT_EQ(cls({"bootstrap", "--destroy", "--approve", "--retry"}).code, 0);
  EXPECT_EQ(records(), before);
}

}  // namespace cls::cli::testing
