// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

#include <gmock/gmock.h>

#include "base/directory_watch.h"
#include "base/format.h"

namespace cls {
namespace {

namespace fs = std::filesystem;
using ::testing::UnorderedElementsAre;

class InotifyWatchTest : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(root_ + "/sub"); }
  void TearDown() override { fs::remove_all(root_); }

  static void write(const std::string& path) { std::ofstream(path) << "x"; }

  /// The roots under which a file was reported as written.
  std::set<std::string> roots_of(const std::string& path) {
    std::set<std::string> roots;
    for (const auto& event : watch_->wait(std::chrono::seconds(5))) {
      if (event.kind == WatchEventKind::Written && event.path == path) roots.insert(event.root);
    }
    return roots;
  }

  std::string root_ =
      fs::canonical(::testing::TempDir()).string() + format("/cls-inotify-{}", ::getpid());
  std::unique_ptr<DirectoryWatch> watch_ = make_inotify_watch().value();
};

TEST_F(InotifyWatchTest, ADirectoryBelowTwoRootsIsReportedForBoth) {
  ASSERT_TRUE(watch_->add(root_));
  ASSERT_TRUE(watch_->add(root_ + "/sub"));
  write(root_ + "/sub/a");
  EXPECT_THAT(roots_of(root_ + "/sub/a"), UnorderedElementsAre(root_, root_ + "/sub"));
  fs::create_directory(root_ + "/sub/new");
  ASSERT_FALSE(watch_->wait(std::chrono::seconds(5)).empty());
  write(root_ + "/sub/new/b");
  EXPECT_THAT(roots_of(root_ + "/sub/new/b"), UnorderedElementsAre(root_, root_ + "/sub"));
}

TEST_F(InotifyWatchTest, ARenamedDirectoryIsReportedUnderItsNewName) {
  ASSERT_TRUE(watch_->add(root_));
  fs::rename(root_ + "/sub", root_ + "/other");
  ASSERT_FALSE(watch_->wait(std::chrono::seconds(5)).empty());
  write(root_ + "/other/a");
  EXPECT_THAT(roots_of(root_ + "/other/a"), UnorderedElementsAre(root_));
}

TEST_F(InotifyWatchTest, ARootThatIsWatchedNoMoreReportsNothingAndAnotherOfItsDirectoriesDoes) {
  ASSERT_TRUE(watch_->add(root_));
  ASSERT_TRUE(watch_->add(root_ + "/sub"));
  watch_->remove(root_);
  write(root_ + "/a");
  write(root_ + "/sub/b");
  EXPECT_THAT(roots_of(root_ + "/sub/b"), UnorderedElementsAre(root_ + "/sub"));
  ASSERT_TRUE(watch_->add(root_));
  write(root_ + "/c");
  EXPECT_THAT(roots_of(root_ + "/c"), UnorderedElementsAre(root_));
}

TEST_F(InotifyWatchTest, ALinkToSomethingInsideIsSaidToHideChanges) {
  fs::create_directory_symlink("/", root_ + "/outside");
  fs::create_symlink("nowhere", root_ + "/dangling");
  ASSERT_TRUE(watch_->add(root_)) << "these are not followed";
  fs::create_directory_symlink(root_ + "/sub", root_ + "/later");
  const auto events = watch_->wait(std::chrono::seconds(5));
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.front().kind, WatchEventKind::Unwatched);
  EXPECT_EQ(events.front().path, root_ + "/later");
  const auto again = make_inotify_watch().value()->add(root_);
  ASSERT_FALSE(again);
  EXPECT_NE(again.error().message.find("/later is a link"), std::string::npos);
}

TEST_F(InotifyWatchTest, ADirectoryThatOtherMachinesMayChangeIsWatchedAndSaid) {
  const auto remote = [&](const std::string& path) -> Result<Mount> {
    return Mount{.name = "nfs", .remote = path.ends_with("/sub")};
  };
  auto watch = make_inotify_watch(remote).value();
  const auto added = watch->add(root_);
  ASSERT_FALSE(added);
  EXPECT_NE(added.error().message.find("/sub lies on nfs"), std::string::npos);
  write(root_ + "/sub/a");
  EXPECT_FALSE(watch->wait(std::chrono::seconds(5)).empty()) << "what changes here is told";
}

}  // namespace
}  // namespace cls
