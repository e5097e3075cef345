// SPDX-License-Identifier: Apache-2.0
#include "scenario/line.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "base/text.h"

namespace cls::scenario {

Line::Line(std::string_view text) : text_(text) {
  advance(0);
}

void Line::advance(std::size_t from) {
  auto word = next_word(text_, from);
  if (!word) complain(word.error().message);
  next_ = word ? std::move(*word) : std::nullopt;
}

void Line::complain(std::string problem) {
  if (problem_.empty()) problem_ = std::move(problem);
}

std::string Line::need(std::string_view what) {
  if (!more()) {
    complain(format("{} is missing", what));
    return {};
  }
  std::string text = std::move(next_->text);
  advance(next_->end);
  return text;
}

bool Line::take(std::string_view word) {
  if (!more() || next_->quoted || next_->text != word) return false;
  advance(next_->end);
  return true;
}

std::uint64_t Line::need_number(std::string_view what, std::uint64_t limit) {
  const std::string word = need(what);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size() || value > limit) {
    complain(format("{}: '{}' is no number from 0 to {}", what, word, limit));
  }
  return value;
}

std::string Line::need_lot() {
  std::string word = need("LOT");
  const auto lot = lot::LotId::parse(word);
  if (!lot) complain(lot.error().message);
  return word;
}

Moment Line::need_moment(std::string_view sign) {
  const std::string word = need("TIME");
  if (!word.starts_with(sign)) {
    complain(format("no time: '{}' (@now, @+5m, @-1h, or @2023-01-01T12:00:00Z)", word));
    return {};
  }
  const std::string text = word.substr(sign.size());
  if (text == "now") return {};
  if (text.starts_with('+') || text.starts_with('-')) {
    const auto span = parse_duration(text.substr(1));
    if (!span) complain(span.error().message);
    return {.fixed = {}, .offset = span ? (text[0] == '-' ? -*span : *span) : Moment{}.offset};
  }
  const auto at = parse_instant(text);
  if (!at) {
    complain(at.error().message);
    return {};
  }
  return {.fixed = *at};
}

std::string Line::need_path() {
  std::string path = need("PATH");
  const auto segments = split(path, '/');
  if (std::ranges::find(segments, "..") != segments.end() || path == "/") {
    complain(format("no path of a file: '{}' (below home/stores/s3/, or /… in the sandbox)", path));
  }
  return path;
}

bool Line::at_arrow() const {
  const Word* word = peek();
  return word != nullptr && !word->quoted && (word->text == "→" || word->text == "->");
}

std::vector<std::string> Line::need_before_arrow(std::string_view what) {
  std::vector<std::string> words;
  while (more() && !at_arrow()) words.push_back(need(what));
  if (words.empty()) complain(format("{} is missing", what));
  if (!take("→") && !take("->")) complain(format("an arrow is missing behind {} (→ or ->)", what));
  return words;
}

std::string Line::need_pattern() {
  if (!more() || next_->quoted || next_->text != "~") {
    complain("'~ RE' is missing");
    return {};
  }
  // Not cut into words: quotes and blanks mean themselves.
  static constexpr std::string_view blanks = " \t\r";
  const std::size_t begin = text_.find_first_not_of(blanks, next_->end);
  next_.reset();
  if (begin == std::string::npos) {
    complain("the expression behind ~ is missing");
    return {};
  }
  return text_.substr(begin, text_.find_last_not_of(blanks) + 1 - begin);
}

model::Regex Line::compile(const std::string& pattern) {
  auto regex = model::Regex::compile(pattern);
  if (regex) return std::move(*regex);
  complain(regex.error().message);
  return model::Regex::compile("").value();
}

void Line::end() {
  if (more()) complain(format("nothing was expected behind it, but '{}'", next_->text));
}

}  // namespace cls::scenario
