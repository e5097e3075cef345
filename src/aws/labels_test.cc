// SPDX-License-Identifier: Apache-2.0
#include "aws/labels.h"

#include <array>

#include <gtest/gtest.h>

namespace cls::aws {
namespace {

struct Vector {
  std::string_view input;
  std::string_view camel_form;
  std::string_view hyphen_form;
};

// docs/formats/aws-names.md
constexpr auto vectors = std::to_array<Vector>({
    {"TestProject", "TestProject", "test-project"},
    {"test-project", "TestProject", "test-project"},
    {"test_project", "TestProject", "test-project"},
    {"testProject", "TestProject", "test-project"},
    {"S3Simple", "S3Simple", "s3-simple"},
    {"AWSLogs", "AWSLogs", "a-w-s-logs"},
    {"ABC", "ABC", "a-b-c"},
    {"my-ID", "MyId", "my-id"},
    {"copyA", "CopyA", "copy-a"},
    {"us-east-1", "UsEast1", "us-east1"},
    {"20230101-00", "2023010100", "2023010100"},
    {"my project", "My project", "my project"},
    {"", "", ""},
    {"a--b", "AB", "a-b"},
});

TEST(Labels, Vectors) {
  for (const auto& [input, camel_form, hyphen_form] : vectors) {
    EXPECT_EQ(camel(input), camel_form) << input;
    EXPECT_EQ(lower_hyphen(input), hyphen_form) << input;
  }
}

}  // namespace
}  // namespace cls::aws
