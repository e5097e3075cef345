// SPDX-License-Identifier: Apache-2.0
// Completion scripts, made from the command line as data: static, they never call cls.
#pragma once

#include <string>

#include "cli/command_tree.h"

namespace cls::cli {

std::string bash_completion(const CommandInfo& root);
std::string zsh_completion(const CommandInfo& root);
std::string fish_completion(const CommandInfo& root);

}  // namespace cls::cli
