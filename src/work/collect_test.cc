// SPDX-License-Identifier: Apache-2.0
#include "work/collect.h"

#include <filesystem>
#include <sys/stat.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "work/work_world_test.h"

namespace cls::work {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using work::testing::DiskWorld;
namespace fs = std::filesystem;

class CollectTest : public ::testing::Test {
 protected:
  CollectTest() { world_.plan().manifest = model::ManifestMode::collect; }
  Gathered collect() {
    const auto folder =
        AttemptFolder::make(world_.files, world_.home + "/attempts", world_.attempt).value();
    return collect_sinks(world_.store(), world_.context(), world_.plan(), world_.host(), folder);
  }
  std::string in_sink(const std::string& name) const {
    return world_.attempt_path("sinks/MAIN/" + name);
  }
  void write(const std::string& name, const std::string& bytes) {
    world_.write(in_sink(name), bytes);
  }
  static std::vector<std::string> uris(const flow::SinkOutput& output) {
    std::vector<std::string> found;
    found.reserve(output.members.size());
    for (const auto& line : output.members) found.push_back(line.uri);
    return found;
  }
  DiskWorld world_;
};

TEST_F(CollectTest, every_file_becomes_an_object_hidden_ones_too) {
  write("b.csv", "two");
  write("sub/deep/a b.csv", "three");
  write(".hidden", "");
  const auto gathered = collect();
  ASSERT_FALSE(gathered.failed) << gathered.failed->message;
  EXPECT_THAT(uris(gathered.sinks.at(0)), ElementsAre("s3://b/out/.hidden", "s3://b/out/b.csv",
                                                      "s3://b/out/sub/deep/a%20b.csv"));
  const auto& line = gathered.sinks[0].members.at(1);
  EXPECT_EQ(line.role, "main");
  EXPECT_EQ(line.size, 3U);
  EXPECT_EQ(line.sha256, sha256_hex("two"));
  EXPECT_EQ(line.etag, md5_hex("two"));
  EXPECT_EQ(world_.bytes("s3://b/out/sub/deep/a%20b.csv"), "three");
}

TEST_F(CollectTest, without_a_file_the_sink_is_empty) {
  fs::create_directories(in_sink("only/directories"));
  const auto gathered = collect();
  ASSERT_FALSE(gathered.failed);
  EXPECT_EQ(gathered.sinks.at(0).state, record::ManifestState::empty);
}

TEST_F(CollectTest, a_folder_that_the_command_removed_is_empty) {
  EXPECT_EQ(collect().sinks.at(0).state, record::ManifestState::empty);
}

TEST_F(CollectTest, each_sink_has_its_own_folder) {
  world_.arc.sinks.emplace_back("side-out", work::testing::dataset("side", "s3://b/side/"));
  write("a", "1");
  world_.write(world_.attempt_path("sinks/SIDE_OUT/b"), "2");
  const auto gathered = collect();
  ASSERT_THAT(gathered.sinks, SizeIs(2));
  EXPECT_THAT(uris(gathered.sinks[0]), ElementsAre("s3://b/out/a"));
  EXPECT_THAT(uris(gathered.sinks[1]), ElementsAre("s3://b/side/b"));
}

TEST_F(CollectTest, other_bytes_under_a_key_stay_unless_told) {
  world_.put("s3://b/out/a.csv", "former");
  write("a.csv", "new");
  auto gathered = collect();
  ASSERT_FALSE(gathered.failed);
  EXPECT_EQ(world_.bytes("s3://b/out/a.csv"), "former");
  EXPECT_EQ(gathered.sinks.at(0).members.at(0).wanted, "s3://b/out/a.csv");
  world_.plan().on_conflict = model::OnConflict::replace;
  gathered = collect();
  EXPECT_EQ(world_.bytes("s3://b/out/a.csv"), "new");
  EXPECT_EQ(gathered.sinks.at(0).members.at(0).superseded, md5_hex("former"));
}

TEST_F(CollectTest, a_link_to_a_file_of_the_folder_is_taken_as_that_file) {
  write("a", "1");
  fs::create_symlink("a", in_sink("b"));
  const auto gathered = collect();
  ASSERT_FALSE(gathered.failed) << gathered.failed->message;
  EXPECT_THAT(uris(gathered.sinks.at(0)), ElementsAre("s3://b/out/a", "s3://b/out/b"));
  EXPECT_EQ(world_.bytes("s3://b/out/b"), "1");
}

TEST_F(CollectTest, a_link_out_of_the_folder_is_refused_before_anything_is_copied) {
  write("a", "1");
  world_.write(world_.home + "/secret", "x");
  fs::create_symlink(world_.home + "/secret", in_sink("link"));
  const auto gathered = collect();
  ASSERT_TRUE(gathered.failed);
  EXPECT_FALSE(gathered.failed->retryable);
  EXPECT_THAT(gathered.failed->message, HasSubstr(in_sink("link")));
  EXPECT_THAT(gathered.failed->message, HasSubstr("out of the folder, to " + world_.home));
  EXPECT_FALSE(world_.exists("s3://b/out/a"));
}

TEST_F(CollectTest, a_folder_that_was_replaced_by_a_link_is_refused) {
  world_.write(world_.home + "/elsewhere/secret", "x");
  const std::string folder = fs::path(in_sink("x")).parent_path().string();
  fs::create_directories(folder);
  fs::remove(folder);
  fs::create_directory_symlink(world_.home + "/elsewhere", folder);
  const auto gathered = collect();
  ASSERT_TRUE(gathered.failed);
  EXPECT_FALSE(gathered.failed->retryable);
  EXPECT_THAT(gathered.failed->message, HasSubstr("was replaced by a symbolic link"));
  EXPECT_FALSE(world_.exists("s3://b/out/secret"));
}

TEST_F(CollectTest, links_to_nowhere_and_to_directories_are_refused) {
  fs::create_directories(in_sink("sub"));
  fs::create_symlink("sub", in_sink("link"));
  EXPECT_THAT(collect().failed.value().message, HasSubstr("is no file"));
  fs::remove(in_sink("link"));
  fs::create_symlink("absent", in_sink("link"));
  EXPECT_THAT(collect().failed.value().message, HasSubstr("leads nowhere"));
}

TEST_F(CollectTest, a_pipe_is_refused_by_name) {
  fs::create_directories(in_sink(""));
  ASSERT_EQ(::mkfifo(in_sink("pipe").c_str(), 0600), 0);
  EXPECT_THAT(collect().failed.value().message,
              HasSubstr(in_sink("pipe") + " is a device, a pipe"));
}

TEST_F(CollectTest, a_key_that_cannot_be_is_refused_and_the_rest_is_listed) {
  world_.arc.parallel = 1;
  world_.put("s3://b/out/z", "an object where a directory would have to be");
  write("a", "1");
  write("z/below", "2");
  const auto gathered = collect();
  ASSERT_TRUE(gathered.failed);
  EXPECT_FALSE(gathered.failed->retryable);
  EXPECT_THAT(gathered.failed->message, HasSubstr("s3://b/out/z is an object"));
  EXPECT_THAT(uris(gathered.sinks.at(0)), ElementsAre("s3://b/out/a"));
}

}  // namespace
}  // namespace cls::work
