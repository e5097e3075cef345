// SPDX-License-Identifier: Apache-2.0
#include "record/members.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/generators.h"

namespace cls::record {
namespace {

using testing::HasSubstr;

MemberLine member(std::string uri, std::uint64_t size, std::optional<std::string> sha256) {
  MemberLine line;
  line.role = "main";
  line.uri = std::move(uri);
  line.size = size;
  line.sha256 = std::move(sha256);
  return line;
}

MembersFile members_example() {
  MembersFile members;
  auto first = member("s3://b/out/a.csv", 3, "aa");
  first.etag = "e1";
  first.source = "s3://b/in/a.csv";
  first.sourceVersion = "3:sha256:aa";
  auto second = member("s3://b/out/b~L~01A.csv", 4, "bb");
  second.wanted = "out/b.csv";
  members.lines = {first, second};
  members.report = json::parse_record(R"({"rows":120})").value();
  return members;
}

constexpr const char* members_bytes =
    R"({"role":"main","uri":"s3://b/out/a.csv","size":3,"etag":"e1","sha256":"aa",)"
    R"("source":"s3://b/in/a.csv","sourceVersion":"3:sha256:aa","wanted":null,"vanished":null,)"
    R"("superseded":null})"
    "\n"
    R"({"role":"main","uri":"s3://b/out/b~L~01A.csv","size":4,"etag":null,"sha256":"bb",)"
    R"("source":null,"sourceVersion":null,"wanted":"out/b.csv","vanished":null,"superseded":null})"
    "\n"
    R"({"report":{"rows":120}})"
    "\n";

TEST(Members, GoldenBytes) {
  EXPECT_EQ(write_members(members_example()), members_bytes);
  EXPECT_EQ(read_members(members_bytes).value(), members_example());
}

TEST(Members, NoneIsAnEmptyFile) {
  EXPECT_EQ(write_members({}), "");
  EXPECT_EQ(read_members("").value(), MembersFile{});
}

TEST(Members, UnknownFieldsAreAcceptedEvenOneNamedReport) {
  std::string bytes = members_bytes;
  bytes.replace(bytes.find(R"("uri")"), 0, R"("report":1,"rows":7,)");
  bytes.replace(bytes.find(R"({"report":{)"), 1, R"({ "at":"now",)");
  EXPECT_EQ(read_members(bytes).value(), members_example());
}

TEST(Members, FailuresNameTheLine) {
  const auto failure_of = [](const std::string& bytes) {
    const auto members = read_members(bytes);
    return members ? "was read" : members.error().message;
  };
  EXPECT_EQ(failure_of(std::string(members_bytes) + R"({"role":"main","uri":"s3://b/x","size":1})"),
            "members file, line 4: comes after the report, which is the last line");
  EXPECT_EQ(failure_of("{\"role\":\"main\",\"uri\":\"s3://b/x\"}\n"),
            "members file, line 1: missing field 'size'");
  EXPECT_EQ(failure_of("\n"), "members file, line 1: is empty; every line is a JSON object");
  EXPECT_THAT(failure_of(std::string(members_bytes).substr(0, 250)),
              HasSubstr("members file, line 2: no JSON"));
}

TEST(Members, LinesAreWrittenAsTheirFieldsSay) {
  EXPECT_TRUE(rc::check([] {
    const auto line = any::member();
    RC_ASSERT(write_members({.lines = {line}}) == json::write_record(line) + "\n");
  }));
}

TEST(Members, ReadUndoesWrite) {
  EXPECT_TRUE(rc::check([] {
    MembersFile members;
    members.lines = any::some(any::member);
    members.report = any::maybe([] { return json::Value::string(any::name()); });
    const auto read = read_members(write_members(members));
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == members);
  }));
}

TEST(ContentRevision, GoldenText) {
  auto by_etag = member("s3://b/out/b.csv", 4, std::nullopt);
  by_etag.etag = "e1";
  auto by_hash = member("s3://b/out/a.csv", 3, "aa");
  by_hash.etag = "e9";
  // SHA-256 of ["main","s3://b/out/a.csv",3,"aa"]\n["main","s3://b/out/b.csv",4,"e1"]\n
  EXPECT_EQ(content_revision({by_etag, by_hash}), "a30debd7497c75e3");
  EXPECT_EQ(content_revision({}), "e3b0c44298fc1c14");
  EXPECT_EQ(content_revision({member("s3://b/out/a.csv", 3, std::nullopt)}), "8e96ac39854e56cd");
}

TEST(ContentRevision, VanishedSourcesAreNoMembers) {
  auto vanished = member("s3://b/out/gone.csv", 0, std::nullopt);
  vanished.vanished = "absent";
  const auto kept = member("s3://b/out/a.csv", 3, "aa");
  EXPECT_EQ(content_revision({kept, vanished}), content_revision({kept}));
}

TEST(ContentRevision, DependsOnContentAlone) {
  const auto a = member("s3://b/out/a.csv", 3, "aa");
  auto b = a;
  b.source = "s3://b/in/a.csv";
  b.wanted = "out/z.csv";
  b.superseded = "e0";
  EXPECT_EQ(content_revision({a}), content_revision({b}));
  b = a;
  b.sha256 = "ab";
  EXPECT_NE(content_revision({a}), content_revision({b}));
  b = a;
  b.role = "other";
  EXPECT_NE(content_revision({a}), content_revision({b}));
  b = a;
  b.size = 4;
  EXPECT_NE(content_revision({a}), content_revision({b}));
}

TEST(ContentRevision, IsTheSameInAnyOrder) {
  EXPECT_TRUE(rc::check([] {
    auto members = any::some(any::member);
    const auto revision = content_revision(members);
    std::ranges::reverse(members);
    RC_ASSERT(content_revision(members) == revision);
    RC_ASSERT(revision.size() == 16U);
  }));
}

}  // namespace
}  // namespace cls::record
