// SPDX-License-Identifier: Apache-2.0
// What every ObjectStore must do, method by method; listings and contention have files of their
// own.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "store/store_kinds_test.h"

namespace cls::store {
namespace {

using ::testing::HasSubstr;

constexpr const char* md5_of_hello = "5d41402abc4b2a76b9719d911017c592";
constexpr const char* md5_of_nothing = "d41d8cd98f00b204e9800998ecf8427e";

class StoreConformance : public StoreKinds {};
INSTANTIATE_TEST_SUITE_P(Kinds, StoreConformance, all_kinds, kind_name);

TEST_P(StoreConformance, PutThenGetGivesTheBytesAndWhatIsKnown) {
  const Instant before = clock_.now() - std::chrono::seconds(5);
  EXPECT_EQ(store().put(uri("a/b.txt"), "hello").value(), md5_of_hello);
  const auto object = store().get(uri("a/b.txt")).value();
  EXPECT_EQ(object.bytes, "hello");
  EXPECT_EQ(object.info.uri, uri("a/b.txt"));
  EXPECT_EQ(object.info.size, 5U);
  EXPECT_EQ(object.info.etag, md5_of_hello);
  EXPECT_GT(object.info.modified, before);
  EXPECT_LT(object.info.modified, clock_.now() + std::chrono::seconds(5));
}

TEST_P(StoreConformance, AnEmptyObjectIsAnObject) {
  EXPECT_EQ(store().put(uri("empty"), "").value(), md5_of_nothing);
  EXPECT_EQ(store().get(uri("empty")).value().bytes, "");
  EXPECT_EQ(store().head(uri("empty")).value().size, 0U);
  EXPECT_EQ(store().get_pieces(uri("empty"), [](std::string_view) { FAIL(); }).value().etag,
            md5_of_nothing);
}

TEST_P(StoreConformance, PutOverwrites) {
  ASSERT_TRUE(store().put(uri("k"), "one"));
  EXPECT_EQ(store().put(uri("k"), "hello").value(), md5_of_hello);
  EXPECT_EQ(store().get(uri("k")).value().bytes, "hello");
}

TEST_P(StoreConformance, RangesAreCutAtTheEnd) {
  ASSERT_TRUE(store().put(uri("k"), "0123456789"));
  const auto part = [&](Range range) { return store().get(uri("k"), range).value().bytes; };
  EXPECT_EQ(part({}), "0123456789");
  EXPECT_EQ(part({.offset = 3, .length = 4}), "3456");
  EXPECT_EQ(part({.offset = 7, .length = {}}), "789");
  EXPECT_EQ(part({.offset = 7, .length = 100}), "789");
  EXPECT_EQ(part({.offset = 2, .length = ~std::uint64_t{0}}), "23456789");
  EXPECT_EQ(part({.offset = 2, .length = 0}), "");
  EXPECT_EQ(part({.offset = 10, .length = {}}), "");
  EXPECT_EQ(part({.offset = 11, .length = 5}), "");
  const auto object = store().get(uri("k"), {.offset = 3, .length = 4}).value();
  EXPECT_EQ(object.info.size, 10U);
  EXPECT_EQ(object.info.etag, "781e5e245d69b566979b86e28d23f2c7");
}

TEST_P(StoreConformance, WhatIsAbsentIsNotFoundAndNamed) {
  ASSERT_TRUE(store().put(uri("there"), "x"));
  for (const Uri& wanted : {uri("gone"), uri("gone/deeper"), uri("k", "no-bucket")}) {
    const auto got = store().get(wanted);
    EXPECT_EQ(code_of(got), FailureCode::NotFound);
    EXPECT_THAT(got.error().message, HasSubstr(wanted.to_string()));
    EXPECT_EQ(code_of(store().head(wanted)), FailureCode::NotFound);
    EXPECT_EQ(code_of(store().get_pieces(wanted, [](std::string_view) { FAIL(); })),
              FailureCode::NotFound);
    EXPECT_EQ(code_of(store().delete_if(wanted, md5_of_hello)), FailureCode::NotFound);
    EXPECT_EQ(code_of(store().copy_if(wanted, uri("there"), "e")), FailureCode::NotFound);
    EXPECT_EQ(code_of(store().copy_if_absent(wanted, uri("there"))), FailureCode::NotFound);
    EXPECT_EQ(code_of(store().replace_if(wanted, md5_of_hello, "x")), FailureCode::Conflict);
    EXPECT_EQ(code_of(store().remove(wanted)), std::nullopt);
  }
  EXPECT_EQ(code_of(store().head(uri("copy"))), FailureCode::NotFound);
}

TEST_P(StoreConformance, PutIfAbsentWritesOnce) {
  EXPECT_EQ(store().put_if_absent(uri("a/k"), "hello").value(), md5_of_hello);
  const auto second = store().put_if_absent(uri("a/k"), "other");
  EXPECT_EQ(code_of(second), FailureCode::Conflict);
  EXPECT_THAT(second.error().message, HasSubstr("s3://bucket/a/k"));
  EXPECT_EQ(code_of(store().put_if_absent(uri("a/k"), "hello")), FailureCode::Conflict);
  EXPECT_EQ(store().get(uri("a/k")).value().bytes, "hello");
  ASSERT_TRUE(store().remove(uri("a/k")));
  EXPECT_TRUE(store().put_if_absent(uri("a/k"), "other"));
}

TEST_P(StoreConformance, ReplaceIfComparesTheEtag) {
  const std::string first = store().put(uri("k"), "one").value();
  EXPECT_EQ(store().replace_if(uri("k"), first, "hello").value(), md5_of_hello);
  const auto late = store().replace_if(uri("k"), first, "late");
  EXPECT_EQ(code_of(late), FailureCode::Conflict);
  EXPECT_THAT(late.error().message, HasSubstr(md5_of_hello));
  EXPECT_EQ(code_of(store().replace_if(uri("k"), "", "late")), FailureCode::Conflict);
  EXPECT_EQ(store().get(uri("k")).value().bytes, "hello");
}

TEST_P(StoreConformance, DeleteIfComparesTheEtag) {
  ASSERT_TRUE(store().put(uri("a/k"), "hello"));
  EXPECT_EQ(code_of(store().delete_if(uri("a/k"), md5_of_nothing)), FailureCode::Conflict);
  EXPECT_TRUE(store().head(uri("a/k")));
  EXPECT_TRUE(store().delete_if(uri("a/k"), md5_of_hello));
  EXPECT_EQ(code_of(store().head(uri("a/k"))), FailureCode::NotFound);
  EXPECT_EQ(code_of(store().delete_if(uri("a/k"), md5_of_hello)), FailureCode::NotFound);
}

TEST_P(StoreConformance, RemoveIsContentWithAbsence) {
  ASSERT_TRUE(store().put(uri("a/b/k"), "hello"));
  EXPECT_TRUE(store().remove(uri("a/b")));
  EXPECT_TRUE(store().head(uri("a/b/k")));
  EXPECT_TRUE(store().remove(uri("a/b/k")));
  EXPECT_TRUE(store().remove(uri("a/b/k")));
  EXPECT_EQ(code_of(store().head(uri("a/b/k"))), FailureCode::NotFound);
}

TEST_P(StoreConformance, ManyAreRemovedAtOnce) {
  std::vector<Uri> all;
  all.reserve(5);
  for (int i = 0; i < 5; ++i) all.push_back(uri("many/k & <" + std::to_string(i) + ">"));
  for (const auto& one : all) ASSERT_TRUE(store().put(one, "x"));
  ASSERT_TRUE(store().put(uri("stays"), "x"));
  EXPECT_TRUE(store().remove_all({}));
  all.push_back(uri("absent"));
  all.push_back(uri("absent", "other-bucket"));
  EXPECT_TRUE(store().remove_all(all));
  EXPECT_TRUE(store().remove_all({uri("absent"), uri("stays")}));
  std::vector<std::string> left;
  ASSERT_TRUE(for_each_object(store(), uri(""),
                              [&](const ObjectInfo& info) { left.push_back(info.uri.key); }));
  EXPECT_TRUE(left.empty());
}

TEST_P(StoreConformance, CopyKeepsTheBytes) {
  ASSERT_TRUE(store().put(uri("from"), "hello"));
  const auto info = store().copy_if_absent(uri("from"), uri("x/to", "other-bucket")).value();
  EXPECT_EQ(info.uri, uri("x/to", "other-bucket"));
  EXPECT_EQ(info.size, 5U);
  EXPECT_EQ(info.etag, md5_of_hello);
  EXPECT_EQ(store().get(uri("x/to", "other-bucket")).value().bytes, "hello");
  EXPECT_EQ(store().get(uri("from")).value().bytes, "hello");
  ASSERT_TRUE(store().put(uri("from"), "changed"));
  EXPECT_EQ(code_of(store().copy_if_absent(uri("from"), uri("x/to", "other-bucket"))),
            FailureCode::Conflict);
  EXPECT_EQ(store().get(uri("x/to", "other-bucket")).value().bytes, "hello");
}

TEST_P(StoreConformance, CopyIfComparesTheEtag) {
  ASSERT_TRUE(store().put(uri("from"), "changed"));
  EXPECT_EQ(code_of(store().copy_if(uri("from"), uri("x/to"), md5_of_hello)),
            FailureCode::Conflict);
  EXPECT_EQ(code_of(store().head(uri("x/to"))), FailureCode::NotFound);
  ASSERT_TRUE(store().put(uri("x/to"), "hello"));
  const auto late = store().copy_if(uri("from"), uri("x/to"), md5_of_nothing);
  EXPECT_EQ(code_of(late), FailureCode::Conflict);
  EXPECT_THAT(late.error().message, HasSubstr(md5_of_hello));
  EXPECT_EQ(store().get(uri("x/to")).value().bytes, "hello");
  const auto info = store().copy_if(uri("from"), uri("x/to"), md5_of_hello).value();
  EXPECT_EQ(info.size, 7U);
  EXPECT_EQ(info.etag, md5_hex("changed"));
  EXPECT_EQ(store().get(uri("x/to")).value().bytes, "changed");
  EXPECT_TRUE(store().copy_if(uri("from"), uri("from"), info.etag));
  EXPECT_EQ(store().get(uri("from")).value().bytes, "changed");
}

TEST_P(StoreConformance, KeysKeepEveryCharacter) {
  std::vector<std::string> keys{"with space",
                                "a+b=c",
                                "100%",
                                "%20",
                                "ünï/çødé/日本",
                                "q?x#y",
                                "back\\slash",
                                "tab\there",
                                "lot=20230101PT5M000/x",
                                "...",
                                "a.b/.hidden",
                                "trailing ",
                                "new\nline",
                                "~a~"};
  // A key of S3 is UTF-8.
  if (!on_s3()) keys.emplace_back("\xff\xfe");
  for (const auto& key : keys) {
    ASSERT_TRUE(store().put_if_absent(uri(key), key)) << key;
    EXPECT_EQ(store().get(uri(key)).value().bytes, key);
    const auto again = Uri::parse(uri(key).to_string()).value();
    EXPECT_EQ(store().get(again).value().bytes, key);
  }
  std::vector<std::string> listed;
  ASSERT_TRUE(for_each_object(store(), uri(""), [&](const ObjectInfo& info) {
    listed.push_back(info.uri.key);
    EXPECT_EQ(info.size, info.uri.key.size());
  }));
  EXPECT_THAT(listed, ::testing::UnorderedElementsAreArray(keys));
}

TEST_P(StoreConformance, KeysThatNoFileCanHaveAreRefusedOrKept) {
  const std::vector<std::string> keys{"a//b",
                                      "/a",
                                      "a/",
                                      "a/../b",
                                      "..",
                                      "./a",
                                      "a/.",
                                      std::string("a\0b", 3),
                                      std::string(256, 'n'),
                                      ".cls-lock",
                                      "a/.cls-tmp-1/b"};
  for (const auto& key : keys) {
    const auto put = store().put(uri(key), "x");
    if (on_gateway() && !put) continue;
    if (!on_files()) {
      ASSERT_TRUE(put) << key;
      EXPECT_EQ(store().get(uri(key)).value().bytes, "x");
      continue;
    }
    ASSERT_EQ(code_of(put), FailureCode::Invalid) << key;
    EXPECT_THAT(put.error().message, HasSubstr(uri(key).to_string()));
    EXPECT_EQ(code_of(store().put_if_absent(uri(key), "x")), FailureCode::Invalid);
    EXPECT_EQ(code_of(store().get(uri(key))), FailureCode::Invalid);
    EXPECT_EQ(code_of(store().head(uri(key))), FailureCode::Invalid);
    EXPECT_EQ(code_of(store().replace_if(uri(key), "e", "x")), FailureCode::Invalid);
    EXPECT_EQ(code_of(store().delete_if(uri(key), "e")), FailureCode::Invalid);
    EXPECT_EQ(code_of(store().remove(uri(key))), FailureCode::Invalid);
    EXPECT_EQ(code_of(store().copy_if(uri(key), uri("k"), "e")), FailureCode::Invalid);
  }
}

TEST_P(StoreConformance, AnEmptyKeyIsNoObject) {
  EXPECT_EQ(code_of(store().put(uri(""), "x")), FailureCode::Invalid);
  EXPECT_EQ(code_of(store().get(uri(""))), FailureCode::Invalid);
  EXPECT_EQ(code_of(store().remove(uri(""))), FailureCode::Invalid);
}

TEST_P(StoreConformance, TheLongestSegmentAndPath) {
  ASSERT_TRUE(store().put(uri(std::string(255, 'n')), "x"));
  std::string deep;
  while (deep.size() < 3500) deep += std::string(99, 'd') + "/";
  const bool long_keys = !on_s3();  // of S3: 1,024 bytes
  EXPECT_EQ(store().put(uri(deep + "k"), "x").has_value(), long_keys);
  EXPECT_EQ(store().get(uri(deep + "k")).has_value(), long_keys);
  const auto longer = store().put(uri(deep + deep + "k"), "x");
  const bool refused = on_files() || on_s3();
  EXPECT_EQ(code_of(longer), refused ? std::optional(FailureCode::Invalid) : std::nullopt);
}

TEST_P(StoreConformance, ObjectsBelowObjects) {
  ASSERT_TRUE(store().put(uri("a"), "x"));
  ASSERT_TRUE(store().put(uri("d/e/f"), "x"));
  const auto below = store().put(uri("a/b/c"), "y");
  const auto above = store().put_if_absent(uri("d/e"), "y");
  if (on_gateway()) {
    EXPECT_EQ(code_of(below), FailureCode::Invalid);
    EXPECT_EQ(code_of(above), FailureCode::Invalid);
    EXPECT_EQ(store().get(uri("a")).value().bytes, "x");
    EXPECT_EQ(store().get(uri("d/e/f")).value().bytes, "x");
    return;
  }
  if (!on_files()) {
    EXPECT_TRUE(below);
    EXPECT_TRUE(above);
    return;
  }
  ASSERT_EQ(code_of(below), FailureCode::Invalid);
  EXPECT_THAT(below.error().message, HasSubstr("s3://bucket/a/b/c"));
  EXPECT_THAT(below.error().message, HasSubstr("s3://bucket/a is an object"));
  EXPECT_EQ(code_of(store().put_if_absent(uri("a/b"), "y")), FailureCode::Invalid);
  ASSERT_EQ(code_of(above), FailureCode::Invalid);
  EXPECT_THAT(above.error().message, HasSubstr("s3://bucket/d/e/ is a directory"));
  EXPECT_EQ(code_of(store().put(uri("d"), "y")), FailureCode::Invalid);
  EXPECT_EQ(code_of(store().copy_if_absent(uri("a"), uri("d/e"))), FailureCode::Invalid);
  EXPECT_EQ(code_of(store().get(uri("d/e"))), FailureCode::NotFound);
  EXPECT_EQ(code_of(store().get(uri("a/b"))), FailureCode::NotFound);
  EXPECT_EQ(code_of(store().replace_if(uri("d/e"), "e", "y")), FailureCode::Conflict);
  EXPECT_EQ(code_of(store().delete_if(uri("d/e"), "e")), FailureCode::NotFound);
  EXPECT_EQ(store().get(uri("a")).value().bytes, "x");
  EXPECT_EQ(store().get(uri("d/e/f")).value().bytes, "x");
}

TEST_P(StoreConformance, ALargeObjectComesInPieces) {
  std::string bytes(5'000'003, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * i >> 8U);
  const std::string etag = store().put(uri("large"), bytes).value();
  EXPECT_EQ(etag, md5_hex(bytes));
  std::string got;
  std::size_t pieces = 0;
  const auto info = store().get_pieces(uri("large"), [&](std::string_view piece) {
    EXPECT_LE(piece.size(), std::size_t{1} << 20U);
    got += piece;
    ++pieces;
  });
  EXPECT_EQ(info.value().etag, etag);
  EXPECT_EQ(info->size, 5'000'003U);
  EXPECT_TRUE(got == bytes);
  EXPECT_GE(pieces, 5U);
  EXPECT_EQ(store().get(uri("large"), {.offset = 4'999'999, .length = 10}).value().bytes,
            bytes.substr(4'999'999));
}

TEST_P(StoreConformance, AboveTheLimitTheEtagIsNoDigest) {
  const std::string at_limit(std::size_t{16} << 20U, 'x');
  EXPECT_EQ(store().put(uri("limit"), at_limit).value(), md5_hex(at_limit));
  const std::string above = at_limit + "y";
  const std::string etag = store().put(uri("above"), above).value();
  // In parts, on S3.
  const auto is_none = [&](const std::string& text) {
    return on_s3() ? text.ends_with("-3") : text.starts_with("16777217-");
  };
  EXPECT_TRUE(is_none(etag)) << etag;
  EXPECT_EQ(store().head(uri("above")).value().etag, etag);
  EXPECT_EQ(store().get(uri("above"), {.offset = 16777215, .length = 9}).value().bytes, "xy");
  std::uint64_t fed = 0;
  EXPECT_EQ(store()
                .get_pieces(uri("above"), [&](std::string_view piece) { fed += piece.size(); })
                .value()
                .etag,
            etag);
  EXPECT_EQ(fed, 16777217U);
  const auto copied = store().copy_if_absent(uri("above"), uri("copy")).value();
  EXPECT_TRUE(on_s3() || is_none(copied.etag)) << copied.etag;
  EXPECT_EQ(store().head(uri("copy")).value().size, 16777217U);
  EXPECT_EQ(code_of(store().replace_if(uri("above"), md5_hex(above), "z")), FailureCode::Conflict);
  EXPECT_TRUE(store().delete_if(uri("above"), etag));
}

}  // namespace
}  // namespace cls::store
