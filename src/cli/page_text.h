// SPDX-License-Identifier: Apache-2.0
// Page text: a Markdown page of ours as plain text for a terminal.
#pragma once

#include <string>
#include <string_view>

namespace cls::cli {

/// Columns of everything that is printed to be read as a page.
inline constexpr std::size_t page_width = 80;

/// Appends `  left`, and `right` wrapped in a column of its own beside it.
void append_row(std::string& out, std::string_view left, std::string_view right,
                std::size_t column);

/// Appends words, filled into lines of at most `width` columns; all but the first begin with
/// `indent` blanks.
void append_filled(std::string& out, std::string_view words, std::size_t indent = 0,
                   std::size_t width = page_width);

/// Paragraphs are filled to the width; pictures, code and lists keep their lines; tables become
/// rows of two columns; links become their texts. Of a picture that is an image nothing is printed:
/// its text for terminals stands in a comment that begins with `<!-- in a terminal:`.
std::string page_text(std::string_view markdown);

/// The page's first heading.
std::string_view page_title(std::string_view markdown);

}  // namespace cls::cli
