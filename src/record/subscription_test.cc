// SPDX-License-Identifier: Apache-2.0
// The records of the metadata store, events and the home.
#include "record/subscription.h"

#include <gtest/gtest.h>

namespace cls::record {
namespace {

Subscription example() {
  Subscription subscription;
  subscription.enabled = false;
  subscription.since = "2023-02-06T23:52:06.500000000Z";
  subscription.history = {{.at = "2023-02-06T23:52:06.500000000Z",
                           .by = "owner",
                           .enabled = true,
                           .since = "2023-02-06T23:52:06.500000000Z",
                           .reason = "deploy"},
                          {.at = "2023-02-07T00:00:00.000000000Z",
                           .by = "owner",
                           .enabled = false,
                           .since = std::nullopt,
                           .reason = "disable"}};
  return subscription;
}

TEST(Subscription, GoldenBytes) {
  const std::string bytes =
      R"({"version":1,"enabled":false,"since":"2023-02-06T23:52:06.500000000Z","history":[)"
      R"({"at":"2023-02-06T23:52:06.500000000Z","by":"owner","enabled":true,)"
      R"("since":"2023-02-06T23:52:06.500000000Z","reason":"deploy"},)"
      R"({"at":"2023-02-07T00:00:00.000000000Z","by":"owner","enabled":false,"since":null,)"
      R"("reason":"disable"}]})";
  EXPECT_EQ(json::write_record(example()), bytes);
  EXPECT_EQ(json::read_record<Subscription>(bytes).value(), example());
}

TEST(Subscription, UnknownFieldsAreAccepted) {
  Subscription expected;
  expected.history = {
      {.at = "t", .by = "o", .enabled = true, .since = std::nullopt, .reason = "deploy"}};
  EXPECT_EQ(json::read_record<Subscription>(
                R"({"version":1,"enabled":true,"until":null,"history":[)"
                R"({"at":"t","by":"o","enabled":true,"reason":"deploy","host":"h"}]})")
                .value(),
            expected);
}

TEST(OwnedDataset, IsReadWithUnknownFields) {
  const auto owned = json::read_record<OwnedDataset>(
      R"({"owner":{"name":"shop","version":"20240401","labels":{}},"dataset":{"name":"orders",)"
      R"("version":"1","pathURI":"s3://b/raw/","table":"t"},"since":"x"})");
  ASSERT_TRUE(owned.has_value());
  EXPECT_EQ(owned->owner.to_string(), "shop/20240401");
  EXPECT_EQ(owned->dataset.id().to_string(), "orders/1");
  EXPECT_EQ(owned->dataset.pathURI, "s3://b/raw/");
}

TEST(LotEvent, IsReadAsTheReferenceWritesIt) {
  const auto event = json::read_record<LotEvent>(
      R"({"dataset":{"name":"orders-raw","version":"20240401","pathURI":"s3://b/raw/"},)"
      R"("lot":"20240501PT5M003","manifest":"s3://m/x/manifest.json",)"
      R"("datasetId":"orders-raw/20240401","extra":true})");
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->dataset.pathURI, "s3://b/raw/");
  EXPECT_EQ(event->lot, "20240501PT5M003");
  EXPECT_EQ(event->manifest, "s3://m/x/manifest.json");
  EXPECT_EQ(event->datasetId, "orders-raw/20240401");
}

TEST(HomeRecord, GoldenBytes) {
  HomeRecord home;
  home.id = "01GRMZ3R1G0000000000000000";
  home.createdBy = "0.3.0";
  const std::string bytes =
      R"({"version":1,"id":"01GRMZ3R1G0000000000000000","createdBy":"0.3.0"})";
  EXPECT_EQ(json::write_record(home), bytes);
  const auto read =
      json::read_record<HomeRecord>(R"({"version":1,"id":"x","createdBy":"y","host":"h"})");
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->id, "x");
}

}  // namespace
}  // namespace cls::record
