// SPDX-License-Identifier: Apache-2.0
#include "aws/components.h"
#include "aws/messages.h"
#include "aws/synthesis_world_test.h"

namespace cls::aws {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string frequent = R"(,"eventArrival":"frequent")";

std::string member(const Value& properties, std::string_view key) {
  const Value* value = properties.find(key);
  return value == nullptr ? "" : text_of(*value);
}

TEST(AwsBoundary, AnInfrequentOneIsCalledByItsQueue) {
  const Made made = make({project(list_of("resources", {bucket("buk")}) + "," +
                                  list_of("boundaries", {boundary("ordersPut")}))});
  EXPECT_THAT(made.problems, IsEmpty());
  const auto rule = made.of_type("orders", "AWS::Events::Rule").at("BoundaryOrdersPutRule");
  EXPECT_EQ(member(rule, "Name"), R"("DEV-orders-orders-put-1-eu-west-1")");
  EXPECT_EQ(member(rule, "EventPattern"),
            R"({"detail":{"bucket":{"name":["buk"]},"object":{"key":[{"prefix":"in/"}]}},)"
            R"("detail-type":["Object Created"],"source":["aws.s3"]})");
  EXPECT_THAT(member(rule, "Targets"), HasSubstr(R"("MaximumRetryAttempts":3)"));
  const auto mapping =
      made.of_type("orders", "AWS::Lambda::EventSourceMapping").at("BoundaryOrdersPutMessages");
  EXPECT_EQ(member(mapping, "FunctionResponseTypes"), R"(["ReportBatchItemFailures"])");
}

TEST(AwsBoundary, AtTheRootOfABucketTheresNoPrefix) {
  const Made made = make({project(list_of("boundaries", {boundary("in", "", "s3://buk/")}))});
  const auto rule = made.of_type("orders", "AWS::Events::Rule").at("BoundaryInRule");
  EXPECT_THAT(member(rule, "EventPattern"), Not(HasSubstr("object")));
}

TEST(AwsBoundary, AFrequentOneIsCalledByTheClockAndToldByItsBucket) {
  const Made made = make({project(list_of("resources", {bucket("buk")}) + "," +
                                  list_of("boundaries", {boundary("in", frequent)}))});
  const auto rule = made.of_type("orders", "AWS::Events::Rule").at("BoundaryInRule");
  EXPECT_EQ(member(rule, "ScheduleExpression"), R"x("cron(0/5 * * * ? *)")x");
  const auto told = made.of_type("orders", "AWS::S3::Bucket").at("BucketBuk");
  EXPECT_THAT(member(told, "NotificationConfiguration"),
              AllOf(HasSubstr("arn:aws:sqs:eu-west-1:111122223333:DEV-orders-in-1"),
                    HasSubstr(R"({"Name":"prefix","Value":"in/"})")));
  EXPECT_THAT(made.stack("orders").content.resources().at("BucketBuk").depends_on,
              ElementsAre("BoundaryInQueuePolicy"))
      << "S3 looks whether it may send when the bucket is made";
  EXPECT_THAT(made.assembly.buckets, IsEmpty());
}

TEST(AwsBoundary, ABucketOfSomebodyElseTellsEventBridge) {
  const Made made = make({project(list_of("boundaries", {boundary("in", frequent)}))});
  const auto rules = made.of_type("orders", "AWS::Events::Rule");
  EXPECT_THAT(rules, SizeIs(2));
  EXPECT_THAT(member(rules.at("BoundaryInArrivals"), "EventPattern"), HasSubstr("Object Created"));
  ASSERT_THAT(made.assembly.buckets, SizeIs(1));
  EXPECT_EQ(made.assembly.buckets[0].bucket, "buk");
}

TEST(AwsBoundary, B11_SeveralBoundariesOfABucketAreOneConfiguration) {
  const Made made =
      make({project(list_of("resources", {bucket("buk")}) + "," +
                    list_of("boundaries", {boundary("one", frequent, "s3://buk/one/"),
                                           boundary("two", frequent, "s3://buk/two/"),
                                           boundary("inner", frequent, "s3://buk/one/inner/")}))});
  const auto told = made.of_type("orders", "AWS::S3::Bucket").at("BucketBuk");
  const std::string configuration = member(told, "NotificationConfiguration");
  EXPECT_THAT(configuration, AllOf(HasSubstr("DEV-orders-one-1"), HasSubstr("DEV-orders-two-1"),
                                   Not(HasSubstr("DEV-orders-inner-1")),
                                   HasSubstr(R"("EventBridgeEnabled":true)")))
      << "S3 permits no two prefixes that overlap: EventBridge tells the third";
  EXPECT_TRUE(made.stack("orders").content.has("BoundaryInnerArrivals"));
}

TEST(AwsBoundary, B8_WhatCannotBeDealtWithIsKept) {
  const Made made = make({project(list_of("boundaries", {boundary("in")}))});
  const auto queues = made.of_type("orders", "AWS::SQS::Queue");
  EXPECT_THAT(member(queues.at("BoundaryInQueue"), "RedrivePolicy"),
              HasSubstr(R"({"Fn::GetAtt":["BoundaryInDeadLetters","Arn"]})"));
  const auto rule = made.of_type("orders", "AWS::Events::Rule").at("BoundaryInRule");
  EXPECT_THAT(member(rule, "Targets"), HasSubstr("DeadLetterConfig"));
  EXPECT_EQ(member(queues.at("BoundaryInDeadLetters"), "MessageRetentionPeriod"), "1209600");
}

TEST(AwsBoundary, QueuesAreEncryptedAndTakeNothingWithoutTls) {
  const Made made = make({project(list_of("boundaries", {boundary("in")}))});
  for (const auto& [id, queue] : made.of_type("orders", "AWS::SQS::Queue")) {
    EXPECT_EQ(member(queue, "SqsManagedSseEnabled"), "true") << id;
    const auto policy = made.of_type("orders", "AWS::SQS::QueuePolicy").at(id + "Policy");
    EXPECT_THAT(member(policy, "PolicyDocument"), HasSubstr("aws:SecureTransport")) << id;
  }
  const auto queue = made.of_type("orders", "AWS::SQS::Queue").at("BoundaryInQueue");
  EXPECT_EQ(member(queue, "VisibilityTimeout"), "5400") << "six times the function's 15 minutes";
}

TEST(AwsBoundary, F26_APartOfRuntimePropsKeepsTheOtherDefaults) {
  const Made made = make({project(
      list_of("boundaries", {boundary("in", R"(,"runtimeProps":{"memorySizeMB":512})")}))});
  const auto function = made.of_type("orders", "AWS::Lambda::Function").at("BoundaryInFunction");
  EXPECT_EQ(member(function, "MemorySize"), "512");
  EXPECT_EQ(member(function, "Timeout"), "900");
  const auto rule = made.of_type("orders", "AWS::Events::Rule").at("BoundaryInRule");
  EXPECT_THAT(member(rule, "Targets"), HasSubstr(R"("MaximumRetryAttempts":3)"));
}

TEST(AwsBoundary, F34_AnyBucketName) {
  const Made made = make({project(list_of("boundaries", {boundary("in", "", "s3://a_b.1c/x/")}))});
  const auto rule = made.of_type("orders", "AWS::Events::Rule").at("BoundaryInRule");
  EXPECT_THAT(member(rule, "EventPattern"), HasSubstr(R"("name":["a_b.1c"])"));
}

TEST(AwsBoundary, ABucketThatTellsNobodyIsAWarning) {
  const Made made =
      make({project(list_of("resources", {bucket("buk", R"(,"enableEventBridge":false)")}) + "," +
                    list_of("boundaries", {boundary("in")}))});
  EXPECT_THAT(made.problems,
              ElementsAre(AllOf(HasSubstr("warning: the bucket 'buk' does not tell EventBridge"),
                                HasSubstr("set its enableEventBridge"))));
}

TEST(AwsBoundary, TheClockMeetsTheEndOfEveryInterval) {
  const auto schedule = [](std::string_view unit) {
    return schedule_of(*lot::LotUnit::parse(unit));
  };
  EXPECT_EQ(schedule("Twelfths"), "cron(0/5 * * * ? *)");
  EXPECT_EQ(schedule("Sixths"), "cron(0/10 * * * ? *)");
  EXPECT_EQ(schedule("Fourths"), "cron(0/15 * * * ? *)");
  EXPECT_EQ(schedule("PT1M"), "cron(0/1 * * * ? *)");
  EXPECT_EQ(schedule("PT32M"), "cron(0/4 * * * ? *)") << "32 does not divide an hour";
  EXPECT_EQ(schedule("PT90M"), "cron(0/30 * * * ? *)");
  EXPECT_EQ(schedule("Hours"), "cron(0 0/1 * * ? *)");
  EXPECT_EQ(schedule("Days"), "cron(0 0 * * ? *)");
}

}  // namespace
}  // namespace cls::aws
