// SPDX-License-Identifier: Apache-2.0
// What is particular to FileStore: files on disk, fsyncs, failures half way, locks, links.
#include "store/file_store.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "store/scripted_file_system_test.h"
#include "store/store_kinds_test.h"

namespace cls::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

constexpr const char* md5_of_hello = "5d41402abc4b2a76b9719d911017c592";

class FileStoreTest : public ::testing::Test {
 protected:
  static Uri uri(std::string key) { return Uri{"s3", "bucket", std::move(key)}; }
  Uri file_uri(const std::string& relative) const {
    return Uri{"file", "", (base() + "/" + relative).substr(1)};
  }
  const std::string& base() const { return directory_.path(); }
  std::string bucket() const { return base() + "/stores/s3/bucket"; }
  /// Every path below the test's directory, sorted.
  std::vector<std::string> tree(const std::string& below = "") const {
    std::vector<std::string> paths;
    const std::string top = base() + below;
    for (const auto& entry : fs::recursive_directory_iterator(top)) {
      paths.push_back(entry.path().string().substr(top.size() + 1));
    }
    std::ranges::sort(paths);
    return paths;
  }
  static void write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(path).parent_path());
    std::ofstream(path) << text;
  }
  static std::string read(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<std::string> keys(const Uri& prefix) {
    std::vector<std::string> found;
    EXPECT_TRUE(for_each_object(store_, prefix,
                                [&](const ObjectInfo& info) { found.push_back(info.uri.key); }));
    return found;
  }

  TestDirectory directory_;
  ScriptedFileSystem files_;
  FileStore store_{
      files_, {.stores = base() + "/stores", .buckets = {{{"s3", "own"}, base() + "/elsewhere/"}}}};
};

TEST_F(FileStoreTest, ObjectsArePlainFiles) {
  ASSERT_TRUE(store_.put(uri("in/a b%.txt"), "hello"));
  ASSERT_TRUE(store_.put(Uri{"s3", "own", "x/y"}, "mine"));
  ASSERT_TRUE(store_.put(file_uri("landing/z"), "free"));
  EXPECT_EQ(read(bucket() + "/in/a b%.txt"), "hello");
  EXPECT_EQ(read(base() + "/elsewhere/x/y"), "mine");
  EXPECT_EQ(read(base() + "/landing/z"), "free");
  EXPECT_EQ(store_.local_path(uri("in/a b%.txt")).value(), bucket() + "/in/a b%.txt");
  EXPECT_EQ(store_.local_path(Uri{"s3", "own", "x/y"}).value(), base() + "/elsewhere/x/y");
  EXPECT_EQ(store_.local_path(file_uri("landing/z")).value(), base() + "/landing/z");
  EXPECT_EQ(store_.local_path(uri("not/there")).value(), bucket() + "/not/there");
  EXPECT_EQ(code_of(store_.local_path(uri("a/../b"))), FailureCode::Invalid);
  write(bucket() + "/by/hand", "hello");
  EXPECT_EQ(store_.head(uri("by/hand")).value().etag, md5_of_hello);
}

TEST_F(FileStoreTest, BucketsThatAreNone) {
  for (const Uri& none :
       {Uri{"s3", "..", "k"}, Uri{"s3", "", "k"}, Uri{"s3", "a/b", "k"}, Uri{"s3", ".cls-x", "k"},
        Uri{"file", "host", "k"}, Uri{"..", "b", "k"}}) {
    EXPECT_EQ(code_of(store_.put(none, "x")), FailureCode::Invalid) << none.to_string();
    EXPECT_EQ(code_of(store_.list({none, "", "", 1})), FailureCode::Invalid);
  }
  FileStore mapped(files_, {.stores = "", .buckets = {{{"s3", "own"}, base()}}});
  EXPECT_EQ(code_of(mapped.put(uri("k"), "x")), FailureCode::Invalid);
  EXPECT_THAT(tree(), IsEmpty());
}

TEST_F(FileStoreTest, ASmallWriteWaitsTwice) {
  ASSERT_TRUE(store_.put(uri("d/first"), "x"));
  const auto counted = [&](const std::function<void()>& work) {
    files_.calls.clear();
    work();
    return std::vector<int>{files_.calls["write_new"] + files_.calls["copy_new"],
                            files_.calls["sync"], files_.calls["make_directories"]};
  };
  EXPECT_THAT(counted([&] { ASSERT_TRUE(store_.put_if_absent(uri("d/k"), "hello")); }),
              ElementsAre(1, 2, 0));
  EXPECT_THAT(counted([&] { ASSERT_TRUE(store_.put(uri("d/k"), "hello")); }), ElementsAre(1, 2, 0));
  EXPECT_THAT(counted([&] { ASSERT_TRUE(store_.replace_if(uri("d/k"), md5_of_hello, "x")); }),
              ElementsAre(1, 2, 0));
  EXPECT_THAT(counted([&] { ASSERT_TRUE(store_.copy_if_absent(uri("d/k"), uri("d/l"))); }),
              ElementsAre(1, 2, 0));
  EXPECT_THAT(counted([&] { ASSERT_TRUE(store_.remove(uri("d/l"))); }), ElementsAre(0, 1, 0));
  EXPECT_THAT(counted([&] { ASSERT_TRUE(store_.put_if_absent(uri("n/e/w/k"), "hello")); }),
              ElementsAre(1, 2, 1));
  EXPECT_THAT(counted([&] { ASSERT_TRUE(store_.remove(uri("n/e/w/k"), Durable::Later)); }),
              ElementsAre(0, 0, 0));
  // Who loses waits for none.
  EXPECT_THAT(counted([&] { EXPECT_FALSE(store_.put_if_absent(uri("d/k"), "hello")); }),
              ElementsAre(0, 0, 0));
  EXPECT_THAT(counted([&] { EXPECT_FALSE(store_.replace_if(uri("d/k"), "other", "y")); }),
              ElementsAre(0, 0, 0));
  EXPECT_THAT(counted([&] { EXPECT_FALSE(store_.delete_if(uri("d/k"), "other")); }),
              ElementsAre(0, 0, 0));
}

TEST_F(FileStoreTest, StepsWaitOnceForAllBytesAndOnceForTheNamesOfEach) {
  ASSERT_TRUE(store_.put(uri("claims/c"), "hello"));
  files_.synced.clear();
  const auto done = store_.write(
      {{{.uri = uri("members/a/m"), .bytes = "1"}, {.uri = uri("private/a/p"), .bytes = "2"}},
       {{.uri = uri("claims/c"), .bytes = "x", .etag = md5_of_hello}},
       {{.uri = uri("lot=1/state=complete/manifest.json"), .bytes = "2"},
        {.uri = uri("claims/d"), .bytes = "y", .durable = Durable::Later}}});
  ASSERT_THAT(done, testing::SizeIs(3));
  for (const auto& step : done) {
    for (const auto& result : step) EXPECT_TRUE(result) << result.error().message;
  }
  EXPECT_EQ(read(bucket() + "/claims/c"), "x");
  EXPECT_EQ(read(bucket() + "/claims/d"), "y");
  ASSERT_THAT(files_.synced, testing::SizeIs(4));
  // Five files, and every directory that has a new one below it.
  EXPECT_THAT(files_.synced[0],
              testing::IsSupersetOf(
                  {bucket(), bucket() + "/members", bucket() + "/private", bucket() + "/lot=1"}));
  EXPECT_THAT(files_.synced[0], testing::Contains(HasSubstr("/.cls-tmp-")).Times(5));
  EXPECT_THAT(files_.synced[1], ElementsAre(bucket() + "/members/a", bucket() + "/private/a"));
  EXPECT_THAT(files_.synced[2], ElementsAre(bucket() + "/claims"));
  EXPECT_THAT(files_.synced[3],
              ElementsAre(bucket() + "/lot=1/state=complete", bucket() + "/claims"));
}

TEST_F(FileStoreTest, WhatIsDurableLaterIsSoBeforeTheNextWriteAppears) {
  ASSERT_TRUE(store_.put(uri("claims/c"), "hello"));
  ASSERT_TRUE(store_.put(uri("data/x"), "hello"));
  files_.synced.clear();
  ASSERT_TRUE(store_.write({{{.uri = uri("claims/d"), .bytes = "y", .durable = Durable::Later}}})
                  .front()
                  .front());
  EXPECT_THAT(files_.synced, ElementsAre(ElementsAre(HasSubstr("/claims/.cls-tmp-"))));
  int failing = 0;
  files_.plan = [&](const std::string& call, const std::string&) -> std::optional<FailureCode> {
    if (call == "sync" && failing++ == 0) return FailureCode::NoSpace;
    return std::nullopt;
  };
  EXPECT_FALSE(store_.copy_if_absent(uri("data/x"), uri("data/y")));
  ASSERT_TRUE(store_.copy_if_absent(uri("data/x"), uri("data/y")));
  ASSERT_TRUE(store_.put_if_absent(uri("data/z"), "3"));
  const auto claims = bucket() + "/claims";
  ASSERT_THAT(files_.synced, testing::SizeIs(6));
  EXPECT_THAT(files_.synced[1], ElementsAre(HasSubstr("/data/.cls-tmp-"), claims));
  EXPECT_THAT(files_.synced[2], ElementsAre(HasSubstr("/data/.cls-tmp-"), claims))
      << "it was not done yet";
  EXPECT_THAT(files_.synced[3], ElementsAre(bucket() + "/data"));
  EXPECT_THAT(files_.synced[4], ElementsAre(HasSubstr("/data/.cls-tmp-")));
}

TEST_F(FileStoreTest, AStepAfterOneThatFailedIsNotTriedAndLeavesNoTrace) {
  ASSERT_TRUE(store_.put(uri("claims/c"), "hello"));
  const auto before = tree();
  const std::vector<WriteStep> steps{
      {{.uri = uri("free"), .bytes = "1"}, {.uri = uri("claims/c"), .bytes = "x"}},
      {{.uri = uri("never/here"), .bytes = "2"}}};
  auto done = store_.write(steps);
  ASSERT_THAT(done, testing::SizeIs(1));
  EXPECT_TRUE(done[0][0]);
  EXPECT_EQ(code_of(done[0][1]), FailureCode::Conflict);
  ASSERT_TRUE(store_.remove(uri("free")));
  EXPECT_EQ(tree(), before);

  // Somebody is faster after all was staged.
  files_.plan = [&](const std::string& call, const std::string&) -> std::optional<FailureCode> {
    if (call == "link") write(bucket() + "/free", "theirs");
    return std::nullopt;
  };
  done = store_.write(
      {{{.uri = uri("free"), .bytes = "1"}}, {{.uri = uri("never/here"), .bytes = "2"}}});
  ASSERT_THAT(done, testing::SizeIs(1));
  EXPECT_EQ(code_of(done[0][0]), FailureCode::Conflict);
  EXPECT_EQ(read(bucket() + "/free"), "theirs");
  EXPECT_FALSE(fs::exists(bucket() + "/never"));

  // The claim has changed between its staging and its turn.
  int looks = 0;
  files_.plan = [&](const std::string& call, const std::string&) -> std::optional<FailureCode> {
    if (call == "lock_byte" && looks++ == 0) write(bucket() + "/claims/c", "theirs");
    return std::nullopt;
  };
  done = store_.write({{{.uri = uri("claims/c"), .bytes = "x", .etag = md5_of_hello}},
                       {{.uri = uri("never/here"), .bytes = "2"}}});
  ASSERT_THAT(done, testing::SizeIs(1));
  EXPECT_EQ(code_of(done[0][0]), FailureCode::Conflict);
  EXPECT_EQ(read(bucket() + "/claims/c"), "theirs");
  EXPECT_FALSE(fs::exists(bucket() + "/never"));
}

TEST_F(FileStoreTest, ASyncThatFailsBeforeTheNamesLeavesNoTraceAndAfterThemSaysSo) {
  ASSERT_TRUE(store_.put(uri("there"), "hello"));
  const auto before = tree();
  int syncs = 0;
  int failing = 1;
  files_.plan = [&](const std::string& call, const std::string&) -> std::optional<FailureCode> {
    if (call == "sync" && ++syncs == failing) return FailureCode::NoSpace;
    return std::nullopt;
  };
  const std::vector<WriteStep> steps{{{.uri = uri("a/k"), .bytes = "1"}},
                                     {{.uri = uri("b/k"), .bytes = "2"}}};
  auto done = store_.write(steps);
  ASSERT_THAT(done, testing::SizeIs(1));
  EXPECT_EQ(code_of(done[0][0]), FailureCode::NoSpace);
  EXPECT_EQ(tree(), before);
  syncs = 0;
  failing = 2;
  done = store_.write(steps);
  ASSERT_THAT(done, testing::SizeIs(1));
  EXPECT_EQ(code_of(done[0][0]), FailureCode::NoSpace);
  EXPECT_THAT(done[0][0].error().message, HasSubstr("is in place"));
  EXPECT_EQ(read(bucket() + "/a/k"), "1");
  EXPECT_FALSE(fs::exists(bucket() + "/b"));
}

TEST_F(FileStoreTest, TheBytesAreDurableBeforeTheNameAndTheNameBeforeTheReturn) {
  std::vector<std::string> order;
  files_.plan = [&](const std::string& call, const std::string&) -> std::optional<FailureCode> {
    order.push_back(call);
    return std::nullopt;
  };
  ASSERT_TRUE(store_.put_if_absent(uri("d/k"), "hello"));
  EXPECT_THAT(order,
              ElementsAre("make_directories", "write_new", "sync", "link", "unlink", "sync"));
  order.clear();
  ASSERT_TRUE(store_.replace_if(uri("d/k"), md5_of_hello, "x"));
  EXPECT_THAT(order, ElementsAre("write_new", "sync", "lock_byte", "rename", "sync"));
  order.clear();
  ASSERT_TRUE(store_.copy_if(uri("d/k"), uri("d/k"), md5_hex("x")));
  EXPECT_THAT(order, ElementsAre("copy_new", "sync", "lock_byte", "rename", "sync"));
}

TEST_F(FileStoreTest, AFullDiskAtAnyStepLeavesNoTrace) {
  ASSERT_TRUE(store_.put(uri("there"), "hello"));
  const std::vector<std::pair<std::string, std::function<FailureCode()>>> writes{
      {"put_if_absent", [&] { return code_of(store_.put_if_absent(uri("n/e/w"), "x")).value(); }},
      {"put", [&] { return code_of(store_.put(uri("n/e/w"), "x")).value(); }},
      {"copy_if",
       [&] { return code_of(store_.copy_if(uri("there"), uri("there"), md5_of_hello)).value(); }},
      {"copy_if_absent",
       [&] { return code_of(store_.copy_if_absent(uri("there"), uri("n/w"))).value(); }},
      {"replace_if",
       [&] { return code_of(store_.replace_if(uri("there"), md5_of_hello, "x")).value(); }}};
  ASSERT_TRUE(store_.put(uri("there"), "hello"));
  const auto before = tree();
  for (const auto& [name, attempt] : writes) {
    for (const std::string step : {"make_directories", "write_new", "copy_new", "link", "rename"}) {
      bool failed = false;
      files_.plan = [&](const std::string& call, const std::string&) -> std::optional<FailureCode> {
        if (call != step) return std::nullopt;
        failed = true;
        return FailureCode::NoSpace;
      };
      const bool on_the_way = step == "make_directories"
                                  ? !name.ends_with("e_if") && name != "copy_if"
                              : step == "write_new" ? !name.starts_with("copy")
                              : step == "copy_new"  ? name.starts_with("copy")
                              : step == "link"      ? name.ends_with("absent")
                                                    : !name.ends_with("absent");
      if (!on_the_way) continue;
      EXPECT_EQ(attempt(), FailureCode::NoSpace) << name << " at " << step;
      EXPECT_TRUE(failed);
      EXPECT_EQ(tree(), before) << name << " at " << step;
      EXPECT_EQ(read(bucket() + "/there"), "hello");
    }
  }
}

TEST_F(FileStoreTest, ADirectoryThatCannotBeSyncedIsSaidAndTheObjectStays) {
  int syncs = 0;
  files_.plan = [&](const std::string& call, const std::string&) -> std::optional<FailureCode> {
    if (call == "sync" && ++syncs == 2) return FailureCode::NoSpace;
    return std::nullopt;
  };
  const auto put = store_.put_if_absent(uri("k"), "hello");
  ASSERT_EQ(code_of(put), FailureCode::NoSpace);
  EXPECT_THAT(put.error().message, HasSubstr("s3://bucket/k is in place, but may not outlast"));
  EXPECT_EQ(store_.get(uri("k")).value().bytes, "hello");
  EXPECT_THAT(tree("/stores/s3/bucket"), ElementsAre("k"));
}

TEST_F(FileStoreTest, AFileThatGrowsTooLargeIsTakenAwayAgain) {
  ASSERT_TRUE(store_.put(uri("there"), "hello"));
  const auto before = tree();
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = old;
  small.rlim_cur = 65536;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto put = store_.put_if_absent(uri("d/large"), std::string(1'000'000, 'x'));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(code_of(put), FailureCode::NoSpace);
  EXPECT_EQ(tree(), before);
}

TEST_F(FileStoreTest, ReadOnlyIsDenied) {
  ASSERT_TRUE(store_.put(uri("k"), "hello"));
  files_.plan = [](const std::string&, const std::string&) { return FailureCode::Denied; };
  const auto put = store_.put(uri("n/k"), "x");
  ASSERT_EQ(code_of(put), FailureCode::Denied);
  EXPECT_THAT(put.error().message, HasSubstr("s3://bucket/n/k cannot be written: "));
  EXPECT_EQ(code_of(store_.put_if_absent(uri("l"), "x")), FailureCode::Denied);
  EXPECT_EQ(code_of(store_.replace_if(uri("k"), md5_of_hello, "x")), FailureCode::Denied);
  EXPECT_EQ(code_of(store_.delete_if(uri("k"), md5_of_hello)), FailureCode::Denied);
  EXPECT_EQ(code_of(store_.remove(uri("k"))), FailureCode::Denied);
  EXPECT_EQ(code_of(store_.copy_if_absent(uri("k"), uri("l"))), FailureCode::Denied);
  EXPECT_EQ(code_of(store_.copy_if(uri("k"), uri("k"), md5_of_hello)), FailureCode::Denied);
  EXPECT_EQ(store_.get(uri("k")).value().bytes, "hello");
}

TEST_F(FileStoreTest, NamesOfTheStoreAreNeverListed) {
  ASSERT_TRUE(store_.put(uri("d/k"), "hello"));
  ASSERT_TRUE(store_.replace_if(uri("d/k"), md5_of_hello, "x"));
  write(bucket() + "/d/.cls-tmp-000000000000000000000001", "half");
  write(bucket() + "/.sgwtmp/multipart/part", "half");
  write(bucket() + "/.cls-dir/k", "x");
  write(bucket() + "/e/.cls-tmp-1", "half");
  EXPECT_TRUE(fs::exists(bucket() + "/.cls-lock"));
  EXPECT_THAT(keys(uri("")), ElementsAre("d/k"));
  EXPECT_THAT(store_.list({uri(""), "/", "", 10}).value().prefixes, ElementsAre("d/"));
  EXPECT_THAT(keys(uri("d/.cls")), IsEmpty());
}

TEST_F(FileStoreTest, EmptyDirectoriesOfABucketAreTidiedAndOthersAreNot) {
  ASSERT_TRUE(store_.put(uri("a/b/c"), "hello"));
  ASSERT_TRUE(store_.put(file_uri("landing/deep/z"), "hello"));
  ASSERT_TRUE(store_.delete_if(uri("a/b/c"), md5_of_hello));
  ASSERT_TRUE(store_.delete_if(file_uri("landing/deep/z"), md5_of_hello));
  EXPECT_FALSE(fs::exists(bucket() + "/a"));
  EXPECT_TRUE(fs::exists(bucket()));
  EXPECT_TRUE(fs::exists(base() + "/landing/deep"));
  fs::create_directories(bucket() + "/left/over");
  EXPECT_THAT(store_.list({uri(""), "/", "", 10}).value().prefixes, IsEmpty());
  EXPECT_EQ(code_of(store_.put(uri("left"), "x")), FailureCode::Invalid);
  EXPECT_TRUE(store_.put_if_absent(uri("left/over"), "x"));
}

TEST_F(FileStoreTest, LockFilesLieWhereTheyAreNeededOnly) {
  ASSERT_TRUE(store_.put_if_absent(uri("d/k"), "hello"));
  ASSERT_TRUE(store_.put(file_uri("landing/z"), "hello"));
  ASSERT_TRUE(store_.remove(file_uri("landing/z")));
  ASSERT_TRUE(store_.put(file_uri("landing/z"), "hello"));
  EXPECT_EQ(code_of(store_.replace_if(file_uri("other/z"), "e", "x")), FailureCode::Conflict);
  EXPECT_FALSE(fs::exists(bucket() + "/.cls-lock"));
  EXPECT_THAT(tree("/landing"), ElementsAre("z"));
  EXPECT_FALSE(fs::exists(base() + "/other"));
  ASSERT_TRUE(store_.replace_if(file_uri("landing/z"), md5_of_hello, "x"));
  EXPECT_THAT(tree("/landing"), ElementsAre(".cls-lock", "z"));
}

TEST_F(FileStoreTest, LocksAreProvedBeforeTheyAreTrusted) {
  EXPECT_TRUE(store_.check_locks("s3", "bucket"));
  EXPECT_THAT(tree(), IsEmpty());
  ASSERT_TRUE(store_.put(uri("k"), "x"));
  EXPECT_TRUE(store_.check_locks("s3", "bucket"));
  EXPECT_EQ(code_of(store_.check_locks("file", "")), FailureCode::Invalid);
  const auto before = tree();
  files_.locks_are_granted_twice = true;
  const auto granted = store_.check_locks("s3", "bucket");
  ASSERT_EQ(code_of(granted), FailureCode::Unsupported);
  EXPECT_THAT(granted.error().message, HasSubstr("locks of s3://bucket"));
  files_.locks_are_granted_twice = false;
  files_.plan = [](const std::string& call, const std::string&) -> std::optional<FailureCode> {
    if (call == "lock_byte") return FailureCode::Unsupported;
    return std::nullopt;
  };
  EXPECT_EQ(code_of(store_.check_locks("s3", "bucket")), FailureCode::Unsupported);
  EXPECT_EQ(tree(), before);
  // Data can still be written there; records cannot be changed.
  EXPECT_TRUE(store_.put(uri("k"), "hello"));
  EXPECT_EQ(code_of(store_.replace_if(uri("k"), md5_of_hello, "x")), FailureCode::Unsupported);
}

TEST_F(FileStoreTest, LinksAreFollowedInsideTheBucketOnly) {
  write(base() + "/secret/s", "secret");
  ASSERT_TRUE(store_.put(uri("real/k"), "hello"));
  fs::create_symlink(base() + "/secret", bucket() + "/out");
  fs::create_symlink(base() + "/secret/s", bucket() + "/real/out");
  fs::create_symlink("../../../../secret/s", bucket() + "/real/out2");
  fs::create_symlink("nowhere", bucket() + "/real/broken");
  fs::create_symlink("real", bucket() + "/alias");
  fs::create_symlink("real/k", bucket() + "/link");
  for (const auto* key : {"out/s", "real/out", "real/out2"}) {
    const auto got = store_.get(uri(key));
    ASSERT_EQ(code_of(got), FailureCode::Denied) << key;
    EXPECT_THAT(got.error().message, HasSubstr("outside the bucket's directory"));
    EXPECT_EQ(code_of(store_.head(uri(key))), FailureCode::Denied);
    EXPECT_EQ(code_of(store_.copy_if_absent(uri(key), uri("stolen"))), FailureCode::Denied);
    EXPECT_EQ(code_of(store_.local_path(uri(key))), FailureCode::Denied);
  }
  EXPECT_EQ(code_of(store_.put(uri("out/new"), "x")), FailureCode::Denied);
  EXPECT_EQ(code_of(store_.put_if_absent(uri("out/d/new"), "x")), FailureCode::Denied);
  EXPECT_EQ(code_of(store_.remove(uri("out/s"))), FailureCode::Denied);
  EXPECT_EQ(code_of(store_.local_path(uri("real/broken"))), FailureCode::Denied);
  EXPECT_EQ(code_of(store_.get(uri("real/broken"))), FailureCode::NotFound);
  EXPECT_EQ(code_of(store_.put_if_absent(uri("real/broken"), "x")), FailureCode::Conflict);
  EXPECT_EQ(code_of(store_.put(uri("real/broken/k"), "x")), FailureCode::Invalid);
  EXPECT_EQ(store_.get(uri("alias/k")).value().bytes, "hello");
  EXPECT_EQ(store_.get(uri("link")).value().bytes, "hello");
  EXPECT_THAT(keys(uri("")), ElementsAre("alias/k", "link", "real/k"));
  EXPECT_TRUE(store_.put(uri("link"), "own"));
  EXPECT_EQ(read(bucket() + "/real/k"), "hello");
  EXPECT_THAT(tree("/secret"), ElementsAre("s"));
}

TEST_F(FileStoreTest, LinksThatLeadBackUpAreNotWalkedInCircles) {
  ASSERT_TRUE(store_.put(uri("a/b/k"), "hello"));
  fs::create_symlink("..", bucket() + "/a/b/up");
  fs::create_symlink(".", bucket() + "/self");
  ASSERT_TRUE(store_.put(uri("c/k"), "hello"));
  fs::create_symlink("../c", bucket() + "/a/to-c");
  fs::create_symlink("../a", bucket() + "/c/to-a");
  EXPECT_THAT(keys(uri("")), ElementsAre("a/b/k", "a/to-c/k", "c/k", "c/to-a/b/k"));
  EXPECT_THAT(keys(uri("a/b/")), ElementsAre("a/b/k"));
  EXPECT_THAT(keys(uri("a/b/up/")), IsEmpty());
}

TEST_F(FileStoreTest, APageReadsTheDirectoriesItLiesInOnly) {
  for (int i = 0; i < 100; ++i) {
    for (int j = 0; j < 5; ++j) write(bucket() + format("/p/{:02}/{}", i, j), "x");
  }
  files_.calls.clear();
  const auto page = store_.list({uri("p/"), "", "p/50/4", 7}).value();
  EXPECT_EQ(page.objects.front().uri.key, "p/51/0");
  EXPECT_EQ(page.next_start_after, "p/52/1");
  EXPECT_EQ(files_.calls["entries"], 4);  // p, p/50, p/51, p/52
  EXPECT_LE(files_.calls["status"], 16);
  files_.calls.clear();
  EXPECT_EQ(store_.list({uri("p/77/"), "", "", 7}).value().objects.size(), 5U);
  EXPECT_EQ(files_.calls["entries"], 1);
}

TEST_F(FileStoreTest, ALargeDirectoryIsReadOnceAndNeverStale) {
  for (int i = 0; i < 3'000; ++i) write(bucket() + format("/d/{:04}", i), "x");
  files_.clock_ahead = std::chrono::seconds(10);
  files_.calls.clear();
  ListRequest request{uri("d/"), "", "", 500};
  for (int i = 0; i < 5; ++i) request.start_after = store_.list(request).value().next_start_after;
  EXPECT_EQ(request.start_after, "d/2499");
  EXPECT_EQ(files_.calls["entries"], 1);
  write(bucket() + "/d/2499-new", "x");
  EXPECT_EQ(store_.list(request).value().objects.front().uri.key, "d/2499-new");
  EXPECT_EQ(files_.calls["entries"], 2);
  // A directory that changed just now may change again within the same tick: not remembered.
  files_.clock_ahead = {};
  write(bucket() + "/d/2499-newer", "x");
  request.limit = 1;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(store_.list(request));
  EXPECT_EQ(files_.calls["entries"], 5);
}

TEST_F(FileStoreTest, AFileWrittenInPlaceIsNeverReadTorn) {
  write(base() + "/landing/log", "0");
  int reads = 0;
  files_.before_read = [&](const std::string& path) {
    if (++reads < 3) std::ofstream(path, std::ios::app) << reads;
  };
  const auto object = store_.get(file_uri("landing/log")).value();
  EXPECT_EQ(object.bytes, "012");
  EXPECT_EQ(object.info.size, 3U);
  // The same number of other bytes, at another time.
  files_.before_read = [&](const std::string& path) {
    std::fstream(path) << ++reads % 10;
    fs::last_write_time(path, fs::file_time_type() + std::chrono::seconds(reads));
  };
  EXPECT_EQ(code_of(store_.get(file_uri("landing/log"))), FailureCode::Unavailable);
  EXPECT_EQ(code_of(store_.head(file_uri("landing/log"))), FailureCode::Unavailable);
  files_.before_read = [](const std::string& path) { std::ofstream(path, std::ios::app) << "x"; };
  const auto torn = store_.get(file_uri("landing/log"));
  ASSERT_EQ(code_of(torn), FailureCode::Unavailable);
  EXPECT_THAT(torn.error().message, HasSubstr("was written to in place while it was read"));
  EXPECT_EQ(code_of(store_.get_pieces(file_uri("landing/log"), [](std::string_view) {})),
            FailureCode::Unavailable);
}

TEST_F(FileStoreTest, ListingFilesOfTheMachineNeedsNoBucket) {
  write(base() + "/landing/2023/a", "x");
  write(base() + "/landing/b", "x");
  const std::string landing = (base() + "/landing/").substr(1);
  EXPECT_THAT(keys(file_uri("landing/")), ElementsAre(landing + "2023/a", landing + "b"));
  EXPECT_THAT(keys(file_uri("none/")), IsEmpty());
  EXPECT_EQ(code_of(store_.list({file_uri("landing/../x"), "", "", 1})), FailureCode::Invalid);
}

TEST_F(FileStoreTest, SpecialFilesAreNoObjects) {
  fs::create_directories(bucket());
  ASSERT_EQ(::mkfifo((bucket() + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(code_of(store_.get(uri("pipe"))), FailureCode::NotFound);
  EXPECT_EQ(code_of(store_.copy_if_absent(uri("pipe"), uri("k"))), FailureCode::NotFound);
  EXPECT_THAT(keys(uri("")), IsEmpty());
}

}  // namespace
}  // namespace cls::store
