// SPDX-License-Identifier: Apache-2.0
// The process's own output, without a buffer in between.
#pragma once

#include <cstddef>
#include <string_view>

namespace cls {

inline constexpr int standard_output = 1;
inline constexpr int standard_error = 2;

/// Writes the whole text with one write(2), so that what other processes write to the same pipe or
/// file comes before or after it; more than one only where the system takes it in parts. What
/// cannot be written is lost: there is nobody left to tell.
void write_stream(int stream, std::string_view text);

/// Columns of the terminal that a stream is; 0 where it is none.
std::size_t terminal_width(int stream);

}  // namespace cls
