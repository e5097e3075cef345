// SPDX-License-Identifier: Apache-2.0
// cls simulate: what it prints, and what it says to bad options. What is counted:
// sim/forecast_test.
#include <gmock/gmock.h>

#include "cli/cli_world_test.h"

namespace cls::cli::testing {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Simulate : CliTest {
  void SetUp() override {
    CliTest::SetUp();
    write(path("p.json"), copy_project());
  }
  Ran simulate(std::vector<std::string> more) {
    more.insert(more.begin(), {"simulate", "-p", "p.json"});
    return cls(more);
  }
};

TEST_F(Simulate, PrintsEachFormatAndMakesNoHome) {
  const Ran table = simulate({"--arrivals", "1/h"});
  EXPECT_EQ(table.code, 0) << table.err;
  EXPECT_THAT(table.out, AllOf(HasSubstr("inbox"), HasSubstr("copy"), HasSubstr("store calls: "),
                               HasSubstr("audited: no promise was broken")));
  const Ran json = simulate({"--arrivals", "1/h", "--output", "json"});
  EXPECT_THAT(json.out, AllOf(HasSubstr("\"arrivals\" : 24"), HasSubstr("\"audited\" : true"),
                              HasSubstr("\"broken\" : [ ]")));
  const Ran csv = simulate({"--arrivals", "24/day", "--output", "csv"});
  EXPECT_THAT(csv.out, AllOf(HasSubstr("about,project,name,figure,value\n"),
                             HasSubstr("boundary,p/1,inbox,arrivals,24\n")));
  EXPECT_THAT(simulate({"--arrivals", "24/day", "--output", "tsv"}).out,
              HasSubstr("boundary\tp/1\tinbox\tarrivals\t24\n"));
  EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Simulate, SaysWhatOfItsOptionsIsWrongAndWhatWouldBeRight) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong{
      {{"--arrivals", "100"}, "--arrivals '100' cannot be read: write N/s, N/min, N/h or N/day"},
      {{"--arrivals", "-1/h"}, "--arrivals '-1/h'"},
      {{"--arrivals", "1/week"}, "as 100/min"},
      {{"--duplicates", "1"}, "--duplicates '1' cannot be read: write a percentage"},
      {{"--failures", "101%"}, "from 0% to 100%"},
      {{"--late", "nan%"}, "--late 'nan%'"},
      {{"--outage", "2x"}, "--outage '2x' cannot be read"},
      {{"--outage", "2d"}, "an outage of 172800 s does not fit into 1 day"},
      {{"--duration", "30d"}, "--duration '30d' cannot be read: it is longer than 168 hours"},
      {{"--days", "0"}, "0 days cannot be simulated: 1 to 366"},
      {{"--arrivals", "9/s"}, "777600 arrivals are too many, at most 500000 in all"}};
  for (const auto& [options, message] : wrong) {
    const Ran ran = simulate(options);
    EXPECT_EQ(ran.code, 2) << message;
    EXPECT_THAT(ran.err, HasSubstr(message));
    EXPECT_EQ(ran.out, "");
  }
  EXPECT_EQ(simulate({"--days", "many"}).code, 2);
  EXPECT_EQ(cls({"simulate"}).code, 2);
  EXPECT_EQ(cls({"simulate", "-p", "absent.json"}).code, 74);
}

TEST_F(Simulate, AProjectThatIsWrongIsNotSimulated) {
  write(path("p.json"), R"({"project": {"name": "p"}})");
  const Ran ran = simulate({});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("p.json:1:13: /project: missing field 'version'"));
}

}  // namespace cls::cli::testing
