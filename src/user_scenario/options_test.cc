// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/options.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

namespace cls::user_scenario {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refused(const std::vector<std::string>& arguments) {
  const auto parsed = parse_options(arguments);
  const auto* answer = std::get_if<Answer>(&parsed);
  if (answer == nullptr) return "accepted";
  EXPECT_EQ(answer->exit_code, 2);
  return answer->err;
}

TEST(ScenarioOptions, TakesValuesEitherWay) {
  const auto parsed = parse_options(
      {"--scenarios=a", "-j", "2", "--junit", "r.xml", "--stop-on-failure", "--server", "h:1"});
  const auto& options = std::get<Options>(parsed);
  EXPECT_EQ(options.scenarios, "a");
  EXPECT_EQ(options.jobs, 2U);
  EXPECT_EQ(options.junit, "r.xml");
  EXPECT_TRUE(options.stop_on_failure);
  EXPECT_EQ(options.server, "h:1");
}

TEST(ScenarioOptions, SayWhatIsWrongAndWhatWouldBeRight) {
  EXPECT_THAT(refused({}), HasSubstr("-f DIR is missing"));
  EXPECT_THAT(refused({"-f", "a", "--verfy-only"}), HasSubstr("did you mean --verify-only?"));
  EXPECT_THAT(refused({"a"}), HasSubstr("A folder is named by -f"));
  EXPECT_THAT(refused({"-f"}), HasSubstr("--scenarios needs a value: DIR"));
  EXPECT_THAT(refused({"-f", "--dry-run"}), HasSubstr("needs a value"));
  EXPECT_THAT(refused({"-f", "a", "-f", "b"}), HasSubstr("given twice"));
  EXPECT_THAT(refused({"-f", "a", "-j", "0"}), HasSubstr("no number from 1 to 64"));
  EXPECT_THAT(refused({"-f", "a", "--dry-run=yes"}), HasSubstr("takes no value"));
}

TEST(ScenarioOptions, RefuseWhatDoesNotGoTogether) {
  EXPECT_THAT(refused({"-f", "a", "--virtual-time", "--home", "h"}), HasSubstr("leave --home out"));
  EXPECT_THAT(refused({"-f", "a", "--virtual-time", "--cls-app", "c"}),
              HasSubstr("leave --cls-app out"));
  EXPECT_THAT(refused({"-f", "a", "--verify-on-dry-run"}), HasSubstr("--dry-run"));
  EXPECT_THAT(refused({"-f", "a", "--verify-only", "--deploy-destroy-only"}),
              HasSubstr("exclude each other"));
}

TEST(ScenarioOptions, HelpStandsOnThePageForUsers) {
  std::ifstream in(CLS_SCENARIOS_PAGE);
  ASSERT_TRUE(in) << CLS_SCENARIOS_PAGE;
  std::stringstream page;
  page << in.rdbuf();
  EXPECT_THAT(page.str(), HasSubstr("```text\n" + help_text() + "```\n"));
}

TEST(ScenarioOptions, HelpFitsTheTerminalAndNamesAllOptions) {
  const std::string help = help_text();
  for (std::size_t at = 0; at < help.size();) {
    const auto end = help.find('\n', at);
    EXPECT_LE(end - at, 100U) << help.substr(at, end - at);
    at = end + 1;
  }
  EXPECT_THAT(help, AllOf(HasSubstr("--verify-on-dry-run"), HasSubstr("-f, --scenarios DIR"),
                          HasSubstr("--virtual-time"), HasSubstr("--server HOST:PORT")));
}

}  // namespace
}  // namespace cls::user_scenario
