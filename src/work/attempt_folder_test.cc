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
  DiskWorld world;
  AttemptFolder folder =
      AttemptFolder::make(world.files, world.home + "/attempts", world.attempt).value();
};

TEST_F(AttemptFolderTest, the_last_object_of_the_report_counts) {
  EXPECT_FALSE(folder.report().last);
  world.write(folder.report_path(),
              "{\"rows\":1}\n\nno json\n[2]\n{\"rows\":120,\"note\":\"x\"}\n");
  const auto report = folder.report();
  ASSERT_TRUE(report.last);
  EXPECT_EQ(json::to_text(*report.last), R"({"rows":120,"note":"x"})");
  EXPECT_EQ(report.bad_lines, 2U);
}

TEST_F(AttemptFolderTest, of_a_long_report_the_end_is_read) {
  std::string text;
  while (text.size() < (3U << 20U)) text += "{\"rows\":1}\n";
  world.write(folder.report_path(), text + "{\"rows\":2}");
  const auto report = folder.report();
  EXPECT_EQ(json::to_text(report.last.value()), R"({"rows":2})");
  EXPECT_EQ(report.bad_lines, 0U);
}

TEST_F(AttemptFolderTest, the_last_errors_are_five_printable_lines) {
  EXPECT_EQ(folder.last_errors(), "");
  world.write(folder.stderr_path(), "1\n2\n3\n4\n\x1b[31m5\n\xff 6\n\xc3\xa9 7\n\n");
  EXPECT_EQ(folder.last_errors(), "3\n4\n?[31m5\n? 6\n\xc3\xa9 7");
}

TEST_F(AttemptFolderTest, the_group_is_recorded_and_forgotten) {
  ASSERT_TRUE(folder.record_group(4711));
  EXPECT_EQ(world.read(folder.in("group")), "4711");
  folder.forget_group();
  EXPECT_FALSE(fs::exists(folder.in("group")));
}

TEST_F(AttemptFolderTest, removing_a_tree_follows_no_link) {
  world.write(world.home + "/precious", "x");
  world.write(folder.in("sinks/MAIN/deep/a"), "x");
  fs::create_symlink(world.home, folder.in("sinks/MAIN/deep/link"));
  ASSERT_TRUE(folder.remove_tree(folder.sinks_path()));
  EXPECT_FALSE(fs::exists(folder.sinks_path()));
  EXPECT_TRUE(fs::exists(world.home + "/precious"));
  EXPECT_TRUE(folder.remove_tree(folder.sinks_path()));
}

TEST(Printable, keeps_text_and_nothing_else) {
  EXPECT_EQ(printable("a\tb\n\xe2\x82\xac\xf0\x9f\x99\x82"), "a\tb\n\xe2\x82\xac\xf0\x9f\x99\x82");
  EXPECT_EQ(printable("\xed\xa0\x80"), "???");       // a surrogate
  EXPECT_EQ(printable("\xc0\xaf\xe2\x82"), "????");  // overlong, cut off
  EXPECT_EQ(printable(std::string_view("\0\x7f", 2)), "??");
}

}  // namespace
}  // namespace cls::work
