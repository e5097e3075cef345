// SPDX-License-Identifier: Apache-2.0
#include "aws/fargate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cls::aws {
namespace {

using ::testing::HasSubstr;

TEST(Fargate, F9_TheFewestProcessorsThatGoWithAMemory) {
  EXPECT_EQ(*fargate_size(512, 0), (FargateSize{"0.25", 512}));
  EXPECT_EQ(*fargate_size(2048, 0), (FargateSize{"0.25", 2048}));
  EXPECT_EQ(*fargate_size(3072, 0), (FargateSize{"0.5", 3072}));
  EXPECT_EQ(*fargate_size(8192, 0), (FargateSize{"1", 8192}));
  EXPECT_EQ(*fargate_size(1024, 0.5), (FargateSize{"0.5", 1024}));
  EXPECT_EQ(*fargate_size(3072, 1), (FargateSize{"1", 3072}));
  EXPECT_EQ(*fargate_size(122880, 0), (FargateSize{"16", 122880}));
}

TEST(Fargate, F9_PairsThatThereAreNotSayWhichAre) {
  EXPECT_THAT(fargate_size(1500, 0).error().message, HasSubstr("1500 MiB; write 1024 or 2048"));
  EXPECT_THAT(fargate_size(100, 0).error().message, HasSubstr("write 512"));
  EXPECT_THAT(fargate_size(512, 2).error().message, HasSubstr("with 2 processors; write 4096"));
  EXPECT_THAT(fargate_size(1024, 32).error().message, HasSubstr("at most 16"));
}

}  // namespace
}  // namespace cls::aws
