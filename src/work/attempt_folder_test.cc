// SPDX-License-Identifier: Apache-2.0
#include "work/attempt_folder.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "work/work_world_test.h"

namespace cls::work {
namespace {

using work::testing::DiskWorld;
namespace fs = std::filesystem;

class AttemptFolderTest : public ::testing::Test {
 protected:
  DiskWorld world_;
  AttemptFolder folder_ =
      AttemptFolder::make(world_.files, world_.home + "/attempts", world_.attempt).value();
};

TEST_F(AttemptFolderTest, the_last_object_of_the_report_counts) {
  EXPECT_FALSE(folder_.report().last);
  world_.write(folder_.report_path(),
               "{\"rows\":1}\n\nno json\n[2]\n{\"rows\":120,\"note\":\"x\"}\n");
  const auto report = folder_.report();
  ASSERT_TRUE(report.last);
  EXPECT_EQ(json::to_text(*report.last), R"({"rows":120,"note":"x"})");
  EXPECT_EQ(report.bad_lines, 2U);
}

TEST_F(AttemptFolderTest, of_a_long_report_the_end_is_read) {
  std::string text;
  while (text.size() < (3U << 20U)) text += "{\"rows\":1}\n";
  world_.write(folder_.report_path(), text + "{\"rows\":2}");
  const auto report = folder_.report();
  EXPECT_EQ(json::to_text(report.last.value()), R"({"rows":2})");
  EXPECT_EQ(report.bad_lines, 0U);
}

TEST_F(AttemptFolderTest, the_last_errors_are_five_printable_lines) {
  EXPECT_EQ(folder_.last_errors(), "");
  world_.write(folder_.stderr_path(), "1\n2\n3\n4\n\x1b[31m5\n\xff 6\n\xc3\xa9 7\n\n");
  EXPECT_EQ(folder_.last_errors(), "3\n4\n?[31m5\n? 6\n\xc3\xa9 7");
}

TEST_F(AttemptFolderTest, the_group_is_recorded_and_forgotten) {
  ASSERT_TRUE(folder_.record_group(4711));
  EXPECT_EQ(world_.read(folder_.in("group")), "4711");
  folder_.forget_group();
  EXPECT_FALSE(fs::exists(folder_.in("group")));
}

TEST_F(AttemptFolderTest, removing_a_tree_follows_no_link) {
  world_.write(world_.home + "/precious", "x");
  world_.write(folder_.in("sinks/MAIN/deep/a"), "x");
  fs::create_symlink(world_.home, folder_.in("sinks/MAIN/deep/link"));
  ASSERT_TRUE(folder_.remove_tree(folder_.sinks_path()));
  EXPECT_FALSE(fs::exists(folder_.sinks_path()));
  EXPECT_TRUE(fs::exists(world_.home + "/precious"));
  EXPECT_TRUE(folder_.remove_tree(folder_.sinks_path()));
}

TEST(Printable, keeps_text_and_nothing_else) {
  EXPECT_EQ(printable("a\tb\n\xe2\x82\xac\xf0\x9f\x99\x82"), "a\tb\n\xe2\x82\xac\xf0\x9f\x99\x82");
  EXPECT_EQ(printable("\xed\xa0\x80"), "???");       // a surrogate
  EXPECT_EQ(printable("\xc0\xaf\xe2\x82"), "????");  // overlong, cut off
  EXPECT_EQ(printable(std::string_view("\0\x7f", 2)), "??");
}

}  // namespace
}  // namespace cls::work
