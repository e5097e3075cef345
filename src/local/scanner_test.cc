// SPDX-License-Identifier: Apache-2.0
// When a file is taken in: docs/lots-and-lateness.md.
#include "local/scanner.h"

#include <filesystem>
#include <fstream>
#include <set>

#include <gmock/gmock.h>

#include "base/file_system.h"
#include "base/format.h"
#include "base/hash.h"
#include "store/test_directory_test.h"

namespace cls::local {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ScannerTest : public ::testing::Test {
 protected:
  ScannerTest() {
    plan_.name = "b";
    plan_.quiet = seconds(2);
    scanner_.emplace(files_, clock_, plan_, directory_.path(), Uri{"s3", "b", "in/"});
  }

  void write(const std::string& name, const std::string& text, seconds age) {
    const fs::path path = fs::path(directory_.path()) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
    fs::last_write_time(path, fs::file_time_type::clock::from_sys(begun_ - age));
  }

  static std::vector<std::string> keys(const ScanResult& found) {
    std::vector<std::string> keys;
    keys.reserve(found.arrivals.size());
    for (std::size_t i = 0; i < found.arrivals.size(); ++i) {
      keys.push_back(found.arrivals.at(i).uri.key);
    }
    std::ranges::sort(keys);
    return keys;
  }
  static bool nothing_known(const Uri&, const record::ObjectVersion&) { return false; }
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }

  store::TestDirectory directory_;
  PosixFileSystem files_;
  const Instant begun_ = SystemClock().now();
  ManualClock clock_{begun_};
  model::BoundaryPlan plan_;
  std::optional<Scanner> scanner_;
};

TEST_F(ScannerTest, FindsFilesAtAnyDepthWithTheirVersion) {
  write("a.txt", "one", seconds(3600));
  write("x/y/z/b.txt", "two", seconds(3600));
  const auto found = scanner_->scan(nothing_known);
  EXPECT_THAT(keys(found), ElementsAre("in/a.txt", "in/x/y/z/b.txt"));
  const auto version = found.arrivals.at(0).version;
  EXPECT_EQ(version.size, 3U);
  EXPECT_TRUE(version.mtime);
  EXPECT_TRUE(version.sha256 == sha256_hex("one") || version.sha256 == sha256_hex("two"));
}

TEST_F(ScannerTest, AFreshFileIsTakenOnlyOnceItIsQuiet) {
  write("fresh.txt", "one", seconds(0));
  const auto first = scanner_->scan(nothing_known);
  EXPECT_THAT(keys(first), IsEmpty());
  EXPECT_THAT(first.unquiet, ElementsAre(path("fresh.txt")));
  clock_.advance(seconds(3));
  const auto second = scanner_->look({}, first.unquiet, nothing_known);
  EXPECT_THAT(keys(second), ElementsAre("in/fresh.txt"));
}

TEST_F(ScannerTest, AFileThatWasClosedCountsAtOnce) {
  write("closed.txt", "one", seconds(0));
  EXPECT_THAT(keys(scanner_->look({path("closed.txt")}, {}, nothing_known)),
              ElementsAre("in/closed.txt"));
}

TEST_F(ScannerTest, ADirectoryThatCameIsLookedThrough) {
  write("new/deep/a.txt", "one", seconds(3600));
  EXPECT_THAT(keys(scanner_->look({}, {path("new")}, nothing_known)),
              ElementsAre("in/new/deep/a.txt"));
}

TEST_F(ScannerTest, WhatIsKnownIsNotReadAgain) {
  write("a.txt", "one", seconds(3600));
  int asked = 0;
  const auto found = scanner_->scan([&](const Uri&, const record::ObjectVersion& version) {
    ++asked;
    EXPECT_FALSE(version.sha256) << "size and mtime say enough";
    return true;
  });
  EXPECT_EQ(asked, 1);
  EXPECT_THAT(found.arrivals, IsEmpty());
}

TEST_F(ScannerTest, TheSameBytesUnderANewTimeAreNoArrivalAndAreHashedOnce) {
  write("a.txt", "one", seconds(3600));
  int hashed = 0;
  const auto known = [&](const Uri&, const record::ObjectVersion& version) {
    if (version.sha256) ++hashed;
    return version.sha256 == sha256_hex("one");
  };
  EXPECT_THAT(scanner_->scan(known).arrivals, IsEmpty());
  EXPECT_THAT(scanner_->scan(known).arrivals, IsEmpty());
  EXPECT_EQ(hashed, 1);
}

TEST_F(ScannerTest, LinksAreFollowedInsideTheRootOnly) {
  const store::TestDirectory outside;
  std::ofstream(outside.path() + "/secret.txt") << "secret";
  write("real/a.txt", "one", seconds(3600));
  fs::create_symlink(path("real/a.txt"), path("inside.txt"));
  fs::create_symlink(outside.path() + "/secret.txt", path("outside.txt"));
  fs::create_directory_symlink(outside.path(), path("elsewhere"));
  fs::create_symlink(path("nowhere"), path("dangling.txt"));
  EXPECT_THAT(keys(scanner_->scan(nothing_known)), ElementsAre("in/inside.txt", "in/real/a.txt"));
  EXPECT_THAT(keys(scanner_->look({path("outside.txt"), path("elsewhere")}, {}, nothing_known)),
              IsEmpty());
}

TEST_F(ScannerTest, ALoopOfDirectoriesEnds) {
  write("d/a.txt", "one", seconds(3600));
  fs::create_directory_symlink(path("d"), path("d/again"));
  const auto found = scanner_->scan(nothing_known);
  EXPECT_THAT(keys(found), ElementsAre("in/d/a.txt"));
}

TEST_F(ScannerTest, TwoLoopsInOneDirectoryEndToo) {
  write("d/e/a.txt", "one", seconds(3600));
  // Followed, each would double the work at every of the 40 levels that a path may have.
  fs::create_directory_symlink(directory_.path(), path("d/e/first"));
  fs::create_directory_symlink(path("d"), path("d/e/second"));
  EXPECT_THAT(keys(scanner_->scan(nothing_known)), ElementsAre("in/d/e/a.txt"));
  EXPECT_THAT(keys(scanner_->look({}, {path("d/e")}, nothing_known)), ElementsAre("in/d/e/a.txt"));
}

TEST_F(ScannerTest, ATimeToComeDoesNotKeepAFileOut) {
  write("ahead.txt", "one", seconds(-7200));
  EXPECT_THAT(scanner_->scan(nothing_known).unquiet, ElementsAre(path("ahead.txt")));
  clock_.advance(seconds(3));
  EXPECT_THAT(keys(scanner_->scan(nothing_known)), ElementsAre("in/ahead.txt"));
}

TEST_F(ScannerTest, TheStoresOwnFilesAreNoObjects) {
  write(".cls-lock", "", seconds(3600));
  write("x/.cls-tmp-1", "half", seconds(3600));
  EXPECT_THAT(keys(scanner_->scan(nothing_known)), IsEmpty());
  EXPECT_THAT(keys(scanner_->look({path("x/.cls-tmp-1"), path(".cls-lock")}, {}, nothing_known)),
              IsEmpty());
}

TEST_F(ScannerTest, PathsOutsideTheRootAreIgnored) {
  EXPECT_THAT(keys(scanner_->look({"/etc/hostname", directory_.path() + "x/a"}, {}, nothing_known)),
              IsEmpty());
}

TEST_F(ScannerTest, AnAbsentRootHasNothing) {
  Scanner scanner(files_, clock_, plan_, directory_.path() + "/absent", Uri{"s3", "b", "in/"});
  const auto found = scanner.scan(nothing_known);
  EXPECT_THAT(found.arrivals, IsEmpty());
  EXPECT_THAT(found.unreadable, IsEmpty());
}

}  // namespace
}  // namespace cls::local
