// SPDX-License-Identifier: Apache-2.0
// Line: the words of one line of a scenario, taken one after another. The first thing that is wrong
// with the line is kept, and what is taken after it means nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/names.h"
#include "lot/lot_id.h"
#include "model/regex.h"
#include "scenario/scenario.h"
#include "scenario/words.h"

namespace cls::scenario {

/// Not thread-safe.
class Line {
 public:
  explicit Line(std::string_view text);

  const std::string& problem() const { return problem_; }
  void complain(std::string problem);
  bool more() const { return problem_.empty() && next_; }

  /// The next word; a problem where there is none: `what` is missing.
  std::string need(std::string_view what);
  /// The next word as it is, if there is one.
  const Word* peek() const { return more() ? &*next_ : nullptr; }
  /// True, and taken, if the next word is this one, unquoted.
  bool take(std::string_view word);
  /// A word of an enum's table.
  template <json::NamedEnum E>
  E need_name(std::string_view what);
  std::uint64_t need_number(std::string_view what, std::uint64_t limit);
  std::string need_lot();
  /// `@now`, `@+5m`, `@-1h`, `@TIME`; without the `@` where `sign` is empty.
  Moment need_moment(std::string_view sign);
  /// The path of a file: no `..`, not empty.
  std::string need_path();
  /// All words up to an arrow, which is taken.
  std::vector<std::string> need_before_arrow(std::string_view what);
  /// `~ RE`, the rest of the line.
  std::string need_pattern();
  model::Regex compile(const std::string& pattern);
  /// Nothing may follow.
  void end();

 private:
  bool at_arrow() const;
  /// Goes on to the first word at or behind `from`.
  void advance(std::size_t from);

  std::string text_;
  std::optional<Word> next_;
  std::string problem_;
};

template <json::NamedEnum E>
E Line::need_name(std::string_view what) {
  const std::string word = need(what);
  const auto value = json::from_name<E>(word);
  if (!value) {
    std::string names;
    for (const auto& name : json::all_names<E>()) names += (names.empty() ? "" : ", ") + name;
    complain("no " + std::string(what) + ": '" + word + "' (there are " + names + ")");
  }
  return value.value_or(E{});
}

}  // namespace cls::scenario
