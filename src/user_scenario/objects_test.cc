// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/objects.h"

#include <gmock/gmock.h>

#include "base/format.h"
#include "store/memory_store.h"

namespace cls::user_scenario {
namespace {

using ::testing::ElementsAre;

IngressStore store_of(const std::string& name, std::uint32_t delay, std::uint32_t count) {
  IngressStore store;
  store.objectName = name;
  store.uploadDelaySec = delay;
  store.objectCount = count;
  return store;
}

/// `after: iteration of objectName`, a line for each moment.
std::vector<std::string> moments(const Scenario& scenario) {
  std::vector<std::string> lines;
  Uploads uploads(scenario);
  for (auto due = uploads.next(); !due.empty(); due = uploads.next()) {
    std::string line = format("{}:", due.front().after.count());
    for (const auto& one : due) line += format(" {}{}", one.store->objectName, one.iteration);
    lines.push_back(line);
  }
  return lines;
}

TEST(Uploads, ComeInOrderAndTogetherWhereTheyAreDueTogether) {
  Scenario scenario;
  scenario.ingressStores = {store_of("a", 10, 3), store_of("b", 0, 3), store_of("c", 20, 2),
                            store_of("d", 1, 0)};
  EXPECT_THAT(moments(scenario), ElementsAre("0: a1 b1 b2 b3 c1", "10: a2", "20: a3 c2"));
  EXPECT_EQ(Uploads(scenario).count(), 8U);
}

TEST(CountObjects, CountsWhatLiesBelowAPathAndNothingBesideIt) {
  SystemClock clock;
  store::MemoryStore store(clock);
  const Uri prefix{"s3", "b", "in/"};
  EXPECT_EQ(count_objects(store, prefix, 1).value(), 0U) << "a bucket that is not there";
  for (const auto* key : {"in/1", "in/x/2", "input/3"}) {
    ASSERT_TRUE(store.put({"s3", "b", key}, "x"));
  }
  EXPECT_EQ(count_objects(store, prefix, 10).value(), 2U);
}

}  // namespace
}  // namespace cls::user_scenario
