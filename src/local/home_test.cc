// SPDX-License-Identifier: Apache-2.0
#include "local/home.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "base/file_system.h"
#include "local/owners.h"
#include "local/tree_digest.h"
#include "store/scripted_file_system_test.h"
#include "store/test_directory_test.h"

namespace cls::local {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class HomeTest : public ::testing::Test {
 protected:
  Result<std::unique_ptr<Home>> open() { return Home::open(files_, ids_, home_, "0.3.0"); }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
  }

  store::TestDirectory directory_;
  std::string home_ = directory_.path() + "/home";
  PosixFileSystem files_;
  SystemClock clock_;
  UlidSource ids_{clock_};
};

TEST_F(HomeTest, IsMadeAtFirstUseAndFoundAgain) {
  const auto first = open();
  ASSERT_TRUE(first) << first.error().message;
  const auto second = open();
  ASSERT_TRUE(second);
  EXPECT_EQ((*first)->id(), (*second)->id());
  EXPECT_TRUE(is_ulid((*first)->id()));
}

TEST_F(HomeTest, AdoptsAFolderThatHoldsOnlyStores) {
  write(home_ + "/stores/s3/b/in/a.txt", "one");
  ASSERT_TRUE(open());
  EXPECT_TRUE(fs::exists(home_ + "/stores/s3/b/in/a.txt"));
}

TEST_F(HomeTest, RefusesAFolderOfOthers) {
  write(home_ + "/stores/s3/b/a.txt", "one");
  write(home_ + "/other.txt", "mine");
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, FailureCode::Conflict);
  EXPECT_FALSE(fs::exists(home_ + "/home.json"));
}

/// Between its looks at the folder another process makes the home.
class MadeMeanwhile final : public store::ScriptedFileSystem {
 public:
  explicit MadeMeanwhile(std::function<void()> make) : make_(std::move(make)) {}
  Result<std::vector<DirectoryEntry>> entries(const std::string& directory) override {
    if (make_) std::exchange(make_, nullptr)();
    return ScriptedFileSystem::entries(directory);
  }

 private:
  std::function<void()> make_;
};

TEST_F(HomeTest, IsOpenedWhereAnotherProcessMadeItMeanwhile) {
  std::string id;
  MadeMeanwhile files([&] {
    const auto other = open();
    ASSERT_TRUE(other);
    id = (*other)->id();
  });
  const auto mine = Home::open(files, ids_, home_, "0.3.0");
  ASSERT_TRUE(mine) << mine.error().message;
  EXPECT_EQ((*mine)->id(), id);
}

TEST_F(HomeTest, RefusesANewerVersionAndABrokenRecord) {
  write(home_ + "/home.json", R"({"version":2,"id":"x","createdBy":"cls 9"})");
  EXPECT_EQ(open().error().code, FailureCode::Unsupported);
  write(home_ + "/home.json", R"({"version":)");
  const auto broken = open();
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("home.json"));
}

TEST_F(HomeTest, ThatIsAbsentSaysHowToMakeIt) {
  const auto absent = Home::open_existing(files_, home_);
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, FailureCode::NotFound);
  EXPECT_THAT(absent.error().message, HasSubstr("cls bootstrap --home"));
}

TEST_F(HomeTest, OwnersOfThisProcessAndOfDeadOnes) {
  const record::Owner self = make_owner(ids_);
  const record::Owner former = make_owner(ids_);
  EXPECT_TRUE(owner_lives(self.id, self));
  EXPECT_FALSE(owner_lives(former.id, self)) << "a former engine of this very process";
  record::Owner parent = self;
  parent.pid = static_cast<std::uint64_t>(::getppid());
  const std::string tail = ":" + std::to_string(parent.pid) + ":";
  const auto ticks = start_time_of(parent.pid);
  ASSERT_TRUE(ticks);
  EXPECT_TRUE(owner_lives("h:b:pid:[1]" + tail + std::to_string(*ticks) + ":U", self));
  EXPECT_FALSE(owner_lives("h:b:pid:[1]" + tail + std::to_string(*ticks + 1) + ":U", self))
      << "the pid was used again";
  EXPECT_FALSE(owner_lives("nonsense", self));
}

TEST_F(HomeTest, TheProbeTellsDeadFromUnknown) {
  const record::Owner self = make_owner(ids_);
  LocalOwnerProbe probe(files_, home_ + "/attempts", self);
  record::Owner other = self;
  other.id = "other";
  other.pid = 4194303;  // above the default pid_max: nobody
  EXPECT_EQ(probe.probe(other, "A"), flow::OwnerProbe::Verdict::Dead);
  other.host = "elsewhere";
  EXPECT_EQ(probe.probe(other, "A"), flow::OwnerProbe::Verdict::Unknown);
}

TEST_F(HomeTest, AnotherGroupThatHasTheNumberByNowIsLeftAlone) {
  const record::Owner self = make_owner(ids_);
  LocalOwnerProbe probe(files_, home_ + "/attempts", self);
  record::Owner dead = self;
  dead.id = "other";
  dead.pid = 4194303;
  const std::string attempt = ids_.next();
  const auto start = [&](const std::string& variable) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::setpgid(0, 0);
      ::execlp("env", "env", variable.c_str(), "sleep", "60", nullptr);
      ::_exit(127);
    }
    ::setpgid(pid, pid);
    while (!process_group_has(pid, variable)) ::usleep(1000);
    write(home_ + "/attempts/" + attempt + "/group", std::to_string(pid));
    return pid;
  };
  const pid_t stranger = start("CLS_ATTEMPT=another");
  EXPECT_EQ(probe.probe(dead, attempt), flow::OwnerProbe::Verdict::Dead);
  int status = 0;
  EXPECT_EQ(::waitpid(stranger, &status, WNOHANG), 0) << "it lives on";
  ::kill(stranger, SIGKILL);
  ::waitpid(stranger, &status, 0);
  const pid_t left = start("CLS_ATTEMPT=" + attempt);
  static_cast<void>(probe.probe(dead, attempt));
  EXPECT_EQ(::waitpid(left, &status, 0), left);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST_F(HomeTest, TheDigestOfATreeSeesContentsAndNamesOnly) {
  const std::string tree = directory_.path() + "/tree";
  write(tree + "/run.py", "print(1)");
  write(tree + "/lib/x.py", "x = 1");
  write(tree + "/home/stores/big", "data");
  write(tree + "/__pycache__/run.pyc", "one");
  write(tree + "/.git/index", "one");
  const std::vector<std::string> skip{tree + "/home"};
  const auto first = digest_of_tree(files_, tree, skip).value();
  write(tree + "/home/stores/big", "other data");
  write(tree + "/__pycache__/run.pyc", "two");
  write(tree + "/.git/index", "two");
  fs::last_write_time(tree + "/run.py", fs::file_time_type::clock::now() + std::chrono::hours(1));
  EXPECT_EQ(digest_of_tree(files_, tree, skip).value(), first);
  write(tree + "/lib/x.py", "x = 2");
  const auto changed = digest_of_tree(files_, tree, skip).value();
  EXPECT_NE(changed, first);
  fs::rename(tree + "/lib/x.py", tree + "/lib/y.py");
  EXPECT_NE(digest_of_tree(files_, tree, skip).value(), changed);
  EXPECT_EQ(digest_of_tree(files_, tree + "/absent", {}).error().code, FailureCode::NotFound);
}

}  // namespace
}  // namespace cls::local
