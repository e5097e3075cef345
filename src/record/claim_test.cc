// SPDX-License-Identifier: Apache-2.0
#include "record/claim.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/generators.h"

namespace cls::record {
namespace {

using testing::HasSubstr;

Claim committed() {
  Claim claim;
  claim.project = "shop";
  claim.projectVersion = "20240401";
  claim.arc = "copyA";
  claim.lot = "20230206PT5M286";
  claim.state = ClaimState::committed;
  claim.result = ClaimResult::complete;
  claim.epoch = 2;
  claim.beat = 5;
  claim.nonce = "01GRMZ3R1G000000000000000N";
  claim.attempt = "01GRMZ3R1G000000000000000B";
  claim.attempts = 1;
  claim.declaration = "dd";
  claim.sources["main"] = {.manifest = "s3://m/in", .revision = "0011223344556677"};
  claim.sinks["main"] = {.manifest = "s3://m/out",
                         .state = ManifestState::complete,
                         .sha256 = "ee",
                         .members = "members/x.01A.jsonl",
                         .revision = "8899aabbccddeeff",
                         .number = 2,
                         .published = true,
                         .former = "01GRMZ3R1G000000000000000A"};
  claim.condemned = {"01GRMZ3R1G0000000000000009"};
  claim.error = {.code = "exit", .message = "exit code 1", .attempt = "01GRMZ3R1G000000000000000A"};
  claim.startedAt = "2023-02-06T23:56:00.000000000Z";
  claim.committedAt = "2023-02-06T23:57:00.000000000Z";
  return claim;
}

constexpr const char* committed_bytes =
    R"({"version":1,"project":"shop","projectVersion":"20240401","arc":"copyA",)"
    R"("lot":"20230206PT5M286","state":"committed","result":"complete","epoch":2,"owner":null,)"
    R"("leaseSec":60,"beat":5,"nonce":"01GRMZ3R1G000000000000000N",)"
    R"("attempt":"01GRMZ3R1G000000000000000B","attempts":1,"lostAttempts":0,"declaration":"dd",)"
    R"("sources":{"main":{"manifest":"s3://m/in","revision":"0011223344556677"}},)"
    R"("sinks":{"main":{"manifest":"s3://m/out","state":"complete","sha256":"ee",)"
    R"("members":"members/x.01A.jsonl","revision":"8899aabbccddeeff","number":2,)"
    R"("published":true,"former":"01GRMZ3R1G000000000000000A"}},)"
    R"("condemned":["01GRMZ3R1G0000000000000009"],)"
    R"("error":{"code":"exit","message":"exit code 1","attempt":"01GRMZ3R1G000000000000000A"},)"
    R"("startedAt":"2023-02-06T23:56:00.000000000Z",)"
    R"("committedAt":"2023-02-06T23:57:00.000000000Z"})";

constexpr const char* first_bytes =
    R"({"version":1,"project":"shop","projectVersion":"20240401","arc":"copyA",)"
    R"("lot":"20230206PT5M286","state":"running","result":null,"epoch":1,)"
    R"("owner":{"id":"h:b:4026531836:77:1234:01A","host":"h","boot":"b",)"
    R"("pidNamespace":"4026531836","pid":77,"startTime":1234},"leaseSec":60,"beat":0,)"
    R"("nonce":"n","attempt":"01A","attempts":0,"lostAttempts":0,"declaration":"dd",)"
    R"("sources":{},"sinks":{},"condemned":[],"error":null,"startedAt":null,"committedAt":null})";

TEST(Claim, GoldenBytesOfACommit) {
  EXPECT_EQ(json::write_record(committed()), committed_bytes);
  EXPECT_EQ(json::read_record<Claim>(committed_bytes).value(), committed());
}

TEST(Claim, GoldenBytesOfAFirstClaim) {
  Claim claim;
  claim.project = "shop";
  claim.projectVersion = "20240401";
  claim.arc = "copyA";
  claim.lot = "20230206PT5M286";
  claim.owner = {.id = "h:b:4026531836:77:1234:01A",
                 .host = "h",
                 .boot = "b",
                 .pidNamespace = "4026531836",
                 .pid = 77,
                 .startTime = 1234};
  claim.nonce = "n";
  claim.attempt = "01A";
  claim.declaration = "dd";
  EXPECT_EQ(json::write_record(claim), first_bytes);
  EXPECT_EQ(json::read_record<Claim>(first_bytes).value(), claim);
}

TEST(Claim, UnknownFieldsAreAccepted) {
  std::string bytes = committed_bytes;
  bytes.replace(bytes.find(R"("leaseSec")"), 0, R"("priority":3,)");
  bytes.replace(bytes.find(R"("revision")"), 0, R"("etag":"x",)");
  bytes.replace(bytes.find(R"("published")"), 0, R"("rows":120,)");
  bytes.replace(bytes.find(R"("message")"), 0, R"("stack":[],)");
  EXPECT_EQ(json::read_record<Claim>(bytes).value(), committed());
}

TEST(Claim, ASinkWithoutFormerIsTheFirst) {
  std::string bytes = committed_bytes;
  const std::string former = R"(,"former":"01GRMZ3R1G000000000000000A")";
  bytes.erase(bytes.find(former), former.size());
  EXPECT_EQ(json::read_record<Claim>(bytes)->sinks.at("main").former, std::nullopt);
}

TEST(Claim, AnUnknownStateIsAFailure) {
  std::string bytes = committed_bytes;
  bytes.replace(bytes.find(R"("committed")"), 11, R"("paused")");
  const auto claim = json::read_record<Claim>(bytes);
  ASSERT_FALSE(claim.has_value());
  EXPECT_THAT(claim.error().message, HasSubstr("/state: 'paused'"));
}

TEST(Claim, ReadUndoesWrite) {
  EXPECT_TRUE(rc::check([] {
    Claim claim = committed();
    claim.project = any::name();
    claim.arc = any::name();
    claim.lot = any::lot().to_string();
    claim.state = any::one_of<ClaimState>();
    claim.result = any::maybe(any::one_of<ClaimResult>);
    claim.epoch = any::count();
    claim.owner = any::maybe([] {
      return Owner{.id = any::name(),
                   .host = any::name(),
                   .boot = any::name(),
                   .pidNamespace = any::name(),
                   .pid = any::count(),
                   .startTime = any::count()};
    });
    claim.beat = any::count();
    for (const auto& role : any::some(any::name)) {
      claim.sources[role] = {.manifest = any::uri().to_string(), .revision = any::name()};
      auto& sink = claim.sinks[role];
      sink.manifest = any::uri().to_string();
      sink.state = any::one_of<ManifestState>();
      sink.number = any::count();
      sink.published = *rc::gen::arbitrary<bool>();
      sink.former = any::maybe(any::name);
    }
    claim.condemned = any::some(any::name);
    claim.committedAt = any::maybe(any::time);
    const auto read = json::read_record<Claim>(json::write_record(claim));
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == claim);
  }));
}

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
  members.lines = {member("s3://b/out/a.csv", 3, "aa"), member("s3://b/out/b~L~01A.csv", 4, "bb")};
  members.lines[0].etag = "e1";
  members.lines[0].source = "s3://b/in/a.csv";
  members.lines[0].sourceVersion = "3:sha256:aa";
  members.lines[1].wanted = "out/b.csv";
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
