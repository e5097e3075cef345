// SPDX-License-Identifier: Apache-2.0
#include "record/json_lines.h"

#include <algorithm>

#include "base/format.h"
#include "json/value.h"

namespace cls::record {

Result<> for_each_line(std::string_view bytes, std::string_view what,
                       const std::function<Result<>(std::size_t, std::string_view)>& take) {
  for (std::size_t number = 1; !bytes.empty(); ++number) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    auto taken = line.empty()
                     ? Result<>(fail(FailureCode::Invalid, "is empty; every line is a JSON object"))
                     : take(number, line);
    if (taken) continue;
    std::string_view message = taken.error().message;
    if (message.starts_with(": ")) message.remove_prefix(2);  // the JSON pointer of the whole line
    return fail(taken.error().code, format("{}, line {}: {}", what, number, message));
  }
  return {};
}

void append_text(std::string& out, std::string_view before,
                 const std::optional<std::string>& text) {
  out += before;
  if (text) {
    json::append_quoted(out, *text);
  } else {
    out += "null";
  }
}

}  // namespace cls::record
