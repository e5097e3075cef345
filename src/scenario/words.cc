// SPDX-License-Identifier: Apache-2.0
#include "scenario/words.h"

#include <algorithm>

#include "base/format.h"

namespace cls::scenario {

namespace {

constexpr std::string_view blanks = " \t\r";

/// Reads the quoted word whose opening quote is at `at`.
Result<Word> quoted_word(std::string_view line, std::size_t at) {
  Word word{.text = "", .quoted = true, .begin = at, .end = at};
  for (std::size_t i = at + 1; i < line.size(); ++i) {
    if (line[i] == '"') {
      word.end = i + 1;
      if (word.end < line.size() && blanks.find(line[word.end]) == std::string_view::npos) {
        return fail(FailureCode::Invalid,
                    format("a blank is missing behind the quote at column {}", word.end));
      }
      return word;
    }
    if (line[i] != '\\') {
      word.text += line[i];
      continue;
    }
    const char escape = ++i < line.size() ? line[i] : ' ';
    if (escape == 'n') {
      word.text += '\n';
    } else if (escape == 't') {
      word.text += '\t';
    } else if (escape == '"' || escape == '\\') {
      word.text += escape;
    } else {
      return fail(FailureCode::Invalid,
                  format(R"(no escape: '\{}' (there are \" \\ \n \t))", escape));
    }
  }
  return fail(FailureCode::Invalid, format("the quote at column {} does not end", at + 1));
}

}  // namespace

Result<std::optional<Word>> next_word(std::string_view line, std::size_t from) {
  const std::size_t at = line.find_first_not_of(blanks, from);
  if (at == std::string_view::npos) return std::optional<Word>();
  if (line[at] == '"') return quoted_word(line, at);
  const std::size_t end = std::min(line.find_first_of(blanks, at), line.size());
  const std::string_view text = line.substr(at, end - at);
  if (text.find('"') != std::string_view::npos) {
    return fail(FailureCode::Invalid,
                format("a quote in the middle of a word: {} (quote the whole word)", text));
  }
  return Word{.text = std::string(text), .quoted = false, .begin = at, .end = end};
}

}  // namespace cls::scenario
