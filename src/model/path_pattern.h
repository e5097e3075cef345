// SPDX-License-Identifier: Apache-2.0
// The pieces of an Ant pattern; path_matches and the checks of a project file share them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/regex.h"

namespace cls::model {

/// Where the `{name}` or `{name:regex}` that begins at `open` ends (the offset of its `}`); one
/// level of braces inside is part of the regex. npos where it does not end.
std::size_t capture_end(std::string_view segment, std::size_t open);

/// One segment with a `{…}` as an expression; Invalid where a regex in it does not compile.
Result<Regex> segment_regex(std::string_view segment, Regex::Case letters);

/// What is wrong with a pattern; nullopt where nothing is.
std::optional<std::string> pattern_problem(std::string_view pattern, char separator);

/// The separator that a filter's `pathSeparator` means; NUL and nothing mean `/`.
char separator_of(std::string_view path_separator);

}  // namespace cls::model
