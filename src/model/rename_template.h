// SPDX-License-Identifier: Apache-2.0
// The templates of a copy's `rename` and `partition`: literal text with `$1` … and `{lot}`,
// `{name}`, `{ext}`. Checked here, expanded by the copy.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace cls::model {

inline constexpr std::array<std::string_view, 3> template_placeholders{"lot", "name", "ext"};

/// What is wrong with a template whose expression has `groups` groups; nullopt where nothing is.
std::optional<std::string> template_problem(std::string_view text, std::size_t groups);

}  // namespace cls::model
