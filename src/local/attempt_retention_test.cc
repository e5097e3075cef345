// SPDX-License-Identifier: Apache-2.0
#include "local/attempt_retention.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gmock/gmock.h>

#include "base/format.h"
#include "base/ulid.h"

namespace cls::local {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Attempts are made in the past, oldest first, `size` bytes of output each.
class AttemptRetention : public ::testing::Test {
 protected:
  void SetUp() override {
    static int count = 0;
    directory_ = ::testing::TempDir() + format("/cls-retention-{}-{}", ::getpid(), ++count);
    fs::create_directories(directory_);
  }
  void TearDown() override { fs::remove_all(directory_); }

  std::string attempt(hours age, std::size_t size = 10) {
    ManualClock then(now_ - age);
    UlidSource ids(then);
    const std::string name = ids.next();
    const std::string file = directory_ + "/" + name + "/stdout";
    fs::create_directories(directory_ + "/" + name + "/work/deep");
    std::ofstream(file) << std::string(size, 'x');
    fs::last_write_time(file, fs::file_time_type::clock::now() - age);
    return name;
  }

  RetentionReport keep(hours age, std::uint64_t bytes = UINT64_MAX) {
    return keep_attempts(files_,
                         {.directory = directory_,
                          .limits = {.age = age, .bytes = bytes},
                          .claimed = &claimed_,
                          .now = now_,
                          .lives = [this](const std::string& attempt,
                                          int group) { return attempt == living_ && group == 77; },
                          .stop = [] { return false; }});
  }

  std::vector<std::string> left() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    std::ranges::sort(names);
    return names;
  }

  PosixFileSystem files_;
  Instant now_ = files_.stamp_time();
  std::string directory_;
  ClaimedAttempts claimed_;
  std::string living_;
};

TEST_F(AttemptRetention, RemovesWhatIsOlderThanTheAge) {
  attempt(hours(50));
  const auto young = attempt(hours(20));
  EXPECT_EQ(keep(hours(24)).removed, 1U);
  EXPECT_THAT(left(), ElementsAre(young));
}

TEST_F(AttemptRetention, NeverRemovesWhatRuns) {
  const auto claimed = attempt(hours(90));
  const auto living = attempt(hours(80));
  attempt(hours(70));
  const auto recent = attempt(hours(0));
  claimed_.running.insert(claimed);
  living_ = living;
  std::ofstream(directory_ + "/" + living + "/group") << 77;
  fs::last_write_time(directory_ + "/" + living + "/group",
                      fs::file_time_type::clock::now() - hours(80));
  EXPECT_EQ(keep(hours(0), 0).removed, 1U);
  EXPECT_THAT(left(), ElementsAre(claimed, living, recent));
}

TEST_F(AttemptRetention, TheLastAttemptsOfUnfinishedLotsGoLastAndOnlyForSize) {
  const auto unfinished = attempt(hours(900), 50'000);
  attempt(hours(20), 50'000);
  const auto newer = attempt(hours(10), 50'000);
  claimed_.unfinished.insert(unfinished);
  EXPECT_EQ(keep(hours(24)).removed, 0U);
  EXPECT_EQ(keep(hours(24), 150'000).removed, 1U);
  EXPECT_THAT(left(), ElementsAre(unfinished, newer));
  EXPECT_EQ(keep(hours(24), 100'000).removed, 1U);
  EXPECT_THAT(left(), ElementsAre(unfinished));
  EXPECT_EQ(keep(hours(24), 1000).removed, 1U);
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(AttemptRetention, LeavesWhatIsNoAttemptAndFollowsNoLink) {
  fs::create_directories(directory_ + "/notes");
  const auto old = attempt(hours(50));
  const std::string outside = directory_ + "-outside";
  fs::create_directories(outside);
  std::ofstream(outside + "/kept") << "x";
  fs::create_directory_symlink(outside, directory_ + "/" + old + "/link");
  now_ += hours(100);  // links are of today
  EXPECT_EQ(keep(hours(24)).removed, 1U);
  EXPECT_THAT(left(), ElementsAre("notes"));
  EXPECT_TRUE(fs::exists(outside + "/kept"));
  fs::remove_all(outside);
}

}  // namespace
}  // namespace cls::local
