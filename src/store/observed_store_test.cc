// SPDX-License-Identifier: Apache-2.0
#include "store/observed_store.h"

#include <gtest/gtest.h>

#include "base/format.h"
#include "store/store_kinds_test.h"

namespace cls::store {
namespace {

TEST(ObservedStoreTest, EachObjectThatGoesThroughCounts) {
  ManualClock clock{Instant{}};
  MemoryStore memory(clock);
  CountedProgress progress;
  ObservedStore store(memory, progress);
  const auto uri = [](const std::string& key) { return Uri{"s3", "b", key}; };
  std::uint64_t expected = 0;
  const auto counts = [&](std::uint64_t objects) {
    expected += objects;
    EXPECT_EQ(progress.last, expected);
  };
  ASSERT_TRUE(store.put(uri("a"), "1"));
  counts(1);
  static_cast<void>(
      store.write({{{.uri = uri("b"), .bytes = "2"}, {.uri = uri("c"), .bytes = "3"}}}));
  counts(2);
  ASSERT_TRUE(store.get(uri("a")));
  ASSERT_TRUE(store.head(uri("a")));
  ASSERT_TRUE(store.get_pieces(uri("a"), [](std::string_view) {}));
  counts(3);
  ASSERT_EQ(store.list({.prefix = uri("")}).value().objects.size(), 3U);
  counts(3);
  ASSERT_TRUE(store.copy_if_absent(uri("a"), uri("d")));
  counts(1);
  ASSERT_TRUE(store.remove_all({uri("a"), uri("b"), uri("c"), uri("d")}));
  counts(4);
}

/// Keeps every line it was told.
class WrittenProgress final : public Progress {
 public:
  void tell(std::string_view things, std::uint64_t done, std::uint64_t total) override {
    lines.push_back(format("{} {}/{}", things, done, total));
  }
  std::vector<std::string> lines;
};

TEST(ObservedStoreTest, WhatIsExpectedIsToldWithATotal) {
  ManualClock clock{Instant{}};
  MemoryStore memory(clock);
  const auto uri = [](const std::string& key) { return Uri{"s3", "b", key}; };
  for (const auto* key : {"c/1", "c/2", "c/below/3", "d/1", "e/1"}) {
    ASSERT_TRUE(memory.put(uri(key), "1"));
  }
  WrittenProgress progress;
  ObservedStore store(memory, progress);
  store.expect("records", {{.prefix = uri("c/"),
                            .counts = [](const auto& info) { return info.uri.key != "c/2"; }},
                           {.prefix = uri("d/"), .times = 2},
                           {.prefix = uri("absent/")}});
  progress.lines.clear();
  for (const auto* key : {"c/1", "e/1", "c/below/3", "c/9", "d/1", "d/1", "d/1"}) {
    static_cast<void>(store.get(uri(key)));
  }
  EXPECT_EQ(progress.lines, (std::vector<std::string>{"records 1/3", "records 2/3", "records 3/3",
                                                      "objects 11/0"}));
}

}  // namespace
}  // namespace cls::store
