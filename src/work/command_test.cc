// SPDX-License-Identifier: Apache-2.0
// The command workload with a scripted process: what is asked of the runner, what becomes of ends.
#include "work/command.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "work/work_world_test.h"

namespace cls::work {
namespace {

using flow::Completed;
using flow::Failed;
using flow::Stopped;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using work::testing::DiskWorld;
namespace fs = std::filesystem;

/// Does what the test says instead of starting a process.
class ScriptedRunner final : public ProcessRunner {
 public:
  Result<ProcessResult> run(const ProcessSpec& spec, const std::stop_token&,
                            const Started& started) override {
    ++runs;
    seen = spec;
    if (!failure) started(4711);
    if (failure) return tl::unexpected<Failure>(*failure);
    return script ? script(spec) : ProcessResult{};
  }
  std::function<ProcessResult(const ProcessSpec&)> script;
  std::optional<Failure> failure;
  ProcessSpec seen;
  int runs = 0;
};

class CommandTest : public ::testing::Test {
 protected:
  CommandTest() {
    world_.plan().command = {"tool", "$.arcNotifyEvent.lot"};
    world_.plan().manifest = model::ManifestMode::collect;
  }
  flow::RunOutcome run() {
    auto host = world_.host();
    host.started = [this](const std::string& attempt, int group) {
      told_ = attempt + " " + std::to_string(group);
    };
    return CommandWorkload(world_.store(), runner_, world_.clock, host).run(world_.context());
  }
  Completed complete() {
    auto outcome = run();
    if (const auto* failed = std::get_if<Failed>(&outcome)) {
      ADD_FAILURE() << failed->code << ": " << failed->message;
      return {};
    }
    return std::get<Completed>(std::move(outcome));
  }
  Failed failed() {
    auto outcome = run();
    if (!std::holds_alternative<Failed>(outcome)) {
      ADD_FAILURE() << "the command did not fail";
      return {};
    }
    return std::get<Failed>(std::move(outcome));
  }
  void ends(ProcessEnd end, int code, const std::string& errors) {
    runner_.script = [this, end, code, errors](const ProcessSpec& spec) {
      world_.write(spec.stderr_path, errors);
      return ProcessResult{.end = end, .code = code};
    };
  }

  DiskWorld world_;
  ScriptedRunner runner_;
  std::string told_;
};

TEST_F(CommandTest, asks_for_what_the_arc_declares) {
  world_.arc.timeout = std::chrono::seconds(77);
  world_.plan().memory_mb = 256;
  complete();
  EXPECT_THAT(runner_.seen.command, ElementsAre("tool", "20240501PT5M003"));
  EXPECT_EQ(runner_.seen.timeout, std::chrono::seconds(77));
  EXPECT_EQ(runner_.seen.memory_limit, std::uint64_t{256} << 20U);
  EXPECT_EQ(runner_.seen.environment.at("CLS_LOT"), "20240501PT5M003");
  EXPECT_EQ(runner_.seen.stdout_path, world_.attempt_path("stdout"));
  EXPECT_EQ(runner_.seen.stderr_path, world_.attempt_path("stderr"));
  EXPECT_EQ(runner_.seen.working_directory, world_.attempt_path("work"));
  world_.attempt = "01HX0000000000000000000002";
  world_.plan().working_dir = world_.home;
  complete();
  EXPECT_EQ(runner_.seen.working_directory, world_.home);
}

TEST_F(CommandTest, records_the_group_before_the_command_runs) {
  std::string group;
  runner_.script = [&](const ProcessSpec&) {
    group = world_.read(world_.attempt_path("group"));
    return ProcessResult{};
  };
  complete();
  EXPECT_EQ(group, "4711");
  EXPECT_EQ(told_, world_.attempt + " 4711");
  EXPECT_FALSE(fs::exists(world_.attempt_path("group")));
}

TEST_F(CommandTest, a_group_that_cannot_be_recorded_keeps_the_command_from_starting) {
  fs::create_directories(world_.attempt_path("group"));
  bool ran = false;
  runner_.script = [&](const ProcessSpec&) {
    ran = true;
    return ProcessResult{};
  };
  EXPECT_THROW(run(), Error);
  EXPECT_FALSE(ran);
}

TEST_F(CommandTest, a_status_other_than_0_says_the_last_lines_and_the_log) {
  ends(ProcessEnd::Exited, 3, "one\ntwo\nbad column\n");
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Exit");
  EXPECT_TRUE(outcome.retryable);
  EXPECT_EQ(outcome.message, "'tool' exited with status 3; it says: one\ntwo\nbad column (log: " +
                                 world_.attempt_path("stderr") + ")");
}

TEST_F(CommandTest, a_signal_and_a_time_out_are_told_apart) {
  ends(ProcessEnd::Signalled, 9, "");
  auto outcome = failed();
  EXPECT_EQ(outcome.code, "Signal");
  EXPECT_THAT(outcome.message, HasSubstr("signal 9 (SIGKILL); it wrote nothing to stderr"));
  world_.attempt = "01HX0000000000000000000002";
  ends(ProcessEnd::TimedOut, 15, "");
  outcome = failed();
  EXPECT_EQ(outcome.code, "Timeout");
  EXPECT_TRUE(outcome.retryable);
  EXPECT_THAT(outcome.message, HasSubstr("within 900 s"));
}

TEST_F(CommandTest, the_result_is_kept_in_the_folder) {
  runner_.script = [](const ProcessSpec&) {
    return ProcessResult{.end = ProcessEnd::Exited,
                         .code = 2,
                         .wall = std::chrono::milliseconds(5),
                         .user = std::chrono::milliseconds(3),
                         .system = std::chrono::milliseconds(1),
                         .max_rss = 4096,
                         .dropped = 7};
  };
  failed();
  EXPECT_EQ(world_.read(world_.attempt_path("result.json")),
            R"({"end":"exited","code":2,"wallMs":5,"userMs":3,"systemMs":1,"maxRssBytes":4096,)"
            R"("droppedBytes":7,"badReportLines":0})"
            "\n");
}

TEST_F(CommandTest, a_missing_program_may_be_on_its_way) {
  runner_.failure = Failure{FailureCode::NotFound, "command 'tool' was not found in PATH=/bin"};
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Start");
  EXPECT_TRUE(outcome.retryable);
  EXPECT_THAT(outcome.message, HasSubstr("was not found"));
  EXPECT_THAT(world_.read(world_.attempt_path("result.json")), HasSubstr("notStarted"));
}

TEST_F(CommandTest, a_command_that_can_never_run_is_not_tried_again) {
  runner_.failure = Failure{FailureCode::Invalid, "an argument of 'tool' holds a NUL character"};
  EXPECT_FALSE(failed().retryable);
  world_.attempt = "01HX0000000000000000000002";
  runner_.failure.reset();
  world_.plan().command = {"tool", "$.nothing"};
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Start");
  EXPECT_FALSE(outcome.retryable);
  EXPECT_EQ(runner_.runs, 1);
}

TEST_F(CommandTest, a_stop_before_the_start_starts_nothing) {
  world_.stop.request_stop();
  EXPECT_TRUE(std::holds_alternative<Stopped>(run()));
  EXPECT_EQ(runner_.runs, 0);
}

TEST_F(CommandTest, a_stop_while_it_runs_writes_nothing_more) {
  runner_.script = [&](const ProcessSpec& spec) {
    world_.write(spec.environment.at("CLS_SINK_MAIN_PATH") + "/a", "x");
    world_.stop.request_stop();
    return ProcessResult{};  // it happened to end well at that moment
  };
  EXPECT_TRUE(std::holds_alternative<Stopped>(run()));
  EXPECT_FALSE(world_.exists("s3://b/out/a"));
  EXPECT_TRUE(fs::exists(world_.attempt_path("sinks/MAIN/a")));
}

TEST_F(CommandTest, the_end_stopped_is_no_failure) {
  ends(ProcessEnd::Stopped, 15, "");
  EXPECT_TRUE(std::holds_alternative<Stopped>(run()));
}

TEST_F(CommandTest, the_last_report_goes_with_the_result) {
  runner_.script = [&](const ProcessSpec& spec) {
    world_.write(spec.environment.at("CLS_REPORT"), "{\"rows\":1}\n{\"rows\":2}\n");
    return ProcessResult{};
  };
  EXPECT_EQ(json::to_text(complete().report.value()), R"({"rows":2})");
}

TEST_F(CommandTest, secrets_are_in_no_file_that_is_written) {
  using From = model::EnvironmentValue::From;
  world_.write(world_.home + "/token", "also-not-this");
  world_.plan().environment = {{"SECRET", {From::Environment, "SECRET_OF_CLS"}},
                               {"TOKEN", {From::File, world_.home + "/token"}}};
  world_.member("s3://b/in/a.csv", "one");
  ends(ProcessEnd::Exited, 1, "failed\n");
  const auto outcome = failed();
  EXPECT_EQ(runner_.seen.environment.at("SECRET"), "do-not-leak");
  EXPECT_EQ(runner_.seen.environment.at("TOKEN"), "also-not-this");
  std::size_t looked_at = 0;
  for (const char* below : {"/attempts", "/stores"}) {
    for (const auto& entry : fs::recursive_directory_iterator(world_.home + below)) {
      if (!entry.is_regular_file()) continue;
      ++looked_at;
      EXPECT_THAT(world_.read(entry.path()), Not(HasSubstr("do-not-leak"))) << entry.path();
      EXPECT_THAT(world_.read(entry.path()), Not(HasSubstr("also-not-this"))) << entry.path();
    }
  }
  EXPECT_GE(looked_at, 4U);
  EXPECT_THAT(outcome.message, Not(HasSubstr("do-not-leak")));
}

TEST_F(CommandTest, vanished_sources_are_recorded_beside_every_sink) {
  world_.arc.sinks.emplace_back("second", work::testing::dataset("more", "s3://b/more/"));
  world_.member("s3://b/in/a.csv", "one");
  world_.put("s3://b/in/a.csv", "overwritten");
  const auto done = complete();
  ASSERT_THAT(done.sinks, SizeIs(2));
  for (const auto& sink : done.sinks) {
    ASSERT_THAT(sink.members, SizeIs(1));
    EXPECT_EQ(sink.members[0].role, sink.role);
    EXPECT_TRUE(sink.members[0].vanished);
    EXPECT_EQ(sink.state, record::ManifestState::empty);
  }
}

TEST_F(CommandTest, a_source_overwritten_while_it_ran_is_vanished) {
  world_.member("s3://b/in/a.csv", "one");
  runner_.script = [&](const ProcessSpec&) {
    world_.put("s3://b/in/a.csv", "overwritten");
    return ProcessResult{};
  };
  EXPECT_TRUE(complete().sinks.at(0).members.at(0).vanished);
}

TEST_F(CommandTest, overwrites_fail_ends_partial) {
  world_.sources[0].overwrites = model::Overwrites::fail;
  world_.member("s3://b/in/a.csv", "one");
  world_.put("s3://b/in/a.csv", "overwritten");
  runner_.script = [&](const ProcessSpec& spec) {
    world_.write(spec.environment.at("CLS_SINK_MAIN_PATH") + "/a", "x");
    return ProcessResult{};
  };
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Vanished");
  EXPECT_TRUE(outcome.tolerated);
  EXPECT_FALSE(outcome.retryable);
  EXPECT_THAT(outcome.partial.at(0).members, SizeIs(2));
}

}  // namespace
}  // namespace cls::work
