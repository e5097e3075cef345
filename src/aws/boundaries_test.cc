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
  EXPECT_THAT(member(rule, "Targets"), Not(HasSubstr("MaximumRetryAttempts")))
      << "into a queue EventBridge tries for a day";
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
  EXPECT_EQ(member(rule, "ScheduleExpression"), R"x("cron(1/5 * * * ? *)")x")
      << "a minute after its end a lot has settled";
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

TEST(AwsBoundary, KeysThatFiltersOfS3WouldEncodeAreToldByEventBridge) {
  for (const auto* path : {"s3://buk/raw/day=1/", "s3://buk/a b/", "s3://buk/größe/"}) {
    const Made made = make({project(list_of("resources", {bucket("buk")}) + "," +
                                    list_of("boundaries", {boundary("in", frequent, path)}))});
    const auto told = made.of_type("orders", "AWS::S3::Bucket").at("BucketBuk");
    EXPECT_EQ(member(told, "NotificationConfiguration"),
              R"({"EventBridgeConfiguration":{"EventBridgeEnabled":true}})");
    const auto rule = made.of_type("orders", "AWS::Events::Rule").at("BoundaryInArrivals");
    EXPECT_THAT(member(rule, "EventPattern"), HasSubstr(std::string(path).substr(9))) << path;
  }
}

TEST(AwsBoundary, WhatNoObjectClosesTheClockCloses) {
  const Made made = make({project(list_of("boundaries", {boundary("in")}))});
  const auto clock = made.of_type("orders", "AWS::Events::Rule").at("BoundaryInClock");
  EXPECT_EQ(member(clock, "Name"), R"("DEV-orders-in-1-eu-west-1-clock")");
  EXPECT_EQ(member(clock, "ScheduleExpression"), R"x("rate(60 minutes)")x");
  EXPECT_THAT(member(clock, "Targets"), AllOf(HasSubstr(R"(["BoundaryInFunction","Arn"])"),
                                              HasSubstr(R"(["BoundaryInDeadLetters","Arn"])")));
  EXPECT_TRUE(made.stack("orders").content.has("BoundaryInFunctionFailedCalls"));
}

TEST(AwsBoundary, B8_AMessageIsADeadLetterBeforeItsQueueForgetsIt) {
  for (const std::string& more : {std::string(), frequent}) {
    const Made made = make({project(list_of("boundaries", {boundary("in", more)}))});
    const auto queue = made.of_type("orders", "AWS::SQS::Queue").at("BoundaryInQueue");
    const auto seconds = [&](const char* name) { return std::stoll(member(queue, name)); };
    const auto receives = std::stoll(queue.find("RedrivePolicy")->find("maxReceiveCount")->text);
    // SQS counts the age of a message from when it came first.
    EXPECT_LT(2 * receives * seconds("VisibilityTimeout"), seconds("MessageRetentionPeriod"));
  }
}

TEST(AwsBoundary, ABucketOfAnotherProjectOfTheRunTellsWhatItsOwnerSays) {
  const auto with = [](const std::string& more) {
    return make({project(list_of("boundaries", {boundary("in", frequent)})),
                 project(list_of("resources", {bucket("buk", more)}), "owner")});
  };
  EXPECT_THAT(with(R"(,"enableEventBridge":true)").problems, IsEmpty());
  EXPECT_THAT(with(R"(,"enableEventBridge":true)").assembly.buckets, IsEmpty());
  EXPECT_THAT(with(R"(,"enableEventBridge":false)").problems,
              ElementsAre(AllOf(HasSubstr("p1.json:1:"),
                                HasSubstr("the bucket 'buk' of another project does not tell"))));
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
  const auto clock = made.of_type("orders", "AWS::Events::Rule").at("BoundaryInClock");
  EXPECT_THAT(member(clock, "Targets"), HasSubstr(R"("MaximumRetryAttempts":3)"));
}

TEST(AwsBoundary, F34_AnyBucketName) {
  const Made made = make({project(list_of("boundaries", {boundary("in", "", "s3://a_b.1c/x/")}))});
  const auto rule = made.of_type("orders", "AWS::Events::Rule").at("BoundaryInRule");
  EXPECT_THAT(member(rule, "EventPattern"), HasSubstr(R"("name":["a_b.1c"])"));
}

TEST(AwsBoundary, ABucketThatTellsNobodyIsAWarning) {
  const std::string quiet = boundary("in", R"(,"infrequent":{})");
  EXPECT_THAT(make({project(list_of("resources", {bucket("buk", R"(,"enableEventBridge":false)")}) +
                            "," + list_of("boundaries", {quiet}))})
                  .problems,
              ElementsAre(AllOf(HasSubstr("warning: the bucket 'buk' does not tell EventBridge"),
                                HasSubstr("set its enableEventBridge"))));
  EXPECT_THAT(make({project(list_of("boundaries", {quiet}))}).problems,
              ElementsAre(AllOf(HasSubstr("/boundaries/0/dataset: warning: no project of this run "
                                          "declares the bucket 'buk'"),
                                HasSubstr("set infrequent.enableEventBridge here"))));
}

TEST(AwsBoundary, TheClockTicksWhenLotsHaveSettled) {
  const auto schedule = [](std::string_view unit, int settle) {
    return closing_schedule(*lot::LotUnit::parse(unit), std::chrono::seconds(settle));
  };
  EXPECT_EQ(schedule("Twelfths", 0), "cron(0/5 * * * ? *)");
  EXPECT_EQ(schedule("Twelfths", 60), "cron(1/5 * * * ? *)");
  EXPECT_EQ(schedule("Twelfths", 61), "cron(2/5 * * * ? *)");
  EXPECT_EQ(schedule("Twelfths", 600), "cron(0/5 * * * ? *)");
  EXPECT_EQ(schedule("PT1M", 60), "cron(0/1 * * * ? *)");
  EXPECT_EQ(schedule("Hours", 60), "cron(1 * * * ? *)");
  EXPECT_EQ(schedule("Days", 90), "cron(2 * * * ? *)") << "its queue is emptied every hour";
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
