// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "aws/synthesis_world_test.h"

namespace cls::aws {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const model::Placement placement{"aws", "dev", "111122223333", "eu-west-1"};

TEST(Bootstrap, NetworksThatEightSubnetsFitInto) {
  EXPECT_EQ(*subnet_host_bits("10.14.0.0/16"), 13U);
  EXPECT_EQ(*subnet_host_bits("192.168.4.0/22"), 7U);
  EXPECT_EQ(*subnet_host_bits("192.168.4.128/25"), 4U);
  for (const auto* wrong : {"", "10.14.0.0", "10.14.0.0/15", "10.14.0.0/26", "10.14.1.0/16",
                            "10.14.0/16", "10.14.0.0.0/16", "256.0.0.0/16", "10.14.0.0/16 ",
                            "a.b.c.d/16", "10.14.0.0/33", "10,14.0.0/16"}) {
    EXPECT_THAT(subnet_host_bits(wrong).error().message, HasSubstr("as 10.14.0.0/16")) << wrong;
  }
}

TEST(Bootstrap, A22_StoresAreRetained) {
  const Stack stack = bootstrap_stack(placement, {});
  int stores = 0;
  for (const auto& [id, resource] : stack.content.resources()) {
    if (resource.type != "AWS::S3::Bucket") continue;
    ++stores;
    EXPECT_EQ(resource.on_removal, Removal::Retain) << id;
  }
  EXPECT_EQ(stores, 3);
}

TEST(Bootstrap, ImagesThatADefinitionMayNameStay) {
  const auto policy = *bootstrap_stack(placement, {})
                           .content.resources()
                           .at("ImageRepository")
                           .properties.find("LifecyclePolicy")
                           ->find("LifecyclePolicyText");
  const auto rules = json::parse_record(policy.text);
  ASSERT_TRUE(rules);
  for (const auto& rule : rules->find("rules")->items) {
    EXPECT_EQ(rule.find("selection")->find("tagStatus")->text, "untagged");
  }
}

TEST(Bootstrap, S5_FormerVersionsOfStatesGoAndTheLastOneStays) {
  const Stack stack = bootstrap_stack(placement, {});
  const auto rules = [&](const char* store) {
    return text_of(*stack.content.resources().at(store).properties.find("LifecycleConfiguration"));
  };
  EXPECT_THAT(rules("ArcStateStore"), testing::AllOf(HasSubstr(R"("NoncurrentDays":30)"),
                                                     Not(HasSubstr("ExpirationInDays"))));
  for (const auto* store : {"ManifestStore", "MetadataStore"}) {
    EXPECT_THAT(rules(store), Not(HasSubstr("Noncurrent"))) << "a former revision is a promise";
  }
}

TEST(Bootstrap, S7_TheNetworkIsWhatTheSettingsSay) {
  const Stack stack = bootstrap_stack(placement, {.cidr = "10.99.0.0/20", .subnets = 3});
  EXPECT_EQ(stack.content.resources().at("Vpc").properties.find("CidrBlock")->text, "10.99.0.0/20");
  std::set<std::string> blocks;
  for (const auto& [id, resource] : stack.content.resources()) {
    if (resource.type != "AWS::EC2::Subnet") continue;
    blocks.insert(text_of(*resource.properties.find("CidrBlock")));
  }
  EXPECT_EQ(blocks.size(), 3U);
  EXPECT_THAT(*blocks.begin(), HasSubstr(R"("Fn::Cidr":["10.99.0.0/20",8,9])"));
}

TEST(Bootstrap, PrivateSubnetsAreThereWhenWanted) {
  const auto exports = [](const BootstrapOptions& options) {
    const Stack stack = bootstrap_stack(placement, options);
    std::set<std::string> names;
    for (const auto& [id, output] : stack.content.outputs()) {
      names.insert(output.export_name);
    }
    return names;
  };
  const std::string first = "ref:aws:id:dev:bootstrap:1:meta:subnet:common-vpc-private-1";
  EXPECT_FALSE(exports({}).contains(first));
  EXPECT_TRUE(exports({.private_subnets = true}).contains(first));
  EXPECT_TRUE(
      exports({.subnets = 3}).contains("ref:aws:id:dev:bootstrap:1:meta:subnet:common-vpc-3"));
  EXPECT_THAT(bootstrap_stack(placement, {}).content.to_text(), Not(HasSubstr("NatGateway")));
}

}  // namespace
}  // namespace cls::aws
