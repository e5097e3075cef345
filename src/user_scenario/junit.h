// SPDX-License-Identifier: Apache-2.0
// The report in JUnit's XML, as CI systems read it.
#pragma once

#include <string>
#include <vector>

#include "user_scenario/outcome.h"

namespace cls::user_scenario {

/// One test suite, one test case per scenario. Always well-formed UTF-8: what XML cannot hold is
/// replaced.
std::string junit_xml(const std::vector<Outcome>& outcomes);

/// A text between tags or in an attribute.
std::string xml_escaped(std::string_view text);

}  // namespace cls::user_scenario
