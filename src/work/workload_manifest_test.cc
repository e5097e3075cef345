// SPDX-License-Identifier: Apache-2.0
#include "work/workload_manifest.h"

#include <filesystem>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "work/work_world_test.h"

namespace cls::work {
namespace {

using record::ManifestState;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using work::testing::DiskWorld;
namespace fs = std::filesystem;

constexpr const char* out_a = "s3://b/out/lot=20240501PT5M003/a.csv";
constexpr const char* former_lot = "20240501PT5M002";

class WorkloadManifestTest : public ::testing::Test {
 protected:
  /// The process begins now; what it writes next is its own.
  void begin() {
    folder_.emplace(
        AttemptFolder::make(world_.files, world_.home + "/attempts", world_.attempt).value());
    started_.before = ObjectsBefore::list(world_.store(), world_.context()).value();
    started_.at = folder_->begin().value();
  }
  /// What a process does: plain files, neither synced nor conditional.
  void process_writes(const std::string& at, const std::string& bytes) {
    world_.write(world_.path(at), bytes);
  }
  Uri place(ManifestState state, const std::string& role = "main") {
    const auto sink = std::ranges::find(world_.arc.sinks, role,
                                        &std::pair<std::string, model::SinkDataset>::first);
    return world_.places.private_manifest(world_.project.project, "a", world_.attempt,
                                          sink->second.id(), world_.lot, state);
  }
  void process_lists(const Uri& at, const std::string& state, const std::string& uris,
                     const std::string& more = "") {
    process_writes(
        at.to_string(),
        format(R"({{"state":"{}","lotId":"20240501PT5M003","uris":[{}]{}}})", state, uris, more));
  }
  static std::string quoted(const std::string& text) { return "\"" + text + "\""; }
  Gathered gather() {
    return read_workload_manifests(world_.store(), world_.context(), world_.host(), started_,
                                   *folder_);
  }
  flow::Failed failed() {
    auto gathered = gather();
    if (!gathered.failed) ADD_FAILURE() << "it did not fail";
    return gathered.failed.value_or(flow::Failed{});
  }
  static std::vector<std::string> uris(const flow::SinkOutput& output) {
    std::vector<std::string> found;
    found.reserve(output.members.size());
    for (const auto& line : output.members) found.push_back(line.uri);
    return found;
  }

  DiskWorld world_;
  std::optional<AttemptFolder> folder_;
  AttemptBegin started_;
};

TEST_F(WorkloadManifestTest, members_are_measured_and_made_durable) {
  begin();
  process_writes(out_a, "one");
  process_lists(place(ManifestState::complete), "complete", quoted(out_a),
                R"(,"comment":"by the script","dataset":{"name":"out"})");
  const auto gathered = gather();
  ASSERT_FALSE(gathered.failed) << gathered.failed->message;
  const auto& sink = gathered.sinks.at(0);
  EXPECT_EQ(sink.state, ManifestState::complete);
  EXPECT_EQ(sink.comment, "by the script");
  ASSERT_THAT(sink.members, SizeIs(1));
  EXPECT_EQ(sink.members[0].uri, out_a);
  EXPECT_EQ(sink.members[0].size, 3U);
  EXPECT_EQ(sink.members[0].etag, md5_hex("one"));
  EXPECT_EQ(sink.members[0].sha256, sha256_hex("one"));
  ASSERT_FALSE(world_.files.synced.empty());
  EXPECT_THAT(world_.files.synced[0], Contains(world_.path(out_a)));
  EXPECT_THAT(world_.files.synced[0], Contains(store::parent_path(world_.path(out_a))));
}

TEST_F(WorkloadManifestTest, the_process_s_manifests_make_room_for_the_arc_s) {
  begin();
  process_writes(out_a, "one");
  process_lists(place(ManifestState::complete), "complete", quoted(out_a));
  ASSERT_FALSE(gather().failed);
  EXPECT_FALSE(world_.exists(place(ManifestState::complete).to_string()));
  EXPECT_THAT(world_.read(world_.attempt_path("manifest-MAIN.json")), HasSubstr(out_a));
  // As the arc's own life cycle does before it commits.
  EXPECT_TRUE(world_.store().put_if_absent(place(ManifestState::complete), "the arc's"));
}

TEST_F(WorkloadManifestTest, A7_every_sink_role_is_looked_at) {
  world_.arc.sinks.emplace_back("second", work::testing::dataset("more", "s3://b/more/"));
  world_.arc.sinks.emplace_back("third", work::testing::dataset("none", "s3://b/none/"));
  begin();
  process_writes(out_a, "one");
  process_writes("s3://b/more/b", "two");
  process_lists(place(ManifestState::complete), "complete", quoted(out_a));
  process_lists(place(ManifestState::complete, "second"), "complete", quoted("s3://b/more/b"));
  process_lists(place(ManifestState::empty, "third"), "empty", "");
  const auto gathered = gather();
  ASSERT_FALSE(gathered.failed) << gathered.failed->message;
  ASSERT_THAT(gathered.sinks, SizeIs(3));
  EXPECT_THAT(uris(gathered.sinks[1]), ElementsAre("s3://b/more/b"));
  EXPECT_EQ(gathered.sinks[2].state, ManifestState::empty);
}

TEST_F(WorkloadManifestTest, A7_a_role_without_a_manifest_fails_and_says_where_it_was_expected) {
  world_.arc.sinks.emplace_back("second", work::testing::dataset("more", "s3://b/more/"));
  begin();
  process_writes(out_a, "one");
  process_lists(place(ManifestState::complete), "complete", quoted(out_a));
  const auto gathered = gather();
  ASSERT_TRUE(gathered.failed);
  EXPECT_EQ(gathered.failed->code, "Manifest");
  EXPECT_FALSE(gathered.failed->tolerated);
  EXPECT_THAT(gathered.failed->message,
              HasSubstr("no manifest for sink 'second': expected at " +
                        place(ManifestState::complete, "second").to_string()));
  EXPECT_THAT(gathered.failed->message, HasSubstr("lot={lot}/state={state}{/attempt*}"));
  EXPECT_THAT(gathered.sinks, SizeIs(1));
  // What a failed attempt left stays for people to read.
  EXPECT_TRUE(world_.exists(place(ManifestState::complete).to_string()));
}

TEST_F(WorkloadManifestTest, A8_a_partial_manifest_ends_the_attempt_tolerated) {
  begin();
  process_writes(out_a, "one");
  for (const char* where : {"", "attempt=2024/"}) {
    Uri at = place(ManifestState::partial);
    at.key.insert(at.key.size() - std::string("manifest.json").size(), where);
    process_lists(at, "partial", quoted(out_a), R"(,"comment":"two of three")");
    const auto gathered = gather();
    ASSERT_TRUE(gathered.failed) << at.to_string();
    EXPECT_EQ(gathered.failed->code, "Partial");
    EXPECT_TRUE(gathered.failed->tolerated);
    EXPECT_TRUE(gathered.failed->retryable);
    EXPECT_THAT(gathered.failed->message, HasSubstr("sink 'main' (1 members): two of three"));
    EXPECT_THAT(uris(gathered.sinks.at(0)), ElementsAre(out_a));
    ASSERT_TRUE(world_.store().remove(at));
  }
}

TEST_F(WorkloadManifestTest, complete_counts_before_empty_and_partial) {
  begin();
  process_writes(out_a, "one");
  process_lists(place(ManifestState::partial), "partial", "");
  process_lists(place(ManifestState::empty), "empty", "");
  process_lists(place(ManifestState::complete), "complete", quoted(out_a));
  const auto gathered = gather();
  ASSERT_FALSE(gathered.failed);
  EXPECT_THAT(uris(gathered.sinks.at(0)), ElementsAre(out_a));
}

TEST_F(WorkloadManifestTest, a_directory_of_manifests_is_united) {
  begin();
  process_writes(out_a, "one");
  process_writes("s3://b/out/b", "two");
  const Uri at = place(ManifestState::complete);
  process_lists(at.child("part-00000.json"), "complete", quoted(out_a));
  process_lists(at.child("part-00001.json"), "complete", quoted("s3://b/out/b"));
  process_writes(at.child("_SUCCESS").to_string(), "");
  process_writes(at.child(".part-00000.json.crc").to_string(), "crc");
  const auto gathered = gather();
  ASSERT_FALSE(gathered.failed) << gathered.failed->message;
  EXPECT_THAT(uris(gathered.sinks.at(0)), ElementsAre("s3://b/out/b", out_a));
  EXPECT_TRUE(world_.store().put_if_absent(at, "the arc's"));
}

TEST_F(WorkloadManifestTest, parts_paths_and_prefixes_are_followed) {
  begin();
  process_writes("s3://b/out/x/1", "1");
  process_writes("s3://b/out/x/2", "2");
  process_writes("s3://b/out/xy", "3");
  const Uri at = place(ManifestState::complete);
  const Uri part = world_.places.manifest_part(at, 0);
  process_lists(part, "complete", quoted("s3://b/out/x"), R"(,"uriType":"path")");
  process_lists(at, "complete", quoted(part.to_string()), R"(,"uriType":"manifest")");
  EXPECT_THAT(uris(gather().sinks.at(0)), ElementsAre("s3://b/out/x/1", "s3://b/out/x/2"));
  process_lists(at, "complete", quoted("s3://b/out/x"), R"(,"uriType":"prefix")");
  EXPECT_THAT(uris(gather().sinks.at(0)),
              ElementsAre("s3://b/out/x/1", "s3://b/out/x/2", "s3://b/out/xy"));
  process_lists(at, "complete", quoted("s3://b/out/nothing/"), R"(,"uriType":"path")");
  EXPECT_THAT(failed().message, HasSubstr("below which there is no object"));
}

TEST_F(WorkloadManifestTest, what_is_wrong_in_a_manifest_is_named) {
  begin();
  process_writes(out_a, "one");
  process_writes("s3://b/other/a", "one");
  const Uri at = place(ManifestState::complete);
  const auto refused = [&](const std::string& bytes) {
    process_writes(at.to_string(), bytes);
    const auto outcome = failed();
    EXPECT_FALSE(outcome.retryable) << bytes;
    EXPECT_THAT(outcome.message, HasSubstr("sink 'main': the manifest " + at.to_string()));
    return outcome.message;
  };
  EXPECT_THAT(refused("{\"state\":\"complete\","), HasSubstr("no manifest"));
  EXPECT_THAT(refused(R"({"state":"complete","lotId":"20240501PT5M004","uris":[]})"),
              HasSubstr("its lotId is '20240501PT5M004', but the lot is 20240501PT5M003"));
  EXPECT_THAT(refused(R"({"state":"empty","lotId":"20240501PT5M003","uris":[]})"),
              HasSubstr("its state is empty, but it lies where the complete manifest belongs"));
  EXPECT_THAT(
      refused(R"({"state":"complete","lotId":"20240501PT5M003","uris":["s3://b/other/a"]})"),
      HasSubstr("s3://b/other/a does not lie below s3://b/out/"));
  EXPECT_THAT(refused(R"({"state":"complete","lotId":"20240501PT5M003","uris":["s3://b/"],)"
                      R"("uriType":"path"})"),
              HasSubstr("s3://b/ does not lie below s3://b/out/"));
  EXPECT_THAT(refused(R"({"state":"complete","lotId":"20240501PT5M003","uris":["no uri"]})"),
              HasSubstr("no uri"));
}

TEST_F(WorkloadManifestTest, a_member_that_does_not_exist_is_named) {
  begin();
  process_lists(place(ManifestState::complete), "complete", quoted(out_a));
  const auto outcome = failed();
  EXPECT_THAT(outcome.message, HasSubstr(std::string(out_a) + ", which does not exist"));
  EXPECT_TRUE(outcome.retryable);
}

TEST_F(WorkloadManifestTest, a_changed_object_of_another_lot_fails_naming_object_and_lot) {
  world_.put(out_a, "former");
  world_.commit_other_lot(
      former_lot, {.role = "main", .uri = out_a, .size = 6, .sha256 = sha256_hex("former")});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  begin();
  process_writes(out_a, "changed");
  process_lists(place(ManifestState::complete), "complete", quoted(out_a));
  const auto outcome = failed();
  EXPECT_EQ(outcome.code, "Conflict");
  EXPECT_FALSE(outcome.retryable);
  EXPECT_THAT(outcome.message, HasSubstr(std::string("the command changed ") + out_a));
  EXPECT_THAT(outcome.message, HasSubstr(former_lot));
}

TEST_F(WorkloadManifestTest, a_change_that_keeps_the_old_time_is_seen_too) {
  world_.put(out_a, "former");
  world_.commit_other_lot(
      former_lot, {.role = "main", .uri = out_a, .size = 6, .sha256 = sha256_hex("former")});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  begin();
  const auto time = fs::last_write_time(world_.path(out_a));
  process_writes(out_a, "change");
  fs::last_write_time(world_.path(out_a), time);
  process_lists(place(ManifestState::complete), "complete", quoted(out_a));
  EXPECT_EQ(failed().code, "Conflict");
}

TEST_F(WorkloadManifestTest, an_object_that_another_lot_committed_meanwhile_counts_too) {
  begin();
  process_writes(out_a, "ours");
  world_.commit_other_lot(
      former_lot, {.role = "main", .uri = out_a, .size = 6, .sha256 = sha256_hex("theirs")});
  process_lists(place(ManifestState::complete), "complete", quoted(out_a));
  EXPECT_EQ(failed().code, "Conflict");
}

TEST_F(WorkloadManifestTest, the_same_bytes_or_an_untouched_object_are_no_change) {
  const std::string schema = "s3://b/out/_schema.json";
  world_.put(schema, "{}");
  world_.commit_other_lot(former_lot,
                          {.role = "main", .uri = schema, .size = 2, .sha256 = sha256_hex("{}")});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  begin();
  process_lists(place(ManifestState::complete), "complete", quoted(schema));
  EXPECT_FALSE(gather().failed);
  process_writes(schema, "{}");
  process_lists(place(ManifestState::complete), "complete", quoted(schema));
  const auto gathered = gather();
  EXPECT_FALSE(gathered.failed) << gathered.failed->message;
}

TEST_F(WorkloadManifestTest, what_this_lot_committed_before_may_be_changed) {
  world_.put(out_a, "former");
  world_.commit_other_lot(
      world_.lot.to_string(),
      {.role = "main", .uri = out_a, .size = 6, .sha256 = sha256_hex("former")});
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  begin();
  process_writes(out_a, "replayed");
  process_lists(place(ManifestState::complete), "complete", quoted(out_a));
  EXPECT_FALSE(gather().failed);
}

TEST_F(WorkloadManifestTest, a_claim_that_cannot_be_read_may_list_anything) {
  begin();
  process_writes(out_a, "ours");
  const auto id = lot::LotId::parse(former_lot).value();
  world_.put(world_.places.claim(world_.project.project, "a", id).to_string(), "no claim");
  process_lists(place(ManifestState::complete), "complete", quoted(out_a));
  const auto outcome = failed();
  EXPECT_TRUE(outcome.retryable);
  EXPECT_THAT(outcome.message, HasSubstr("what other lots list cannot be known"));
}

}  // namespace
}  // namespace cls::work
