// SPDX-License-Identifier: Apache-2.0
// The process's own output, without a buffer in between.
#pragma once

#include <cstddef>
#include <string_view>

namespace cls {

inline constexpr int standard_output = 1;
inline constexpr int standard_error = 2;

/// Writes the whole text with one write(2), so that what other processes write to the same pipe or
/// file comes before or after it; more than one only where the system takes it in parts. The errno
/// of what cannot be written, else 0.
int write_stream(int stream, std::string_view text);

/// Opens those of the three standard streams that are closed, in a way in which they cannot be
/// used. Otherwise the next files that are opened would be taken for them.
void occupy_closed_streams();

/// Columns of the terminal that a stream is; 0 where it is none.
std::size_t terminal_width(int stream);

}  // namespace cls
