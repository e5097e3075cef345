// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/progress.h"

#include <mutex>
#include <stop_token>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "base/parallel.h"

namespace cls::user_scenario {
namespace {

/// A terminal that keeps what it was told.
class Terminal final : public cli::Console {
 public:
  void out(std::string_view text) override {
    const std::lock_guard lock(mutex_);
    lines.emplace_back(text);
  }
  void err(std::string_view) override {}
  std::size_t progress_width() const override { return 80; }
  void show_progress(std::string_view line) override {
    const std::lock_guard lock(mutex_);
    shown.emplace_back(line);
  }

  std::vector<std::string> lines;
  std::vector<std::string> shown;

 private:
  std::mutex mutex_;
};

class ProgressTest : public ::testing::Test {
 protected:
  /// Eight scenarios beside each other.
  void run(bool shown) {
    Progress progress(terminal_, clock_, shown, 4, 800);
    for_each_job(8, 8, std::stop_token(), [&](std::size_t scenario) {
      for (int i = 0; i < 100; ++i) {
        progress.done();
        progress.line(format("s{}", scenario), "put", format("object {}", i));
        clock_.advance(std::chrono::milliseconds(1));
      }
      return true;
    });
    clock_.advance(std::chrono::seconds(1));
    progress.done(0);
  }
  Terminal terminal_;
  ManualClock clock_{Instant{}};
};

TEST_F(ProgressTest, ScenariosBesideEachOther) {
  run(true);
  EXPECT_EQ(terminal_.lines.size(), 800U);
  EXPECT_THAT(terminal_.lines, ::testing::Contains("s3    put        object 99\n"));
  ASSERT_GE(terminal_.shown.size(), 2U);
  EXPECT_EQ(terminal_.shown.front().find("] 0 of 800 steps"), 31U);
  EXPECT_THAT(terminal_.shown[terminal_.shown.size() - 2],
              ::testing::HasSubstr("800 of 800 steps"));
  EXPECT_EQ(terminal_.shown.back(), "") << "taken away at the end";
}

TEST_F(ProgressTest, LinesAloneWhereThereIsNoTerminal) {
  run(false);
  EXPECT_EQ(terminal_.lines.size(), 800U);
  EXPECT_THAT(terminal_.shown, ::testing::IsEmpty());
}

}  // namespace
}  // namespace cls::user_scenario
