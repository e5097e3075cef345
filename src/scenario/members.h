// SPDX-License-Identifier: Apache-2.0
// Members: compares the members of a manifest with those that a scenario names.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cls::scenario {

/// Writes out `{1..3}`: `f{1..2}.txt` is `f1.txt f2.txt`. What is no such range stays as it is.
std::vector<std::string> written_out(const std::string& member);

/// True if `*` in the pattern, which is any characters but `/`, can make it the text.
bool member_matches(std::string_view pattern, std::string_view text);

/// What is in one list only, for a message: `missing a.txt; unexpected b.txt`. Empty where each
/// pattern has a member of its own and no member is left.
std::string difference(const std::vector<std::string>& patterns, std::vector<std::string> members);

}  // namespace cls::scenario
