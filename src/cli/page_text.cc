// SPDX-License-Identifier: Apache-2.0
#include "cli/page_text.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace cls::cli {

namespace {

/// Characters of UTF-8 text, near enough to the columns that it takes.
std::size_t columns_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(' ') - first + 1));
}

/// `[text](target)` becomes `text`, `**text**` too.
std::string without_marks(std::string_view line) {
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line.substr(i).starts_with("**")) {
      ++i;
      continue;
    }
    const auto close = line[i] == '[' ? line.find("](", i) : std::string_view::npos;
    const auto end = close == std::string_view::npos ? close : line.find(')', close);
    if (end == std::string_view::npos) {
      out += line[i];
      continue;
    }
    out += line.substr(i + 1, close - i - 1);
    i = end;
  }
  return out;
}

/// Fills words into lines; the first begins with what `line` has, the others with `indent` blanks.
void fill(std::string& out, std::string line, std::string_view words, std::size_t indent,
          std::size_t width = page_width) {
  bool first = true;
  for (const auto& word : split(words, ' ')) {
    if (word.empty()) continue;
    if (!first && columns_of(line) + 1 + columns_of(word) > width) {
      out += line + '\n';
      line.assign(indent, ' ');
      first = true;
    }
    line += (first ? "" : " ") + word;
    first = false;
  }
  while (line.ends_with(' ')) line.pop_back();
  out += line + '\n';
}

/// A picture for browsers, and what begins and ends the comment with its text for terminals.
bool is_for_browsers(std::string_view line) {
  return line.starts_with("![") || line == "<!-- in a terminal:" || line == "-->";
}

class Renderer {
 public:
  std::string render(std::string_view markdown) {
    for (const auto& line : split(markdown, '\n')) take(line);
    end_block();
    while (out_.ends_with("\n\n")) out_.pop_back();
    return std::move(out_);
  }

 private:
  void take(const std::string& line) {
    if (line.starts_with("```")) {
      end_block();
      is_code_ = !is_code_;
    } else if (is_code_) {
      out_ += "    " + line + '\n';
    } else if (is_for_browsers(line)) {
      end_block();
    } else if (line.starts_with("    ")) {
      end_block();
      out_ += line + '\n';
    } else if (line.starts_with('|')) {
      rows_.push_back(line);
    } else if (line.empty()) {
      end_block();
      if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
    } else if (line.starts_with('#')) {
      out_ += without_marks(trimmed(line.substr(line.find_first_not_of('#')))) + '\n';
    } else {
      take_text(line);
    }
  }

  void take_text(const std::string& line) {
    const auto start = line.find_first_not_of(' ');
    const std::string text = trimmed(line);
    const bool is_item = text.starts_with("- ") ||
                         (text.size() > 2 && text[0] >= '0' && text[0] <= '9' && text[1] == '.');
    if (is_item) {
      end_block();
      indent_ = start + text.find(' ') + 1;
      lead_ = std::string(start, ' ');
    }
    paragraph_ += (paragraph_.empty() ? "" : " ") + text;
  }

  void end_block() {
    if (!paragraph_.empty()) fill(out_, lead_, without_marks(paragraph_), indent_);
    paragraph_.clear();
    lead_.clear();
    indent_ = 0;
    end_table();
  }

  void end_table() {
    std::vector<std::pair<std::string, std::string>> rows;
    std::size_t widest = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (i < 2) continue;  // what the columns are, and the rule below it
      auto cells = split(without_marks(rows_[i]), '|');
      std::string right;
      for (std::size_t cell = 2; cell + 1 < cells.size(); ++cell) {
        const std::string text = trimmed(cells[cell]);
        if (!text.empty()) right += (right.empty() ? "" : "; ") + text;
      }
      rows.emplace_back(trimmed(cells[1]), right);
      widest = std::max(widest, columns_of(rows.back().first));
    }
    for (const auto& [left, right] : rows) {
      append_row(out_, left, right, std::min<std::size_t>(widest + 4, page_width / 2));
    }
    rows_.clear();
  }

  std::string out_;
  bool is_code_ = false;
  std::string paragraph_;
  std::string lead_;
  std::size_t indent_ = 0;
  std::vector<std::string> rows_;
};

}  // namespace

void append_row(std::string& out, std::string_view left, std::string_view right,
                std::size_t column) {
  std::string line = "  " + std::string(left);
  if (!left.empty() && !right.empty() && columns_of(line) + 2 > column) {
    out += line + '\n';
    line.clear();
  }
  const std::size_t taken = columns_of(line);
  line.append(column > taken ? column - taken : 0, ' ');
  fill(out, std::move(line), right, column);
}

void append_filled(std::string& out, std::string_view words, std::size_t indent,
                   std::size_t width) {
  fill(out, "", words, indent, width);
}

std::string page_text(std::string_view markdown) {
  return Renderer().render(markdown);
}

std::string_view page_title(std::string_view markdown) {
  std::string_view line = markdown.substr(0, markdown.find('\n'));
  line.remove_prefix(std::min(line.find_first_not_of("# "), line.size()));
  return line;
}

}  // namespace cls::cli
