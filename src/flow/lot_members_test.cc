// SPDX-License-Identifier: Apache-2.0
#include "flow/lot_members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cls::flow {
namespace {

record::LedgerLine line(const std::string& uri, std::uint64_t size,
                        record::Decision decision = record::Decision::member) {
  record::LedgerLine made;
  made.uri = uri;
  made.object.size = size;
  made.object.mtime = "2026-01-01T00:00:00.000000001Z";
  made.decision = decision;
  return made;
}

TEST(LotMembers, TheLastLineOfAUriCountsIfItIsAMember) {
  LotMembers members;
  members.add(line("s3://b/c", 1));
  members.add(line("s3://b/a", 2));
  members.add(line("s3://b/b", 3));
  members.add(line("s3://b/c", 4));
  members.add(line("s3://b/b", 3, record::Decision::vanished));
  members.settle();
  ASSERT_EQ(members.size(), 2U);
  EXPECT_EQ(members.uri(0), "s3://b/a");
  EXPECT_EQ(members.uri(1), "s3://b/c");
  EXPECT_EQ(members.version(1).size, 4U);
}

TEST(LotMembers, AVanishedLineHidesNoMemberOfAnotherVersion) {
  LotMembers members;
  members.add(line("s3://b/a", 1));
  members.add(line("s3://b/a", 2, record::Decision::vanished));
  members.settle();
  ASSERT_EQ(members.size(), 1U);
  EXPECT_EQ(members.version(0).size, 1U);
}

TEST(LotMembers, VersionsComeBackAsTheyWere) {
  record::LedgerLine whole = line("s3://b/a", std::uint64_t{1} << 40U);
  whole.object.sha256 = std::string(64, 'f');
  whole.object.etag = "";
  whole.object.versionId = std::string("v\0v", 3);
  record::LedgerLine bare;
  bare.uri = "s3://b/b";
  LotMembers members;
  members.add(whole);
  members.add(bare);
  members.settle();
  EXPECT_EQ(members.version(0), whole.object);
  EXPECT_EQ(members.version(1), bare.object);
  EXPECT_EQ(members.revision(), ledger_revision({whole, bare}));
}

TEST(LotMembers, OfNoMemberThereIsNone) {
  LotMembers members;
  members.add(line("s3://b/a", 1, record::Decision::filtered));
  members.settle();
  EXPECT_TRUE(members.empty());
  EXPECT_EQ(members.revision(), ledger_revision({}));
}

}  // namespace
}  // namespace cls::flow
