// SPDX-License-Identifier: Apache-2.0
#include "model/rename_template.h"

#include <algorithm>

#include "base/format.h"

namespace cls::model {

std::optional<std::string> template_problem(std::string_view text, std::size_t groups) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '$' && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') {
      const auto number = static_cast<std::size_t>(text[i + 1] - '0');
      if (number > groups) {
        return format("'{}': ${} is asked for, but there {} {}", text, number,
                      groups == 1 ? "is" : "are",
                      groups == 0 ? std::string("no groups") : format("{} in all", groups));
      }
    } else if (text[i] == '{') {
      const auto end = text.find('}', i);
      if (end == std::string_view::npos) return format("'{}': the '{{' is not closed", text);
      const std::string_view name = text.substr(i + 1, end - i - 1);
      if (std::ranges::find(template_placeholders, name) == template_placeholders.end()) {
        return format("'{}': '{{{}}}' is no placeholder", text, name);
      }
      i = end;
    }
  }
  return std::nullopt;
}

}  // namespace cls::model
