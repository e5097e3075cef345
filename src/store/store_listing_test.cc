// SPDX-License-Identifier: Apache-2.0
// Listings of every ObjectStore: order, prefixes, delimiters and pages, also against a naive model.
#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/store_kinds_test.h"

namespace cls::store {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> keys_of(const ListPage& page) {
  std::vector<std::string> keys;
  keys.reserve(page.objects.size());
  for (const auto& object : page.objects) keys.push_back(object.uri.key);
  return keys;
}

class StoreListing : public StoreKinds {
 protected:
  void put_all(const std::vector<std::string>& keys) {
    for (const auto& key : keys) ASSERT_TRUE(store().put(uri(key), key)) << key;
  }
  ListPage list(const std::string& prefix, const std::string& delimiter = "",
                const std::string& start_after = "", std::size_t limit = 1000) {
    return store().list({uri(prefix), delimiter, start_after, limit}).value();
  }
};
INSTANTIATE_TEST_SUITE_P(Kinds, StoreListing, all_kinds, kind_name);

TEST_P(StoreListing, KeysComeInTheOrderOfTheirBytes) {
  put_all({"a0", "a/b", "a-b", "a/b-", "B", "a/a/z", "é", "a-/x", "a.x"});
  EXPECT_THAT(keys_of(list("")),
              ElementsAre("B", "a-/x", "a-b", "a.x", "a/a/z", "a/b", "a/b-", "a0", "é"));
  EXPECT_FALSE(list("").truncated);
  EXPECT_EQ(list("").next_start_after, "");
  EXPECT_EQ(list("").objects.front().uri, uri("B"));
  EXPECT_EQ(list("é").objects.front().size, 2U);
}

TEST_P(StoreListing, APrefixMayEndWithinASegment) {
  put_all({"in/x", "in/y/z", "input/x", "i", "in-put"});
  EXPECT_THAT(keys_of(list("in")), ElementsAre("in-put", "in/x", "in/y/z", "input/x"));
  EXPECT_THAT(keys_of(list("in/")), ElementsAre("in/x", "in/y/z"));
  EXPECT_THAT(keys_of(list("in/y")), ElementsAre("in/y/z"));
  EXPECT_THAT(keys_of(list("in-")), ElementsAre("in-put"));
  EXPECT_THAT(keys_of(list("in/x/")), IsEmpty());
  EXPECT_THAT(keys_of(list("none/at/all")), IsEmpty());
}

TEST_P(StoreListing, ADelimiterRollsUp) {
  put_all({"in/x", "in/y/z", "in/y/zz", "in-put", "in/a"});
  const auto page = list("in/", "/");
  EXPECT_THAT(keys_of(page), ElementsAre("in/a", "in/x"));
  EXPECT_THAT(page.prefixes, ElementsAre("in/y/"));
  EXPECT_THAT(list("in", "/").prefixes, ElementsAre("in/"));
  EXPECT_THAT(keys_of(list("in", "/")), ElementsAre("in-put"));
  EXPECT_THAT(list("", "/", "in/").prefixes, IsEmpty());
  EXPECT_THAT(list("", "/", "in-put").prefixes, ElementsAre("in/"));
}

TEST_P(StoreListing, PagesFollowEachOther) {
  put_all({"a", "b/1", "b/2", "c"});
  const auto first = list("", "", "", 3);
  EXPECT_THAT(keys_of(first), ElementsAre("a", "b/1", "b/2"));
  EXPECT_TRUE(first.truncated);
  EXPECT_EQ(first.next_start_after, "b/2");
  const auto second = list("", "", first.next_start_after, 3);
  EXPECT_THAT(keys_of(second), ElementsAre("c"));
  EXPECT_FALSE(second.truncated);
  EXPECT_FALSE(list("", "", "", 4).truncated);
  const auto rolled = list("", "/", "", 2);
  EXPECT_TRUE(rolled.truncated);
  EXPECT_EQ(rolled.next_start_after, "b/");
  EXPECT_THAT(keys_of(list("", "/", "b/", 2)), ElementsAre("c"));
}

TEST_P(StoreListing, WhatIsDeletedIsNotListed) {
  put_all({"a/b/c", "d"});
  ASSERT_TRUE(store().remove(uri("a/b/c")));
  EXPECT_THAT(keys_of(list("")), ElementsAre("d"));
  EXPECT_THAT(list("", "/").prefixes, IsEmpty());
  ASSERT_TRUE(store().remove(uri("d")));
  EXPECT_THAT(keys_of(list("")), IsEmpty());  // the bucket itself stays
}

TEST_P(StoreListing, RequestsThatCannotBeAnswered) {
  put_all({"a"});
  EXPECT_EQ(code_of(store().list({uri("", "no-bucket"), "", "", 1})), FailureCode::NotFound);
  EXPECT_EQ(code_of(store().list({uri(""), "-", "", 1})), FailureCode::Invalid);
  EXPECT_EQ(code_of(store().list({uri(""), "", "", 0})), FailureCode::Invalid);
  EXPECT_EQ(code_of(for_each_object(store(), uri("", "no-bucket"), [](const ObjectInfo&) {})),
            FailureCode::NotFound);
}

/// What list() should answer, from all keys.
ListPage model(const std::set<std::string>& keys, const ListRequest& request) {
  std::set<std::string> items;
  const std::string& prefix = request.prefix.key;
  for (const auto& key : keys) {
    if (key.substr(0, prefix.size()) != prefix) continue;
    const auto slash = request.delimiter.empty() ? std::string::npos : key.find('/', prefix.size());
    const std::string item = slash == std::string::npos ? key : key.substr(0, slash + 1);
    if (item > request.start_after) items.insert(item);
  }
  ListPage page;
  for (const auto& item : items) {
    if (page.objects.size() + page.prefixes.size() == request.limit) {
      page.truncated = true;
      return page;
    }
    page.next_start_after = item;
    if (item.ends_with('/')) {
      page.prefixes.push_back(item);
    } else {
      page.objects.push_back({Uri{"s3", "bucket", item}, 0, {}, {}});
    }
  }
  page.next_start_after.clear();
  return page;
}

/// Makes keys and requests over few, awkward names.
class Source {
 public:
  explicit Source(unsigned seed) : random_(seed) {}
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::string path() {
    static const std::vector<std::string> names{"a", "a-", "a0", "ab", "a b", "a+", "é", "b", "-"};
    std::string text = names[below(names.size())];
    for (std::size_t more = below(4); more > 0; --more) text += "/" + names[below(names.size())];
    return text;
  }
  std::string cut(const std::string& text) { return text.substr(0, below(text.size() + 1)); }

 private:
  std::mt19937 random_;
};

/// Takes half a character off the end.
void whole(std::string& text) {
  if (text.ends_with('\xc3')) text.pop_back();
}

/// True if one of the keys lies below the other.
bool collides(const std::set<std::string>& keys, const std::string& key) {
  return std::ranges::any_of(keys, [&](const std::string& other) {
    return other.starts_with(key + "/") || key.starts_with(other + "/");
  });
}

/// Goes over the pages from `request` on and compares each with the model's.
void expect_pages_of_model(ObjectStore& store, const std::set<std::string>& keys,
                           ListRequest request, bool ends_exactly) {
  for (bool more = true; more;) {
    const auto page = store.list(request).value();
    const auto expected = model(keys, request);
    SCOPED_TRACE(::testing::Message()
                 << "prefix '" << request.prefix.key << "' delimiter '" << request.delimiter
                 << "' after '" << request.start_after << "' limit " << request.limit);
    ASSERT_EQ(keys_of(page), keys_of(expected));
    ASSERT_EQ(page.prefixes, expected.prefixes);
    if (ends_exactly || expected.truncated) {
      ASSERT_EQ(page.truncated, expected.truncated);
      ASSERT_EQ(page.next_start_after, expected.next_start_after);
    }
    request.start_after = page.next_start_after;
    more = page.truncated;
  }
}

TEST_P(StoreListing, AgreesWithTheNaiveModel) {
  const unsigned rounds = on_s3() ? 2 : GetParam() == StoreKind::FileOnDisk ? 4 : 12;
  for (unsigned seed = 1; seed <= rounds; ++seed) {
    Source source(seed);
    std::set<std::string> keys;
    while (keys.size() < 60) {
      const std::string key = source.path();
      if (!(on_files() || on_gateway()) || !collides(keys, key)) keys.insert(key);
    }
    for (const auto& key : keys) ASSERT_TRUE(store().put(uri(key), "x")) << key;
    for (int i = 0; i < 150; ++i) {
      ListRequest request{uri(source.cut(source.path())), source.below(2) == 0 ? "/" : "",
                          source.below(2) == 0 ? "" : source.cut(source.path()),
                          1 + source.below(12)};
      if (on_s3()) {  // where a prefix is UTF-8
        whole(request.prefix.key);
        whole(request.start_after);
      }
      SCOPED_TRACE(::testing::Message() << "seed " << seed);
      expect_pages_of_model(store(), keys, request, !on_s3());
      if (HasFatalFailure()) return;
    }
    for (const auto& key : keys) ASSERT_TRUE(store().remove(uri(key)));
    ASSERT_THAT(keys_of(list("")), IsEmpty());
  }
}

TEST_P(StoreListing, ForEachGoesOverAllPages) {
  if (GetParam() == StoreKind::FileOnDisk) GTEST_SKIP() << "12,001 fsyncs";
  const int objects = on_s3() ? 2'003 : 12'001;
  for (int i = 0; i < objects; ++i) {
    ASSERT_TRUE(store().put(uri(format("{:03}/{}", i % 200, i)), "x"));
  }
  std::string last;
  int count = 0;
  ASSERT_TRUE(for_each_object(store(), uri(""), [&](const ObjectInfo& info) {
    EXPECT_LT(last, info.uri.key);
    last = info.uri.key;
    ++count;
  }));
  EXPECT_EQ(count, objects);
}

}  // namespace
}  // namespace cls::store
