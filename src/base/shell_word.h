// SPDX-License-Identifier: Apache-2.0
// Texts as words of a shell.
#pragma once

#include <string>
#include <string_view>

namespace cls {

/// `text` as one word of a POSIX shell, in single quotes.
std::string shell_quoted(std::string_view text);

}  // namespace cls
