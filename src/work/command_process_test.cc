// SPDX-License-Identifier: Apache-2.0
// The command workload with real processes on a real disk.
#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/gone_soon_test.h"
#include "base/posix_process_runner.h"
#include "work/command.h"
#include "work/work_world_test.h"

namespace cls::work {
namespace {

using flow::Completed;
using flow::Failed;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using work::testing::DiskWorld;
namespace fs = std::filesystem;

/// Of the published samples' shape: standard library only, all it knows is CLS_ARC_PROPS_JSON, the
/// lot and the manifest of its source, which it is given as arguments. Its manifest has a field of
/// its own, `dataset`.
constexpr const char* sample = R"PY(
import json, os, sys, urllib.parse

lot, manifest_uri = sys.argv[1:3]
props = json.loads(os.environ["CLS_ARC_PROPS_JSON"])
stores = os.environ["CLS_STORES"]

def local(uri):
    parts = urllib.parse.urlsplit(uri)
    return os.path.join(stores, parts.scheme, parts.netloc, urllib.parse.unquote(parts.path)[1:])

def write(uri, text):
    os.makedirs(os.path.dirname(local(uri)), exist_ok=True)
    with open(local(uri), "w") as out:
        out.write(text)

source = props["sources"]["main"]["pathURI"]
sink = props["sinks"]["main"]
with open(local(manifest_uri)) as file:
    manifest = json.load(file)
assert manifest["lotId"] == lot

uris = []
for uri in manifest["uris"]:
    target = sink["pathURI"] + "lot=" + lot + "/" + uri[len(source):]
    with open(local(uri)) as file:
        write(target, file.read().upper())
    uris.append(target)

template = props["sinkManifestTemplates"]["main"]
path = template.replace("{lot}", lot).replace("{state}", "complete").replace("{/attempt*}", "")
write(path, json.dumps({"state": "complete", "comment": None, "lotId": lot,
                        "uriType": "identifier", "uris": uris, "dataset": sink}))
with open(os.environ["CLS_REPORT"], "a") as report:
    report.write(json.dumps({"rows": len(uris)}) + "\n")
print("copied", len(uris))
)PY";

class CommandProcessTest : public ::testing::Test {
 protected:
  void shell(const std::string& script) { world_.plan().command = {"/bin/sh", "-c", script}; }
  flow::RunOutcome run() {
    return CommandWorkload(world_.store(), runner_, world_.clock, world_.host())
        .run(world_.context());
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

  DiskWorld world_;
  PosixProcessRunner runner_;
};

TEST_F(CommandProcessTest, F29_a_script_of_the_published_shape_runs_unchanged) {
  world_.member("s3://b/in/a%20b.csv", "one");
  world_.member("s3://b/in/deep/c.csv", "two");
  world_.publish_sources();
  world_.write(world_.home + "/script/sample.py", sample);
  world_.plan().working_dir = world_.home + "/script";
  world_.plan().command = {"python3", "sample.py", "$.arcNotifyEvent.lot",
                           "$.arcNotifyEvent.manifest"};
  const auto done = complete();
  ASSERT_THAT(done.sinks, SizeIs(1));
  ASSERT_THAT(done.sinks[0].members, SizeIs(2));
  const std::string at = "s3://b/out/lot=20240501PT5M003/";
  EXPECT_EQ(done.sinks[0].members[0].uri, at + "a%20b.csv");
  EXPECT_EQ(done.sinks[0].members[0].sha256, sha256_hex("ONE"));
  EXPECT_EQ(world_.bytes(at + "deep/c.csv"), "TWO");
  EXPECT_EQ(json::to_text(done.report.value()), R"({"rows":2})");
  EXPECT_EQ(world_.read(world_.attempt_path("stdout")), "copied 2\n");
  EXPECT_THAT(world_.read(world_.attempt_path("manifest-MAIN.json")), HasSubstr("\"dataset\""));
}

TEST_F(CommandProcessTest, collect_takes_what_was_written_and_tidies_up) {
  world_.plan().manifest = model::ManifestMode::collect;
  world_.member("s3://b/in/a.csv", "1\n2\n");
  shell(R"(xargs cat < "$CLS_SOURCE_MAIN_FILES" | wc -l > "$CLS_SINK_MAIN_PATH/count")");
  const auto done = complete();
  ASSERT_THAT(done.sinks.at(0).members, SizeIs(1));
  EXPECT_EQ(world_.bytes("s3://b/out/count"), "2\n");
  EXPECT_FALSE(fs::exists(world_.attempt_path("sinks")));
  EXPECT_FALSE(fs::exists(world_.attempt_path("work")));
  EXPECT_THAT(world_.read(world_.attempt_path("result.json")),
              HasSubstr(R"("end":"exited","code":0)"));
}

TEST_F(CommandProcessTest, a_failed_attempt_leaves_its_folder_and_no_object) {
  world_.plan().manifest = model::ManifestMode::collect;
  shell("echo half > \"$CLS_SINK_MAIN_PATH/half\"; echo no such column >&2; exit 7");
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Exit");
  EXPECT_THAT(outcome.message, HasSubstr("status 7; it says: no such column"));
  EXPECT_TRUE(fs::exists(world_.attempt_path("sinks/MAIN/half")));
  EXPECT_FALSE(world_.exists("s3://b/out/half"));
}

TEST_F(CommandProcessTest, two_sinks_each_with_a_manifest_or_files) {
  world_.plan().manifest = model::ManifestMode::collect;
  world_.arc.sinks.emplace_back("rejected", work::testing::dataset("bad", "s3://b/bad/"));
  shell(R"(echo good > "$CLS_SINK_MAIN_PATH/a"; echo bad > "$CLS_SINK_REJECTED_PATH/a")");
  const auto done = complete();
  ASSERT_THAT(done.sinks, SizeIs(2));
  EXPECT_EQ(world_.bytes("s3://b/out/a"), "good\n");
  EXPECT_EQ(world_.bytes("s3://b/bad/a"), "bad\n");
}

TEST_F(CommandProcessTest, exit_0_without_a_manifest_is_a_failure) {
  shell("exit 0");
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Manifest");
  EXPECT_THAT(outcome.message, HasSubstr("state=complete/manifest.json"));
}

TEST_F(CommandProcessTest, a_sink_directory_is_there_to_write_into) {
  shell("echo x > \"$CLS_SINK_MAIN_PATH/x\"");
  EXPECT_EQ(failed().code, "Manifest");  // the shell could write; it only left no manifest
  EXPECT_TRUE(world_.exists("s3://b/out/x"));
}

TEST_F(CommandProcessTest, a_time_out_ends_even_who_ignores_SIGTERM_with_all_its_group) {
  world_.plan().manifest = model::ManifestMode::collect;
  const std::string said = world_.home + "/pid";
  shell("trap '' TERM; (trap '' TERM; while :; do sleep 0.1; done) & echo $! > " + said +
        ".new && mv " + said + ".new " + said + "; while :; do sleep 0.1; done");
  // A longer time-out where a slow machine let it say nothing yet.
  world_.arc.timeout = std::chrono::seconds(1);
  auto outcome = failed();
  while (!fs::exists(said) && world_.arc.timeout < std::chrono::seconds(30)) {
    world_.arc.timeout *= 4;
    world_.attempt.back() += 1;
    outcome = failed();
  }
  EXPECT_EQ(outcome.code, "Timeout");
  ASSERT_TRUE(fs::exists(said));
  EXPECT_TRUE(gone_soon(std::stoi(world_.read(said))));
}

TEST_F(CommandProcessTest, a_stop_ends_the_process) {
  world_.plan().manifest = model::ManifestMode::collect;
  shell("echo ready > \"$CLS_SINK_MAIN_PATH/ready\"; sleep 60");
  const std::jthread stopper([&] {
    for (int i = 0; i < 500 && !fs::exists(world_.attempt_path("sinks/MAIN/ready")); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    world_.stop.request_stop();
  });
  EXPECT_TRUE(std::holds_alternative<flow::Stopped>(run()));
  EXPECT_FALSE(world_.exists("s3://b/out/ready"));
}

TEST_F(CommandProcessTest, a_flood_of_output_is_cut_and_does_not_fail) {
  world_.plan().manifest = model::ManifestMode::collect;
  shell("head -c 70000000 /dev/zero; echo done > \"$CLS_SINK_MAIN_PATH/done\"");
  complete();
  EXPECT_TRUE(world_.exists("s3://b/out/done"));
  EXPECT_LT(fs::file_size(world_.attempt_path("stdout")), 68'000'000U);
  EXPECT_THAT(world_.read(world_.attempt_path("result.json")),
              HasSubstr("\"droppedBytes\":2891136"));
}

TEST_F(CommandProcessTest, the_memory_limit_holds) {
  world_.plan().manifest = model::ManifestMode::collect;
  world_.plan().memory_mb = 200;
  world_.plan().command = {"python3", "-c", "x = bytearray(400 << 20)"};
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Exit");
  EXPECT_THAT(outcome.message, HasSubstr("MemoryError"));
}

TEST_F(CommandProcessTest, a_missing_program_is_a_start_failure_that_is_tried_again) {
  world_.plan().command = {"no-such-program-here"};
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Start");
  EXPECT_TRUE(outcome.retryable);
  EXPECT_THAT(outcome.message, HasSubstr("'no-such-program-here' was not found in PATH="));
}

TEST_F(CommandProcessTest, several_lots_run_at_once) {
  world_.plan().manifest = model::ManifestMode::collect;
  shell("echo $CLS_ATTEMPT > \"$CLS_SINK_MAIN_PATH/$CLS_ATTEMPT\"");
  CommandWorkload workload(world_.store(), runner_, world_.clock, world_.host());
  std::vector<std::jthread> threads;
  std::atomic<int> completed{0};
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      auto context = world_.context();
      context.attempt = "01HX000000000000000000001" + std::to_string(i);
      if (std::holds_alternative<Completed>(workload.run(context))) ++completed;
    });
  }
  threads.clear();
  EXPECT_EQ(completed, 8);
  for (int i = 0; i < 8; ++i) {
    const std::string attempt = "01HX000000000000000000001" + std::to_string(i);
    EXPECT_EQ(world_.bytes("s3://b/out/" + attempt), attempt + "\n");
  }
}

}  // namespace
}  // namespace cls::work
