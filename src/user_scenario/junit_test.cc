// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/junit.h"

#include <gmock/gmock.h>

namespace cls::user_scenario {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Junit, EscapesWhatXmlCannotHold) {
  EXPECT_EQ(xml_escaped("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
  EXPECT_EQ(xml_escaped("\x1b[31m\n\xC3\xA4"), "\xEF\xBF\xBD[31m\n\xC3\xA4");
  EXPECT_EQ(xml_escaped("\xFF \xEF\xBF\xBE \xEF\xBC\x81"),
            "\xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBC\x81");
}

TEST(Junit, CountsEachKindOfEnd) {
  const std::string xml = junit_xml({{.name = "a", .file = "a.json", .end = End::Passed},
                                     {.name = "b",
                                      .file = "b.json",
                                      .end = End::Failed,
                                      .step = "watch",
                                      .message = "2 of 3\nmore",
                                      .took = std::chrono::milliseconds(1005)},
                                     {.name = "c", .file = "c.json", .why = "not enabled"},
                                     {.name = "d", .file = "d.json", .end = End::Stopped}});
  EXPECT_THAT(xml, AllOf(HasSubstr(R"(tests="4" failures="1" errors="0" skipped="2" time="1.005")"),
                         HasSubstr(R"(<failure type="watch" message="2 of 3">2 of 3)"),
                         HasSubstr(R"(<skipped message="not enabled"/>)")));
}

}  // namespace
}  // namespace cls::user_scenario
