// SPDX-License-Identifier: Apache-2.0
// What commands show on a terminal while they are at work.
#include "cli/expected_records.h"

#include <algorithm>

#include <gmock/gmock.h>

#include "base/text.h"
#include "cli/cli_world_test.h"

namespace cls::cli {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ShownProgress : public testing::CliTest {
 protected:
  void SetUp() override {
    CliTest::SetUp();
    environment_["TERM"] = "xterm";
  }
  /// Runs a command on a terminal, so slowly that each step of it is shown.
  testing::Ran slowly(const std::vector<std::string>& arguments) {
    progress_columns_ = 80;
    clock_.a_look_takes = std::chrono::seconds(3);
    auto ran = cls(arguments);
    clock_.a_look_takes = {};
    progress_columns_ = 0;
    return ran;
  }
  /// Deploys a copy and runs it on four lots.
  void run_four_lots() {
    write(path("p.json"), copy_project());
    for (int n = 1; n <= 4; ++n) {
      write(stored(format("data-p/in/{}", n)), "x", std::chrono::hours(n));
    }
    ASSERT_EQ(cls({"run", "-p", "p.json"}).code, 0);
  }
  /// The lines that say how much is left; the last one of them says that nothing is.
  static void expect_a_total_that_is_reached(const testing::Ran& ran, const std::string& things) {
    std::string done;
    std::string total;
    std::size_t count = 0;
    for (const auto& shown : ran.progress) {
      const auto words = split(shown, ' ');
      const auto of = std::ranges::find(words, "of");
      if (of == words.begin() || words.end() - of < 3) continue;
      if (!shown.substr(shown.find(" of ")).starts_with(format(" of {} {}", of[1], things))) {
        continue;
      }
      done = of[-1];
      total = of[1];
      ++count;
    }
    ASSERT_GT(count, 1U) << ::testing::PrintToString(ran.progress);
    EXPECT_EQ(done, total) << ::testing::PrintToString(ran.progress);
    EXPECT_EQ(ran.progress.back(), "") << "it is taken away";
  }
};

TEST_F(ShownProgress, OfWhatReadsAllRecordsSaysHowMuchIsLeft) {
  run_four_lots();
  for (const std::vector<std::string>& command : {std::vector<std::string>{"audit"},
                                                  {"audit", "--deep"},
                                                  {"status", "--records"},
                                                  {"arcs", "status", "--records"},
                                                  {"recover"}}) {
    SCOPED_TRACE(::testing::PrintToString(command));
    const auto ran = slowly(command);
    EXPECT_EQ(ran.code, 0) << ran.err;
    expect_a_total_that_is_reached(ran, "records");
  }
  expect_a_total_that_is_reached(slowly({"audit"}), "objects looked at");
}

TEST_F(ShownProgress, OfAPartOfTheRecordsHasNoTotal) {
  run_four_lots();
  EXPECT_THAT(slowly({"status", "--records", "--name", "copy"}).progress,
              Not(Contains(HasSubstr("of"))));
}

TEST_F(ShownProgress, OfProgramsThatAreHashed) {
  write(path("p.json"), command_project("true"));
  auto text = read(path("p.json"));
  const std::string workload = R"("workload": {)";
  text.insert(text.find(workload) + workload.size(), R"("workingDir": "programs", )");
  write(path("p.json"), text);
  for (const auto* file : {"one.py", "two.py", "lib/three.py"}) {
    write(path(std::string("programs/") + file), "x = 1");
  }
  for (const auto* command : {"deploy", "diff", "run"}) {
    SCOPED_TRACE(command);
    const auto ran = slowly({command, "-p", "p.json"});
    EXPECT_EQ(ran.code, 0) << ran.err;
    const auto last = std::ranges::find_if(ran.progress, [](const std::string& line) {
      return line.find(" 3 of 3 files of programs") != std::string::npos;
    });
    ASSERT_NE(last, ran.progress.end());
    if (std::string_view(command) != "run") continue;
    EXPECT_EQ(*std::next(last), "") << "what serves afterwards may be quiet for ever";
  }
}

TEST_F(ShownProgress, OfVirtualTime) {
  write(path("p.json"), copy_project());
  const auto ran = slowly({"simulate", "-p", "p.json", "--arrivals", "2/h"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  expect_a_total_that_is_reached(ran, "simulated minutes");
}

TEST_F(ShownProgress, IsNothingWhereThereIsNoTerminal) {
  run_four_lots();
  clock_.a_look_takes = std::chrono::seconds(3);
  EXPECT_THAT(cls({"audit"}).progress, IsEmpty());
}

}  // namespace
}  // namespace cls::cli
