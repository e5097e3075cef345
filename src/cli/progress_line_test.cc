// SPDX-License-Identifier: Apache-2.0
#include "cli/progress_line.h"

#include <gtest/gtest.h>

namespace cls::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Terminal final : public Console {
 public:
  void out(std::string_view) override {}
  void err(std::string_view) override {}
  std::size_t progress_width() const override { return columns; }
  void show_progress(std::string_view line) override { shown = line; }

  std::size_t columns = 80;
  std::string shown;
};

class ProgressLineTest : public ::testing::Test {
 protected:
  Terminal terminal_;
  ManualClock clock_{Instant{}};
};

TEST_F(ProgressLineTest, NothingForTwoSeconds) {
  ProgressLine line(terminal_, clock_);
  line.tell("lots", 0, 10);
  clock_.advance(milliseconds(1900));
  line.tell("lots", 1, 10);
  EXPECT_EQ(terminal_.shown, "");
  clock_.advance(milliseconds(100));
  line.tell("lots", 2, 10);
  EXPECT_EQ(terminal_.shown, "[######------------------------] 2 of 10 lots, 1.0/s, 8s left");
  line.end();
  EXPECT_EQ(terminal_.shown, "");
  clock_.advance(seconds(1));
  line.tell("lots", 3, 10);
  EXPECT_EQ(terminal_.shown, "") << "it has ended";
}

TEST_F(ProgressLineTest, CountAndRateWithoutATotal) {
  ProgressLine line(terminal_, clock_);
  line.tell("objects", 1, 0);
  clock_.advance(seconds(10));
  line.tell("objects", 1'234'501, 0);
  EXPECT_EQ(terminal_.shown, "1,234,501 objects, 123,450/s");
  clock_.advance(milliseconds(50));
  line.tell("objects", 1'300'000, 0);
  EXPECT_EQ(terminal_.shown, "1,234,501 objects, 123,450/s") << "ten times a second";
}

TEST_F(ProgressLineTest, SlowThingsByTheMinute) {
  ProgressLine line(terminal_, clock_);
  line.tell("lots", 0, 4);
  clock_.advance(seconds(90));
  line.tell("lots", 1, 4);
  EXPECT_EQ(terminal_.shown, "[#######-----------------------] 1 of 4 lots, 0.7/min, 4m 30s left");
}

TEST_F(ProgressLineTest, ItFitsTheTerminal) {
  ProgressLine line(terminal_, clock_);
  line.tell("lots", 0, 4);
  for (const std::size_t columns : {60U, 42U, 41U, 40U, 20U, 5U, 1U}) {
    clock_.advance(seconds(10));
    terminal_.columns = columns;
    line.tell("lots", 1, 4);
    EXPECT_LT(terminal_.shown.size(), columns) << terminal_.shown;
  }
  terminal_.columns = 0;
  terminal_.shown.clear();
  clock_.advance(seconds(10));
  line.tell("lots", 2, 4);
  EXPECT_EQ(terminal_.shown, "");
}

TEST_F(ProgressLineTest, WhatHasATotalIsNotReplacedByWhatHasNone) {
  ProgressLine line(terminal_, clock_, seconds(0));
  line.tell("lots", 1, 3);
  clock_.advance(seconds(1));
  line.tell("objects", 700, 0);
  EXPECT_EQ(terminal_.shown, "[##########--------------------] 1 of 3 lots");
  line.tell("lots", 3, 3);
  clock_.advance(seconds(1));
  line.tell("objects", 800, 0);
  EXPECT_EQ(terminal_.shown, "800 objects");
}

TEST_F(ProgressLineTest, TheEndOfATotalIsNeverPassedOver) {
  ProgressLine line(terminal_, clock_, seconds(0));
  line.tell("lots", 1, 3);
  clock_.advance(milliseconds(1));
  line.tell("lots", 3, 3);
  clock_.advance(seconds(1));
  line.tell("objects", 700, 0);
  EXPECT_EQ(terminal_.shown, "700 objects");
}

TEST_F(ProgressLineTest, OnlyOnATerminalThatCanClearALine) {
  EXPECT_TRUE(may_show_progress(terminal_, "xterm", false));
  EXPECT_FALSE(may_show_progress(terminal_, "xterm", true));
  EXPECT_FALSE(may_show_progress(terminal_, "dumb", false));
  EXPECT_FALSE(may_show_progress(terminal_, "", false));
  terminal_.columns = 0;
  EXPECT_FALSE(may_show_progress(terminal_, "xterm", false));
}

}  // namespace
}  // namespace cls::cli
