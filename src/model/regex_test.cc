// SPDX-License-Identifier: Apache-2.0
#include "model/regex.h"

#include <gtest/gtest.h>

#include "base/format.h"
#include "model/bucket_name.h"
#include "model/rename_template.h"

namespace cls::model {
namespace {

TEST(Regex, FindsTheLeftmostMatchWithItsGroups) {
  const auto regex = Regex::compile("(?P<year>[0-9]{4})-(?P<month>[0-9]{2})(x)?");
  ASSERT_TRUE(regex);
  EXPECT_EQ(regex->group_count(), 3U);
  EXPECT_EQ(regex->named_groups(), (std::map<std::string, int>{{"year", 1}, {"month", 2}}));
  const std::string text = "in/2023-07/2024-08";
  const auto match = regex->search(text);
  ASSERT_TRUE(match);
  EXPECT_EQ(match->begin, 3U);
  EXPECT_EQ(match->end, 10U);
  EXPECT_EQ(match->groups, (std::vector<std::string_view>{"2023-07", "2023", "07", ""}));
  EXPECT_FALSE(regex->search("2023"));
  EXPECT_FALSE(regex->matches(text));
  EXPECT_TRUE(regex->matches("2023-07"));
}

TEST(Regex, SaysWhatIsNoExpression) {
  const auto regex = Regex::compile("a(b");
  ASSERT_FALSE(regex);
  EXPECT_EQ(regex.error().code, FailureCode::Invalid);
  EXPECT_NE(regex.error().message.find("a(b"), std::string::npos) << regex.error().message;
}

TEST(Regex, QuotedMatchesItselfOnly) {
  const std::string text = "a.b*[c]{d}\\";
  EXPECT_TRUE(Regex::compile(regex_quoted(text))->matches(text));
  EXPECT_FALSE(Regex::compile(regex_quoted("a.b"))->matches("axb"));
}

TEST(BucketName, SaysWhatS3DoesNotAllow) {
  const std::vector<std::pair<std::string, std::string>> table{
      {std::string(64, 'a'), "has more than 63 characters"},
      {"Upper", "has upper case letters"},
      {"a..b", "has two dots in a row"},
      {"-ab", "must start and end with a letter or digit"},
      {"ab-", "must start and end with a letter or digit"},
      {"", "must start and end with a letter or digit"},
      {"ab", "has fewer than 3 characters"},
      {"a_b", "may only have a-z 0-9 . -"},
      {"192.168.0.1", "is an IPv4 address"},
      {"xn--abc", "starts with xn--"},
      {"abc-s3alias", "ends with -s3alias"},
  };
  for (const auto& [name, problem] : table) {
    EXPECT_EQ(bucket_name_problem(name), format("bucket name {}, got: {}", problem, name));
  }
  EXPECT_EQ(bucket_name_problem(std::string(63, 'a')), std::nullopt);
  EXPECT_EQ(bucket_name_problem("dev-orders.1"), std::nullopt);
  EXPECT_EQ(uri_bucket_problem("Old_Bucket.1"), std::nullopt);
  EXPECT_TRUE(uri_bucket_problem("a b"));
}

TEST(RenameTemplate, SaysWhatItDoesNotKnow) {
  EXPECT_EQ(template_problem("$1/{lot}/{name}-$2{ext}", 2), std::nullopt);
  EXPECT_EQ(template_problem("a$", 0), std::nullopt);
  EXPECT_EQ(template_problem("$3", 2), "'$3': $3 is asked for, but there are 2 in all");
  EXPECT_EQ(template_problem("$1", 0), "'$1': $1 is asked for, but there are no groups");
  EXPECT_EQ(template_problem("{lott}", 0), "'{lott}': '{lott}' is no placeholder");
  EXPECT_EQ(template_problem("x{lot", 0), "'x{lot': the '{' is not closed");
}

}  // namespace
}  // namespace cls::model
