// SPDX-License-Identifier: Apache-2.0
#include "record/overwrites.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cls::record {
namespace {

using ::testing::HasSubstr;

/// The example of docs/formats/claim.md.
constexpr const char* example =
    R"({"version":1,"project":"shop","projectVersion":"20240401","arc":"copyA",)"
    R"("lot":"20230206PT5M286","attempt":"01GRMZ3R1G000000000000000B"})"
    "\n"
    R"({"role":"main","uri":"s3://b/out/a.csv","superseded":"e0","size":3,"sha256":"aa"})"
    "\n";

OverwritesFile example_file() {
  return {.head = {.project = "shop",
                   .projectVersion = "20240401",
                   .arc = "copyA",
                   .lot = "20230206PT5M286",
                   .attempt = "01GRMZ3R1G000000000000000B"},
          .lines = {{.role = "main",
                     .uri = "s3://b/out/a.csv",
                     .superseded = "e0",
                     .size = 3,
                     .sha256 = "aa"}}};
}

TEST(OverwritesRecord, IsJsonLinesWithAHead) {
  EXPECT_EQ(write_overwrites(example_file()), example);
  EXPECT_EQ(read_overwrites(example).value(), example_file());
}

TEST(OverwritesRecord, NamesTheLineThatCannotBeRead) {
  EXPECT_THAT(read_overwrites("").error().message, HasSubstr("line 1: is missing"));
  const auto broken = read_overwrites(std::string(example) + "{}\n");
  EXPECT_THAT(broken.error().message, HasSubstr("overwrites record, line 3: "));
}

TEST(OverwritesRecord, ANewerVersionIsRefused) {
  std::string newer = example;
  newer.replace(newer.find("\"version\":1"), 11, "\"version\":2");
  EXPECT_THAT(read_overwrites(newer).error().message, HasSubstr("use a newer cls"));
}

}  // namespace
}  // namespace cls::record
