// SPDX-License-Identifier: Apache-2.0
// Words of a line of a scenario: cut at blanks; "quoted words" keep theirs.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cls::scenario {

struct Word {
  std::string text;
  bool quoted = false;
  std::size_t begin = 0;  ///< offset in the line
  std::size_t end = 0;    ///< of the first character behind it
};

/// The first word at or behind `from`; nullopt where there is none. In double quotes `\"`, `\\`,
/// `\n`,
/// `\t` are escapes; Invalid for other escapes, a quote that does not end, and one in the middle of
/// a word.
Result<std::optional<Word>> next_word(std::string_view line, std::size_t from);

}  // namespace cls::scenario
