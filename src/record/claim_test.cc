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

}  // namespace
}  // namespace cls::record
