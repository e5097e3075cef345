// SPDX-License-Identifier: Apache-2.0
// Sizes as people write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cls {

/// Reads `1048576`, `512KiB`, `100MiB`, `1GiB`, `2TiB` (powers of 1024); Invalid says what is
/// right.
Result<std::uint64_t> parse_byte_size(std::string_view text);

/// For people: `512 B`, `1.5 KiB`, `9.0 MiB`.
std::string readable_bytes(std::uint64_t bytes);

}  // namespace cls
