// SPDX-License-Identifier: Apache-2.0
// JSON lines: how ledger segments and members files are stored.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace cls::record {

/// Calls `take` with each line and its number, counted from 1; stops at the first failure and puts
/// `<what>, line <n>: ` before its message. The last line need not end in a line feed; an empty
/// line is Invalid. No bytes are no lines.
Result<> for_each_line(std::string_view bytes, std::string_view what,
                       const std::function<Result<>(std::size_t, std::string_view)>& take);

/// Appends `before` and a text as a quoted JSON string, or null where there is none: for lines that
/// are made without a tree.
void append_text(std::string& out, std::string_view before, const std::optional<std::string>& text);

}  // namespace cls::record
