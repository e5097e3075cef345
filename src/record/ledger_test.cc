// SPDX-License-Identifier: Apache-2.0
#include "record/ledger.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "record/generators.h"

namespace cls::record {
namespace {

using testing::HasSubstr;

constexpr const char* head_line =
    R"({"version":1,"kind":"ledger","number":7,)"
    R"("dataset":{"name":"orders","version":"20240401","pathURI":"s3://b/raw/"},)"
    R"("closes":["20230206PT5M286"],"at":"2023-02-06T23:56:00.000000000Z",)"
    R"("by":"h:boot:4026531836:77:1234:01GRMZ3R1G0000000000000000"})"
    "\n";
constexpr const char* member_line =
    R"({"uri":"s3://b/raw/a%20b.csv","object":{"size":3,"mtime":"2023-02-06T23:52:06.500000000Z",)"
    R"("sha256":"aa","etag":null,"versionId":null},"firstSeen":"2023-02-06T23:52:09.000000000Z",)"
    R"("ownLot":"20230206PT5M286","lot":"20230206PT5M286","decision":"member","reason":null})"
    "\n";
constexpr const char* rejected_line =
    R"({"uri":"s3://b/raw/late.csv","object":{"size":9,"mtime":null,"sha256":null,"etag":"e",)"
    R"("versionId":null},"firstSeen":"2023-02-06T23:53:00.000000000Z",)"
    R"("ownLot":"20230206PT5M280","lot":"","decision":"rejected","reason":"late"})"
    "\n";

Segment example() {
  Segment segment;
  segment.head.number = 7;
  segment.head.dataset.name = "orders";
  segment.head.dataset.version = "20240401";
  segment.head.dataset.pathURI = "s3://b/raw/";
  segment.head.closes = {"20230206PT5M286"};
  segment.head.at = "2023-02-06T23:56:00.000000000Z";
  segment.head.by = "h:boot:4026531836:77:1234:01GRMZ3R1G0000000000000000";
  LedgerLine member;
  member.uri = "s3://b/raw/a%20b.csv";
  member.object.size = 3;
  member.object.mtime = "2023-02-06T23:52:06.500000000Z";
  member.object.sha256 = "aa";
  member.firstSeen = "2023-02-06T23:52:09.000000000Z";
  member.ownLot = "20230206PT5M286";
  member.lot = "20230206PT5M286";
  LedgerLine rejected;
  rejected.uri = "s3://b/raw/late.csv";
  rejected.object.size = 9;
  rejected.object.etag = "e";
  rejected.firstSeen = "2023-02-06T23:53:00.000000000Z";
  rejected.ownLot = "20230206PT5M280";
  rejected.decision = Decision::rejected;
  rejected.reason = "late";
  segment.lines = {member, rejected};
  return segment;
}

const std::string example_bytes = std::string(head_line) + member_line + rejected_line;

std::string failure_of(const std::string& bytes) {
  const auto segment = read_segment(bytes);
  if (segment) return "was read";
  EXPECT_EQ(segment.error().code, FailureCode::Invalid);
  return segment.error().message;
}

TEST(Ledger, GoldenBytes) {
  EXPECT_EQ(write_segment(example()), example_bytes);
  EXPECT_EQ(read_segment(example_bytes).value(), example());
}

TEST(Ledger, TheDatasetOfTheHeadIsWrittenWithoutLabels) {
  Segment segment = example();
  segment.head.dataset.labels = {{"team", "x"}};
  EXPECT_EQ(write_segment(segment), example_bytes);
}

TEST(Ledger, LinesAreSortedByUriThenFirstSeen) {
  Segment segment = example();
  auto later = segment.lines[0];
  later.firstSeen = "2023-02-06T23:59:00.000000000Z";
  segment.lines = {example().lines[1], later, example().lines[0]};
  const auto read = read_segment(write_segment(segment));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->lines, (LedgerLines{example().lines[0], later, example().lines[1]}));
}

TEST(Ledger, LinesSeenAtOnceKeepTheirOrder) {
  Segment segment = example();
  auto vanished = segment.lines[0];
  vanished.decision = Decision::vanished;
  segment.lines = {example().lines[0], vanished, example().lines[1]};
  EXPECT_EQ(read_segment(write_segment(segment)).value(), segment);
}

TEST(Ledger, ASegmentMayCloseNothingOrHoldNoLine) {
  Segment segment = example();
  segment.head.closes.clear();
  segment.lines.clear();
  EXPECT_THAT(write_segment(segment), HasSubstr(R"("closes":[])"));
  EXPECT_EQ(read_segment(write_segment(segment)).value(), segment);
}

TEST(Ledger, UnknownFieldsAreAccepted) {
  std::string bytes = example_bytes;
  bytes.replace(bytes.find(R"("closes")"), 0, R"("zone":"a",)");
  bytes.replace(bytes.find(R"("pathURI")"), 0, R"("owner":{"x":1},)");
  bytes.replace(bytes.find(R"("firstSeen")"), 0, R"("note":[1,2],)");
  bytes.replace(bytes.find(R"("sha256")"), 0, R"("acl":null,)");
  EXPECT_EQ(read_segment(bytes).value(), example());
}

TEST(Ledger, TheLastLineFeedMayBeMissing) {
  EXPECT_EQ(read_segment(example_bytes.substr(0, example_bytes.size() - 1)).value(), example());
}

TEST(Ledger, ANewerVersionIsNamedBeforeAnythingElse) {
  EXPECT_EQ(failure_of(R"({"version":2,"kind":"ledger","segments":"otherwise"})"),
            "ledger segment, line 1: ledger format version 2 is newer than 1, the newest that this "
            "cls reads; use a newer cls");
  EXPECT_EQ(failure_of(R"({"version":0,"kind":"ledger"})"),
            "ledger segment, line 1: /version: expected a whole number from 1");
  EXPECT_EQ(failure_of(R"({"kind":"ledger"})"),
            "ledger segment, line 1: /version: expected a whole number from 1");
  EXPECT_EQ(failure_of(R"({"version":1.5,"kind":"ledger"})"),
            "ledger segment, line 1: /version: expected a whole number from 1");
}

TEST(Ledger, AnotherKindIsNoLedger) {
  for (const char* line :
       {R"({"version":1})", R"({"version":1,"kind":"claim"})", R"({"version":1,"kind":1})", "[]"}) {
    EXPECT_EQ(failure_of(line),
              R"(ledger segment, line 1: is no head of a ledger segment; it has "kind":"ledger")")
        << line;
  }
}

TEST(Ledger, FailuresNameTheLine) {
  EXPECT_EQ(failure_of(""), "ledger segment, line 1: is missing; it is the head");
  EXPECT_EQ(failure_of(std::string(head_line) + "\n" + member_line),
            "ledger segment, line 2: is empty; every line is a JSON object");
  EXPECT_EQ(failure_of(std::string(head_line) + member_line + R"({"uri":"s3://b/x"})"),
            "ledger segment, line 3: missing field 'object'");
  std::string bytes = example_bytes;
  bytes.replace(bytes.find(R"("rejected")"), 10, R"("lost")");
  EXPECT_THAT(failure_of(bytes), HasSubstr("ledger segment, line 3: /decision: 'lost'"));
  EXPECT_THAT(failure_of(example_bytes.substr(0, example_bytes.size() - 20)),
              HasSubstr("ledger segment, line 3: no JSON"));
  EXPECT_THAT(failure_of(member_line), HasSubstr("ledger segment, line 1: "));
}

TEST(Ledger, SegmentsCountFromOne) {
  std::string bytes = example_bytes;
  bytes.replace(bytes.find(R"("number":7)"), 10, R"("number":0)");
  EXPECT_EQ(failure_of(bytes), "ledger segment, line 1: /number: segments count from 1");
}

TEST(Ledger, LinesAreWrittenAsTheirFieldsSay) {
  EXPECT_TRUE(rc::check([] {
    Segment segment;
    segment.lines = {any::ledger_line()};
    const std::string bytes = write_segment(segment);
    const std::string line = bytes.substr(bytes.find('\n') + 1);
    RC_ASSERT(line == json::write_record(segment.lines.front()) + "\n");
  }));
}

TEST(Ledger, ALineThatIsWrittenOtherwiseIsReadAsJson) {
  const auto read = [](const std::string& line) {
    return read_segment(std::string(head_line) + line);
  };
  const auto wanted = example().lines[0];
  const std::string plain(member_line);
  const auto with = [&](const std::string& what, const std::string& by) {
    std::string text = plain;
    return text.replace(text.find(what), what.size(), by);
  };
  for (const auto& line :
       {with(R"("size":3)", R"("size": 3)"), with(R"(,"reason":null)", ""),
        with(R"(a%20b.csv)", R"(a%20b\u002ecsv)"), with(R"("reason":null})", R"("reason":null} )"),
        with(R"({"uri")", R"({"note":1,"uri")"), with(R"("etag":null,)", "")}) {
    const auto segment = read(line);
    ASSERT_TRUE(segment) << line << segment.error().message;
    EXPECT_EQ(segment->lines, LedgerLines{wanted}) << line;
  }
  for (const auto& line :
       {with(R"("size":3)", R"("size":03)"), with(R"("size":3)", R"("size":-3)"),
        with(R"("size":3)", R"("size":99999999999999999999)"),
        with(R"("reason":null})", R"("reason":null}})"), with("b.csv", "b\t.csv")}) {
    EXPECT_FALSE(read(line)) << line;
  }
}

TEST(Ledger, ReadUndoesWrite) {
  EXPECT_TRUE(rc::check([] {
    Segment segment;
    segment.head.number = 1 + any::count();
    segment.head.dataset.name = any::name();
    segment.head.dataset.version = any::name();
    segment.head.dataset.pathURI = any::uri().to_string();
    segment.head.closes = any::some([] { return any::lot().to_string(); });
    segment.head.at = any::time();
    segment.head.by = any::name();
    auto lines = any::some(any::ledger_line);
    segment.lines = lines;
    const std::string bytes = write_segment(segment);
    std::ranges::stable_sort(
        lines, {}, [](const LedgerLine& line) { return std::pair(line.uri, line.firstSeen); });
    segment.lines = lines;
    const auto read = read_segment(bytes);
    RC_ASSERT(read.has_value());
    RC_ASSERT(*read == segment);
    RC_ASSERT(write_segment(*read) == bytes);
  }));
}

}  // namespace
}  // namespace cls::record
