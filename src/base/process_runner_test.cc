// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "base/gone_soon_test.h"
#include "base/posix_process_runner.h"
#include "base/unique_fd.h"

namespace cls {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
namespace fs = std::filesystem;

class PosixProcessRunnerTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "cls-process-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { fs::remove_all(directory_); }

  ProcessSpec shell(const std::string& script) const {
    return {.command = {"sh", "-c", script},
            .environment = {{"PATH", "/usr/bin:/bin"}},
            .working_directory = directory_,
            .stdout_path = directory_ + "/stdout",
            .stderr_path = directory_ + "/stderr",
            .timeout = seconds(100),
            .grace = milliseconds(200)};
  }
  Result<ProcessResult> run(const ProcessSpec& spec) { return runner_.run(spec, {}, {}); }
  std::string text(const std::string& name) const {
    const std::ifstream in(directory_ + "/" + name);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  /// Runs into a time-out: into a longer one where a slow machine let the command say nothing yet.
  Result<ProcessResult> run_into_time_out(ProcessSpec spec) {
    for (spec.timeout = seconds(1);; spec.timeout *= 4) {
      auto result = run(spec);
      if (!result || !text("stdout").empty() || spec.timeout > seconds(30)) return result;
    }
  }

  PosixProcessRunner runner_;
  std::string directory_;
};

TEST_F(PosixProcessRunnerTest, GivesTheExitStatusAndTheOutput) {
  const auto result = run(shell("echo out; echo err >&2; exit 7"));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->end, ProcessEnd::Exited);
  EXPECT_EQ(result->code, 7);
  EXPECT_GT(result->max_rss, 100'000U);
  EXPECT_EQ(result->dropped, 0U);
  EXPECT_EQ(text("stdout"), "out\n");
  EXPECT_EQ(text("stderr"), "err\n");
}

TEST_F(PosixProcessRunnerTest, AppendsToItsFiles) {
  ASSERT_TRUE(run(shell("echo one")));
  ASSERT_TRUE(run(shell("echo two")));
  EXPECT_EQ(text("stdout"), "one\ntwo\n");
}

TEST_F(PosixProcessRunnerTest, TellsTheSignalThatEndedIt) {
  const auto result = run(shell("kill -SEGV $$"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, ProcessEnd::Signalled);
  EXPECT_EQ(result->code, SIGSEGV);
}

TEST_F(PosixProcessRunnerTest, GivesTheEnvironmentExactly) {
  ::setenv("CLS_TEST_LEAK", "1", 1);
  auto spec = shell("env");
  spec.command = {"env"};
  spec.environment = {{"PATH", "/usr/bin:/bin"}, {"A", "with = and\nnewline"}, {"EMPTY", ""}};
  ASSERT_TRUE(run(spec));
  EXPECT_EQ(text("stdout"), "A=with = and\nnewline\nEMPTY=\nPATH=/usr/bin:/bin\n");
}

TEST_F(PosixProcessRunnerTest, RunsInItsDirectoryWithNothingToRead) {
  const auto result = run(shell("pwd -P; wc -c"));
  ASSERT_TRUE(result);
  EXPECT_EQ(text("stdout"), fs::canonical(directory_).string() + "\n0\n");
}

TEST_F(PosixProcessRunnerTest, LeavesNoDescriptorOpenInTheChild) {
  const UniqueFd leaked(::open("/dev/null", O_RDONLY));  // on purpose without O_CLOEXEC
  ASSERT_TRUE(run(shell("ls -l /proc/self/fd | wc -l; ls /proc/self/fd")));
  // "total 0", 0, 1, 2 and the directory that ls itself reads.
  EXPECT_EQ(text("stdout"), "5\n0\n1\n2\n3\n");
}

TEST_F(PosixProcessRunnerTest, ResetsSignals) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const auto result = run(shell("kill -PIPE $$; echo survived"));
  std::signal(SIGPIPE, before);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, ProcessEnd::Signalled);
  EXPECT_EQ(result->code, SIGPIPE);
}

TEST_F(PosixProcessRunnerTest, SaysWhichCommandWasSoughtInWhichPath) {
  auto spec = shell("");
  spec.command = {"no-such-command-here"};
  spec.environment = {{"PATH", "/usr/bin:/nowhere"}};
  const auto result = run(spec);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, FailureCode::NotFound);
  EXPECT_EQ(result.error().message,
            "command 'no-such-command-here' was not found in PATH=/usr/bin:/nowhere");
}

TEST_F(PosixProcessRunnerTest, ExplainsWhatCannotBeExecuted) {
  std::ofstream(directory_ + "/plain") << "#!/bin/sh\n";
  auto spec = shell("");
  spec.command = {"./plain"};
  auto result = run(spec);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, FailureCode::Denied);
  EXPECT_THAT(result.error().message, HasSubstr("/plain may not be executed"));

  std::ofstream(directory_ + "/lost") << "#!/no/such/interpreter\n";
  fs::permissions(directory_ + "/lost", fs::perms::owner_all);
  spec.command = {"./lost"};
  result = run(spec);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, FailureCode::NotFound);
  EXPECT_THAT(result.error().message, HasSubstr("interpreter"));

  std::ofstream(directory_ + "/headless") << "echo no\n";
  fs::permissions(directory_ + "/headless", fs::perms::owner_all);
  spec.command = {"./headless"};
  result = run(spec);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, FailureCode::Invalid);
  EXPECT_THAT(result.error().message, HasSubstr("#!/bin/sh"));
}

TEST_F(PosixProcessRunnerTest, RefusesAMissingDirectory) {
  auto spec = shell("true");
  spec.working_directory = directory_ + "/missing";
  const auto result = run(spec);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, FailureCode::NotFound);
  EXPECT_THAT(result.error().message, HasSubstr(directory_ + "/missing"));
}

TEST_F(PosixProcessRunnerTest, KillsAChildThatIgnoresTheTimeOut) {
  const auto result =
      run_into_time_out(shell("trap '' TERM; echo begun; while :; do sleep 0.05; done"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, ProcessEnd::TimedOut);
  EXPECT_EQ(result->code, SIGKILL);
  EXPECT_GE(result->wall, milliseconds(1200));
  EXPECT_LT(result->wall, seconds(100));
  EXPECT_EQ(text("stdout"), "begun\n");
}

TEST_F(PosixProcessRunnerTest, LetsAChildCleanUpAtTheTimeOut) {
  auto spec = shell("trap 'echo cleaned; exit 3' TERM; echo begun; while :; do sleep 0.02; done");
  spec.grace = seconds(60);
  const auto result = run_into_time_out(spec);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, ProcessEnd::TimedOut);
  EXPECT_EQ(result->code, 3);
  EXPECT_EQ(text("stdout"), "begun\ncleaned\n");
}

TEST_F(PosixProcessRunnerTest, EndsTheGroupWhenTheLeaderHasEnded) {
  const auto result = run(shell("sleep 600 & echo $!"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, ProcessEnd::Exited);
  EXPECT_EQ(result->code, 0);
  EXPECT_LT(result->wall, seconds(60));
  EXPECT_TRUE(gone_soon(std::stoi(text("stdout"))));
}

TEST_F(PosixProcessRunnerTest, EndsTheGroupAtTheTimeOut) {
  const auto result =
      run_into_time_out(shell("trap '' TERM; (trap '' TERM; sleep 600) & echo $!; wait"));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, ProcessEnd::TimedOut);
  EXPECT_TRUE(gone_soon(std::stoi(text("stdout"))));
}

TEST_F(PosixProcessRunnerTest, DoesNotWaitForWhoLeftTheGroup) {
  const auto result = run(shell("setsid sleep 600 & sleep 0.2; echo $!"));
  ASSERT_TRUE(result);
  EXPECT_LT(result->wall, seconds(60));
  ::kill(std::stoi(text("stdout")), SIGKILL);
}

TEST_F(PosixProcessRunnerTest, CapsAFloodOfOutput) {
  auto spec = shell("head -c 3000000 /dev/zero | tr '\\0' x; echo fine >&2");
  spec.output_limit = 1000;
  const auto result = run(spec);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->code, 0);
  EXPECT_EQ(result->dropped, 2'999'000U);
  EXPECT_EQ(text("stdout"),
            std::string(1000, 'x') +
                "\n[2999000 more bytes were dropped: only the first 1000 are kept]\n");
  EXPECT_EQ(text("stderr"), "fine\n");
}

TEST_F(PosixProcessRunnerTest, StopsWhenAsked) {
  std::stop_source source;
  const std::jthread asker([&] {
    std::this_thread::sleep_for(milliseconds(200));
    source.request_stop();
  });
  const auto result = runner_.run(shell("sleep 600"), source.get_token(), {});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->end, ProcessEnd::Stopped);
  EXPECT_LT(result->wall, seconds(60));
}

TEST_F(PosixProcessRunnerTest, TellsTheGroupBeforeTheCommandRuns) {
  int told = 0;
  const auto result =
      runner_.run(shell("ps -o pgid= -p $$ 2>/dev/null || echo $$"), {}, [&](int group) {
        told = group;
        EXPECT_EQ(::getpgid(group), group);
        EXPECT_EQ(text("stdout"), "");
      });
  ASSERT_TRUE(result);
  EXPECT_EQ(std::stoi(text("stdout")), told);
}

TEST_F(PosixProcessRunnerTest, RunsNothingWhenTheGroupCannotBeRecorded) {
  int group = 0;
  const auto record = [&](int started) {
    group = started;
    throw std::runtime_error("disk full");
  };
  EXPECT_THROW(static_cast<void>(runner_.run(shell("echo ran"), {}, record)), std::runtime_error);
  EXPECT_TRUE(gone_soon(group));
  EXPECT_EQ(text("stdout"), "");
}

TEST_F(PosixProcessRunnerTest, LimitsTheMemory) {
  auto spec = shell("head -c 400000000 /dev/zero | tail -c 390000000 | wc -c");
  spec.memory_limit = std::uint64_t{64} << 20U;
  const auto result = run(spec);
  ASSERT_TRUE(result);
  EXPECT_THAT(text("stdout"), testing::Not(HasSubstr("390000000")));
  EXPECT_THAT(text("stderr"), HasSubstr("memory"));
}

TEST_F(PosixProcessRunnerTest, SeveralThreadsRunOneEach) {
  std::vector<std::jthread> threads;
  std::array<int, 8> codes{};
  threads.reserve(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    threads.emplace_back([this, i, &codes] {
      auto spec = shell(format("exit {}", i + 10));
      spec.stdout_path += std::to_string(i);
      const auto result = run(spec);
      codes[i] = result ? result->code : -1;
    });
  }
  threads.clear();
  EXPECT_THAT(codes, testing::ElementsAre(10, 11, 12, 13, 14, 15, 16, 17));
}

}  // namespace
}  // namespace cls
