// SPDX-License-Identifier: Apache-2.0
#include "store/aws_credentials.h"

#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/test_directory_test.h"

namespace cls::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class AwsCredentialsTest : public ::testing::Test {
 protected:
  AwsCredentialsTest() {
    environment_["AWS_SHARED_CREDENTIALS_FILE"] = path("credentials");
    environment_["AWS_CONFIG_FILE"] = path("config");
  }
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
  }
  AwsCredentials source() {
    return {files_, clock_,
            [this](const std::string& name) -> std::optional<std::string> {
              const auto found = environment_.find(name);
              if (found == environment_.end()) return std::nullopt;
              return found->second;
            },
            [this](const std::vector<std::string>& command) -> Result<std::string> {
              commands_.push_back(command);
              return output_;
            }};
  }
  std::string refusal() {
    const auto found = source().current();
    if (found) return "found " + found->source;
    EXPECT_EQ(found.error().code, FailureCode::Denied);
    return found.error().message;
  }

  TestDirectory directory_;
  PosixFileSystem files_;
  ManualClock clock_{parse_instant("2026-01-01T00:00:00Z").value()};
  std::map<std::string, std::string> environment_;
  std::vector<std::vector<std::string>> commands_;
  Result<std::string> output_ = "";
};

TEST_F(AwsCredentialsTest, OfTheEnvironmentComeFirst) {
  write("credentials", "[default]\naws_access_key_id=P\naws_secret_access_key=S\n");
  environment_["AWS_ACCESS_KEY_ID"] = "A";
  EXPECT_THAT(refusal(), HasSubstr("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not"));
  environment_["AWS_SECRET_ACCESS_KEY"] = "B";
  environment_["AWS_SESSION_TOKEN"] = "T";
  const auto found = source().current().value();
  EXPECT_EQ(found.id + found.secret + found.token, "ABT");
}

TEST_F(AwsCredentialsTest, OfTheProfileThatIsNamed) {
  write("credentials",
        "# mine\n[default]\naws_access_key_id = D\naws_secret_access_key = E\n"
        "[ other ]\r\nAWS_Access_Key_Id=O\r\naws_secret_access_key=P=Q\r\n"
        "aws_session_token = T\n");
  write("config", "[default]\nregion = r1\n[profile other]\nregion=r2\ns3 =\n  region = nested\n");
  EXPECT_EQ(source().current().value().id, "D");
  EXPECT_EQ(source().region(), "r1");
  environment_["AWS_PROFILE"] = "other";
  const auto found = source().current().value();
  EXPECT_EQ(found.id + found.secret + found.token, "OP=QT");
  EXPECT_EQ(source().region(), "r2");
  environment_["AWS_DEFAULT_REGION"] = "r3";
  EXPECT_EQ(source().region(), "r3");
}

TEST_F(AwsCredentialsTest, ThatAreNowhereAreAskedFor) {
  EXPECT_THAT(refusal(), HasSubstr("there is no profile 'default' in " + path("credentials")));
  environment_["AWS_PROFILE"] = "sso";
  EXPECT_THAT(refusal(), HasSubstr("there is no profile 'sso'"));
  write("config", "[profile sso]\nsso_session = x\n");
  EXPECT_THAT(refusal(), HasSubstr("credential_process = aws configure export-credentials"));
  write("config", "[profile sso]\nregion = x\n");
  EXPECT_THAT(refusal(), HasSubstr("has neither aws_access_key_id"));
}

TEST_F(AwsCredentialsTest, OfAProcessAreRenewedBeforeTheyEnd) {
  write("config", "[default]\ncredential_process = \"/opt/my tool\" --for 'a b' c\\ d\n");
  const auto output = [](const std::string& id, const std::string& ends) {
    return R"({"Version":1,"AccessKeyId":")" + id + R"(","SecretAccessKey":"s","Expiration":")" +
           ends + R"(","Other":1})";
  };
  output_ = output("one", "2026-01-01T01:00:00+00:00");
  auto credentials = source();
  EXPECT_EQ(credentials.current().value().id, "one");
  EXPECT_THAT(commands_.at(0), ElementsAre("/opt/my tool", "--for", "a b", "c d"));
  output_ = output("two", "2026-01-01T02:00:00Z");
  EXPECT_EQ(credentials.current().value().id, "one");
  clock_.advance(std::chrono::minutes(56));
  EXPECT_EQ(credentials.current().value().id, "two");
  EXPECT_EQ(commands_.size(), 2U);
  // A process that fails now and then does no harm as long as what is known is good.
  clock_.advance(std::chrono::minutes(62));
  output_ = fail(FailureCode::Unavailable, "tool ended with status 1");
  EXPECT_EQ(credentials.current().value().id, "two");
  clock_.advance(std::chrono::minutes(5));
  EXPECT_THAT(credentials.current().error().message, HasSubstr("tool ended with status 1"));
}

TEST_F(AwsCredentialsTest, OfAProcessThatSaysSomethingElseAreRefusedUnseen) {
  write("config", "[default]\ncredential_process = tool\n");
  for (const auto* text : {"", "secret", R"({"Version":1,"AccessKeyId":"secret"})",
                           R"({"Version":2,"AccessKeyId":"a","SecretAccessKey":"secret"})",
                           R"({"Version":1,"AccessKeyId":"a","SecretAccessKey":"secret",
                              "Expiration":"2025-01-01T00:00:00Z"})"}) {
    output_ = std::string(text);
    EXPECT_THAT(refusal(), HasSubstr("the credential_process of profile 'default'")) << text;
    EXPECT_THAT(refusal(), ::testing::Not(HasSubstr("secret"))) << text;
  }
}

TEST_F(AwsCredentialsTest, RefusedOnesAreReadAgain) {
  write("credentials",
        "[default]\naws_access_key_id=A\naws_secret_access_key=S\n"
        "aws_session_token=one\n");
  auto credentials = source();
  const auto first = credentials.current().value();
  EXPECT_FALSE(credentials.renew(first));
  write("credentials",
        "[default]\naws_access_key_id=A\naws_secret_access_key=S\n"
        "aws_session_token=two\n");
  EXPECT_TRUE(credentials.renew(first));
  EXPECT_EQ(credentials.current().value().token, "two");
}

}  // namespace
}  // namespace cls::store
