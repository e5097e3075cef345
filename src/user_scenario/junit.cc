// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/junit.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"

namespace cls::user_scenario {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

std::string seconds_of(std::chrono::milliseconds took) {
  return format("{}.{:03}", took.count() / 1000, took.count() % 1000);
}

std::string case_xml(const Outcome& outcome) {
  std::string xml =
      format(R"(  <testcase classname="{}" name="{}" time="{}")", xml_escaped(outcome.file),
             xml_escaped(outcome.name), seconds_of(outcome.took));
  switch (outcome.end) {
    case End::Passed:
      return xml + "/>\n";
    case End::Failed:
      return xml +
             format(">\n    <failure type=\"{}\" message=\"{}\">{}</failure>\n  </testcase>\n",
                    xml_escaped(outcome.step),
                    xml_escaped(outcome.message.substr(0, outcome.message.find('\n'))),
                    xml_escaped(outcome.message));
    case End::NotRun:
    case End::Stopped:
      break;
  }
  return xml +
         format(">\n    <skipped message=\"{}\"/>\n  </testcase>\n", xml_escaped(outcome.why));
}

/// True if the character, of valid UTF-8, may stand in XML 1.0.
bool is_xml_character(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (first < 0x20) return first == '\t' || first == '\n' || first == '\r';
  // U+FFFE and U+FFFF
  return first != 0xEF || character.substr(1) < "\xBF\xBE";
}

}  // namespace

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(character.size());
    if (length == 0 || !is_xml_character(character)) {
      escaped += replacement;
    } else if (character == "&") {
      escaped += "&amp;";
    } else if (character == "<") {
      escaped += "&lt;";
    } else if (character == ">") {
      escaped += "&gt;";
    } else if (character == "\"") {
      escaped += "&quot;";
    } else {
      escaped += character;
    }
  }
  return escaped;
}

std::string junit_xml(const std::vector<Outcome>& outcomes) {
  const auto count = [&](auto... ends) {
    return std::ranges::count_if(outcomes,
                                 [&](const Outcome& one) { return ((one.end == ends) || ...); });
  };
  std::chrono::milliseconds took{0};
  std::string cases;
  for (const auto& outcome : outcomes) {
    took += outcome.took;
    cases += case_xml(outcome);
  }
  return format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuite name=\"cls-scenario\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" "
      "time=\"{}\">\n{}</testsuite>\n",
      outcomes.size(), count(End::Failed), count(End::NotRun, End::Stopped), seconds_of(took),
      cases);
}

}  // namespace cls::user_scenario
