// SPDX-License-Identifier: Apache-2.0
// What `cls help` knows: commands and topics.
#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace cls::cli {

/// All words that may stand behind `cls help`, commands first.
std::vector<std::string> help_topics(const CommandInfo& root);

}  // namespace cls::cli
