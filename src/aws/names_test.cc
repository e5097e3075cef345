// SPDX-License-Identifier: Apache-2.0
#include "aws/names.h"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/error.h"

namespace cls::aws {
namespace {

model::Placement placement(std::optional<std::string> stage = "prod") {
  return {.provider = "aws",
          .stage = std::move(stage),
          .account = "000011112222",
          .region = "us-east-2"};
}

ProjectNames names(std::optional<std::string> stage = "prod") {
  return {placement(std::move(stage)), {"TestProject", "20230101-00"}};
}

TEST(Names, OfAProject) {
  EXPECT_EQ(names().function("copyA", "func"),
            "PROD-test-project-copy-a-func-20230101-00-us-east-2");
  EXPECT_EQ(names().state_machine("copyA"), "PROD-test-project-copy-a-20230101-00");
  EXPECT_EQ(names().arc_rule("copyA", "-rule"), "PROD-test-project-copy-a-20230101-00-rule");
  EXPECT_EQ(names().rule("IngressA"), "PROD-test-project-ingress-a-20230101-00-us-east-2");
  EXPECT_EQ(names().queue("freqB"), "PROD-test-project-freq-b-20230101-00");
  EXPECT_EQ(names().batch("bx"), "PROD-test-project-bx-20230101-00");
  EXPECT_EQ(names().job("bx"), "PRODTestProjectBx20230101-00");
  EXPECT_EQ(names().grouped_stack(1),
            "PROD-test-project-resource-activity-boundary-20230101-00-us-east-2");
  EXPECT_EQ(names().arc_stack("copyA"), "PROD-test-project-arc-copy-a-20230101-00-us-east-2");
  EXPECT_EQ(names().resource_export("arn", "s3-bucket", "bucket"),
            "ref:aws:arn:prod:test-project:20230101-00:core:s3-bucket:bucket");
}

TEST(Names, OfAPlacement) {
  const PlacementNames with(placement());
  EXPECT_EQ(with.event_bus(), "PROD-arc-events-us-east-2");
  EXPECT_EQ(with.store(record::StoreKind::ArcState),
            "prod-clusterless-arc-state-000011112222-us-east-2");
  EXPECT_EQ(with.bootstrap_export("name", "arcState", "store"),
            "ref:aws:name:prod:bootstrap:1:meta:arcState:store");
  EXPECT_EQ(with.objects_arn({"s3", "b", "in/"}), "arn:aws:s3:::b/in/*");
  EXPECT_EQ(PlacementNames({"aws", std::nullopt, "1", "cn-north-1"}).arn("sqs", "q"),
            "arn:aws-cn:sqs:cn-north-1:1:q");
}

TEST(Names, F1_AStageIsOptional) {
  EXPECT_EQ(names(std::nullopt).state_machine("copyA"), "test-project-copy-a-20230101-00");
  EXPECT_EQ(PlacementNames(placement(std::nullopt)).bootstrap_export("id", "vpc", "common-vpc"),
            "ref:aws:id:bootstrap:1:meta:vpc:common-vpc");
}

TEST(Names, AnAccountAndARegionAreNotOptional) {
  EXPECT_THROW(PlacementNames({"aws", std::nullopt, std::nullopt, std::nullopt}), Error);
}

TEST(Names, F33_LongNamesAreShortenedAndStayApart) {
  const std::string same(70, 'a');
  const std::string one = names().function(same + "-one", "func");
  const std::string two = names().function(same + "-two", "func");
  EXPECT_EQ(one.size(), 64U);
  EXPECT_NE(one, two);
  EXPECT_EQ(one, names().function(same + "-one", "func")) << "always the same";
  const std::string just(64, 'x');
  EXPECT_EQ(fitted(just, function_rule), just) << "64 are not too many";
}

TEST(Names, CharactersThatAServiceDoesNotPermitGiveWay) {
  EXPECT_EQ(fitted("my project", function_rule).substr(0, 11), "my-project-");
  EXPECT_NE(fitted("my project", function_rule), fitted("my.project", function_rule));
  EXPECT_EQ(fitted("a.b", event_rule), "a.b");
}

constexpr auto every_rule =
    std::to_array<NameRule>({function_rule, queue_rule, machine_rule, event_rule, batch_rule,
                             stack_rule, alarm_rule, export_rule});

RC_GTEST_PROP(Names, FitEveryRule, (const std::string& name)) {
  for (const auto& rule : every_rule) {
    const std::string result = fitted(name, rule);
    RC_ASSERT(result.size() <= rule.most);
    RC_ASSERT(std::ranges::all_of(result, [&](char c) {
      return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
             rule.characters.find(c) != std::string_view::npos;
    }));
  }
}

RC_GTEST_PROP(Names, StayApart, (const std::string& one, const std::string& two)) {
  RC_PRE(one != two);
  for (const auto& rule : every_rule) {
    // Up to what a rule permits they are short; then both are cut at one place.
    for (const std::size_t common : {std::size_t{0}, rule.most - 9, rule.most, 2 * rule.most}) {
      const std::string before(common, 'x');
      RC_ASSERT(fitted(before + one, rule) != fitted(before + two, rule));
    }
  }
}

}  // namespace
}  // namespace cls::aws
