// SPDX-License-Identifier: Apache-2.0
#include "record/packed_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/format.h"
#include "record/generators.h"

namespace cls::record {
namespace {

MemberLine line(const std::string& uri) {
  MemberLine made;
  made.role = "main";
  made.uri = uri;
  return made;
}

TEST(PackedList, KeepsOrderAndDuplicates) {
  const std::vector<MemberLine> lines = {line("s3://b/z"), line("s3://b/a"), line("s3://b/z"),
                                         line("")};
  PackedList<MemberLine> packed;
  for (int round = 0; round < 100; ++round) {
    for (const auto& one : lines) packed.push_back(one);
  }
  ASSERT_EQ(packed.size(), 400U);
  for (std::size_t i = 0; i < packed.size(); ++i) EXPECT_EQ(packed[i], lines[i % 4]) << i;
  std::size_t i = 0;
  for (const auto& one : packed) EXPECT_EQ(one, lines[i++ % 4]);
  EXPECT_EQ(i, 400U);
}

/// Texts of every form that is packed otherwise than as it is, and those that only look like one.
std::vector<std::string> odd_texts() {
  const std::string hex = "00ff0123456789abcdef0123456789ab";
  return {"",
          "/",
          "://",
          "s3://b/",
          "s3://b/deep/er/name",
          "s3://b/deep/er/",
          "s3://b/\xC3\xA4\xE2\x82\xAC/\xF0\x9F\x90\x9F.csv",
          std::string("nul\0nul", 7),
          "\xff\xfe no UTF-8",
          hex,
          hex + "0",
          "A" + hex,
          "00FF0123456789ABCDEF0123456789AB",
          "s3://b/in/" + hex,
          "3:sha256:" + hex + hex,
          "2023-01-01T00:00:00.000000000Z",
          "3:mtime:2023-01-01T00:00:00.123456789Z",
          "3:mtime:2023-13-01T00:00:00.123456789Z",
          "1500-01-01T00:00:00.000000000Z",
          "2023-01-01 00:00:00.000000000Z",
          "2023-01-01T00:00:00Z",
          std::string(1000, 'x'),
          "s3://b/" + std::string(1000, 'x') + "/y",
          std::string(100'000, 'y')};
}

TEST(PackedList, OddTextsComeBackAsTheyWere) {
  PackedList<MemberLine> packed;
  std::vector<MemberLine> lines;
  for (int round = 0; round < 20; ++round) {
    for (const auto& text : odd_texts()) {
      MemberLine one = line(text);
      one.role = round % 2 == 0 ? "main" : text;
      one.size = std::uint64_t{1} << (3 * round);
      one.etag = text;
      if (round % 3 == 0) one.sourceVersion = text;
      lines.push_back(one);
      packed.push_back(one);
    }
  }
  ASSERT_EQ(packed.size(), lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(packed[i], lines[i]) << lines[i].uri;
}

TEST(PackedList, AnyRecordsComeBack) {
  EXPECT_TRUE(rc::check([] {
    PackedList<LedgerLine> packed;
    std::vector<LedgerLine> lines;
    for (int i = 0; i < 5; ++i) {
      for (const auto& one : any::some(any::ledger_line)) {
        lines.push_back(one);
        packed.push_back(one);
        packed.push_back(lines[lines.size() / 2]);
      }
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
      RC_ASSERT(packed[2 * i] == lines[i]);
      RC_ASSERT(packed[2 * i + 1] == lines[(i + 1) / 2]);
    }
    const PackedList<LedgerLine> copy = packed;
    RC_ASSERT(copy == packed);
  }));
}

TEST(PackedList, MoreDifferentPathsThanThereAreWords) {
  PackedList<MemberLine> packed;
  const auto uri = [](std::size_t i) { return format("s3://b/{}/{}", i % 6000, i); };
  for (std::size_t i = 0; i < 13'000; ++i) packed.push_back(line(uri(i)));
  for (std::size_t i = 0; i < packed.size(); ++i) ASSERT_EQ(packed[i].uri, uri(i));
}

TEST(PackedList, IsFilledInAnyOrder) {
  PackedList<MemberLine> packed;
  packed.resize(5);
  packed.set(4, line("e"));
  packed.set(1, line("b"));
  packed.set(1, line("B"));
  EXPECT_FALSE(packed.is_set(0));
  EXPECT_EQ(packed[0], MemberLine{});
  PackedList<MemberLine> whole = packed;
  EXPECT_FALSE(whole.is_set(2));
  whole.drop_unset();
  EXPECT_EQ(whole, (PackedList<MemberLine>{line("B"), line("e")}));
  whole.reorder({1, 0});
  EXPECT_EQ(whole, (PackedList<MemberLine>{line("e"), line("B")}));
}

TEST(PackedList, ElementsAreTakenAwayAndAdded) {
  PackedList<MemberLine> packed = {line("a"), line("b"), line("c")};
  packed.erase_if([](const MemberLine& one) { return one.uri == "b"; });
  PackedList<MemberLine> other = {line("d")};
  packed.append(std::move(other));
  EXPECT_EQ(packed, (PackedList<MemberLine>{line("a"), line("c"), line("d")}));
  PackedList<MemberLine> empty;
  empty.append(std::move(packed));
  EXPECT_EQ(empty.back(), line("d"));
  EXPECT_THROW(static_cast<void>(empty.at(3)), std::out_of_range);
}

TEST(PackedList, TakesAFractionOfWhatTheTextsTake) {
  PackedList<MemberLine> packed;
  for (int i = 0; i < 10'000; ++i) {
    MemberLine one = line(format("s3://bucket/of/somebody/out/some-usual-name-{:06}.json", i));
    one.source = format("s3://bucket/of/somebody/in/some-usual-name-{:06}.json", i);
    one.sourceVersion = "29:mtime:2023-01-01T00:00:00.000000000Z";
    one.etag = format("{:032x}", 7919 * i);
    one.sha256 = std::string(64, 'a');
    packed.push_back(one);
  }
  EXPECT_LT(packed.bytes() / packed.size(), 260U);
  EXPECT_EQ(packed[9'999].source, "s3://bucket/of/somebody/in/some-usual-name-009999.json");
}

}  // namespace
}  // namespace cls::record
