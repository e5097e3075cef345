// SPDX-License-Identifier: Apache-2.0
// Small text functions that several layers need.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cls {

std::vector<std::string> split(std::string_view text, char separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string lower(std::string_view text);
std::string upper(std::string_view text);

/// `1 lot`, `2 lots`; `plural` where an s is not enough.
std::string counted(std::uint64_t count, std::string_view noun, std::string_view plural = "");

/// Number of insertions, deletions, replacements and swaps of neighbours between two texts.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate nearest to `word` for a did-you-mean, case ignored; nullopt when none is near.
std::optional<std::string> closest(std::string_view word,
                                   const std::vector<std::string>& candidates);

/// Bytes of the UTF-8 character at the front of `text`, which is not empty; 0 where there is none.
std::size_t utf8_length(std::string_view text);

}  // namespace cls
