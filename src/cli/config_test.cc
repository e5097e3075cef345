// SPDX-License-Identifier: Apache-2.0
// Settings: files, -D, what goes over what.
#include <gmock/gmock.h>

#include "cli/cli_world_test.h"

namespace cls::cli::testing {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Config : public CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    environment_["HOME"] = path("user");
    fs::create_directories(path("user"));
  }
};

TEST_F(Config, ShowsTheDefaults) {
  EXPECT_EQ(cls({"config", "show"}).out, "resource.removeAllOnDestroy = false\n");
  EXPECT_EQ(cls({"config"}).out, cls({"config", "show"}).out);
  EXPECT_EQ(cls({"config", "show", "--config", "aws"}).out,
            "cdk.requireDeployApproval = 'broadening'\ncdk.requireDestroyApproval = true\n"
            "logs.retentionDays = 30\nlogs.executions = 'error'\nnetwork.cidr = '10.14.0.0/16'\n"
            "network.subnets = 2\nnetwork.privateSubnets = false\nalarms.enabled = false\n"
            "alarms.topic = ''\nsweep.minutes = 60\n");
  EXPECT_THAT(cls({"config", "show", "--output", "json"}).out,
              HasSubstr(R"("removeAllOnDestroy" : false)"));
  const Ran unknown = cls({"config", "show", "--config", "comon"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'common'?"));
}

TEST_F(Config, APropertyGoesOverTheLocalFileAndThatOverTheGlobalOne) {
  write(path("user/.cls/config-aws"), "[cdk]\nrequireDeployApproval = 'any_change'\n");
  const auto approval = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"config", "show", "--config", "aws"});
    const std::string out = cls(words).out;
    return out.substr(0, out.find('\n'));
  };
  EXPECT_EQ(approval({}), "cdk.requireDeployApproval = 'any_change'");
  write(path(".clsconfig-aws"), "# a comment\n[cdk]\nrequireDeployApproval = 'never'\n");
  EXPECT_EQ(approval({}), "cdk.requireDeployApproval = 'never'");
  EXPECT_EQ(approval({"-D", "aws.cdk.requireDeployApproval=broadening"}),
            "cdk.requireDeployApproval = 'broadening'");
}

TEST_F(Config, F13_APropertyLeavesEverythingElseAsTheFilesSay) {
  write(path(".clsconfig"), "[resource]\nremoveAllOnDestroy = true\n");
  write(path(".clsconfig-aws"), "cdk.requireDestroyApproval = false\n");
  const std::string property = "aws.cdk.requireDeployApproval=never";
  EXPECT_EQ(cls({"-D", property, "config", "show"}).out, "resource.removeAllOnDestroy = true\n");
  EXPECT_THAT(
      cls({"config", "show", "--config", "aws", "-D", property}).out,
      StartsWith("cdk.requireDeployApproval = 'never'\ncdk.requireDestroyApproval = false\n"));
}

TEST_F(Config, F14_OutsideOfTheUsersDirectoryTheWorkingDirectorysFileCounts) {
  EXPECT_EQ(cls({"config", "show"}).code, 0);
  const std::string on = "resource.removeAllOnDestroy = true\n";
  const std::string off = "resource.removeAllOnDestroy = false\n";
  write(path(".clsconfig"), "[resource]\nremoveAllOnDestroy = true\n");
  EXPECT_EQ(cls({"config", "show"}).out, on);
  // What lies above it may be anybody's.
  const std::string above = directory_;
  directory_ = above + "/a/b";
  fs::create_directories(directory_);
  EXPECT_EQ(cls({"config", "show"}).out, off);
  // There may be no user, and one whose name another directory begins with.
  environment_.erase("HOME");
  EXPECT_EQ(cls({"config", "show"}).out, off);
  EXPECT_EQ(cls({"config", "init", "--global"}).code, 2);
  environment_["HOME"] = above + "/";
  EXPECT_EQ(cls({"config", "show"}).out, off) << "the user's own directory is no parent";
  write(above + "/a/.clsconfig", "[resource]\nremoveAllOnDestroy = true\n");
  EXPECT_EQ(cls({"config", "show"}).out, on);
  write(above + "/a/b/.clsconfig", "");
  EXPECT_EQ(cls({"config", "show"}).out, off) << "the nearest one counts";
  directory_ = above;
}

TEST_F(Config, F15_ATableOfTheLocalFileLeavesTheOtherKeysOfTheGlobalOne) {
  write(path("user/.cls/config-aws"),
        "[cdk]\nrequireDeployApproval = 'never'\nrequireDestroyApproval = false\n");
  write(path(".clsconfig-aws"), "[cdk]\nrequireDestroyApproval = true\n");
  EXPECT_THAT(
      cls({"config", "show", "--config", "aws"}).out,
      StartsWith("cdk.requireDeployApproval = 'never'\ncdk.requireDestroyApproval = true\n"));
}

TEST_F(Config, WhatIsWrongInAFileIsToldWithItsPlace) {
  write(path(".clsconfig-aws"),
        "[cdk]\nrequireDeployAproval = 'never'\nrequireDestroyApproval = 'yes'\n[ckd]\n");
  const Ran ran = cls({"config", "show", "--config", "aws"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(
      ran.err,
      AllOf(HasSubstr(".clsconfig-aws:2:1: /cdk/requireDeployAproval: unknown field"),
            HasSubstr("did you mean 'requireDeployApproval'?"),
            HasSubstr(".clsconfig-aws:3:26: /cdk/requireDestroyApproval: expected true or false"),
            HasSubstr(":4:"), HasSubstr("did you mean 'cdk'?")));
  write(path(".clsconfig-aws"), "[cdk\n");
  EXPECT_THAT(cls({"config", "show"}).err, HasSubstr(".clsconfig-aws:1:5: "));
}

TEST_F(Config, WhatIsWrongWithAPropertyIsSaidByEveryCommand) {
  for (const auto& [property, message] : std::vector<std::pair<std::string, std::string>>{
           {"removeAllOnDestroy", "write NAMESPACE.KEY=VALUE"},
           {"comon.resource.removeAllOnDestroy=true", "did you mean 'common'?"},
           {"common.resource.removeAll=true", "unknown field 'removeAll'"},
           {"common.resource.removeAllOnDestroy=perhaps", "expected true or false"},
           {"aws.cdk.requireDeployApproval=nevr", "did you mean 'never'?"}}) {
    const Ran ran = cls({"-D", property, "projects"});
    EXPECT_EQ(ran.code, 2) << property;
    EXPECT_THAT(ran.err, AllOf(StartsWith("cls: -D"), HasSubstr(message)));
  }
}

TEST_F(Config, InitWritesAFileThatSaysWhatHolds) {
  const Ran ran = cls({"config", "init"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "wrote " + path(".clsconfig") + "\n");
  EXPECT_EQ(read(path(".clsconfig")),
            "# what becomes of resources\n[resource]\n"
            "# destroy removes all resources, whatever they say themselves (aws)\n"
            "removeAllOnDestroy = false\n");
  const Ran again = cls({"config", "init"});
  EXPECT_EQ(again.code, 4);
  EXPECT_THAT(again.err, HasSubstr("local config already exists at: " + path(".clsconfig")));
  write(path(".clsconfig"), "resource = {removeAllOnDestroy = true}\n");
  EXPECT_EQ(cls({"config", "init", "--force", "--merge"}).code, 0);
  EXPECT_THAT(read(path(".clsconfig")), HasSubstr("removeAllOnDestroy = true"));
  EXPECT_EQ(cls({"config", "init", "--force"}).code, 0);
  EXPECT_THAT(read(path(".clsconfig")), HasSubstr("removeAllOnDestroy = false"));
  EXPECT_EQ(cls({"config", "init", "--global", "--config", "aws"}).code, 0);
  EXPECT_TRUE(fs::exists(path("user/.cls/config-aws")));
  EXPECT_EQ(cls({"config", "show", "--config", "aws"}).code, 0);
}

}  // namespace cls::cli::testing
