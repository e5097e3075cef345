// SPDX-License-Identifier: Apache-2.0
#include "model/regex.h"

#include <re2/re2.h>

#include "base/format.h"

namespace cls::model {

Result<Regex> Regex::compile(std::string_view pattern, Case letters) {
  RE2::Options options(RE2::Quiet);
  options.set_dot_nl(true);
  options.set_case_sensitive(letters == Case::Sensitive);
  auto compiled =
      std::make_shared<const RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled->ok()) {
    return fail(FailureCode::Invalid,
                format("'{}' is no regular expression: {}", pattern, compiled->error()));
  }
  return Regex(std::move(compiled));
}

bool Regex::matches(std::string_view text) const {
  return RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

std::optional<Regex::Match> Regex::search(std::string_view text) const {
  std::vector<re2::StringPiece> groups(group_count() + 1);
  const re2::StringPiece piece(text.data(), text.size());
  if (!compiled_->Match(piece, 0, text.size(), RE2::UNANCHORED, groups.data(),
                        static_cast<int>(groups.size()))) {
    return std::nullopt;
  }
  Match match;
  match.begin = static_cast<std::size_t>(groups.front().data() - piece.data());
  match.end = match.begin + groups.front().size();
  for (const auto& group : groups) match.groups.emplace_back(group.data(), group.size());
  return match;
}

std::size_t Regex::group_count() const {
  return static_cast<std::size_t>(compiled_->NumberOfCapturingGroups());
}

const std::map<std::string, int>& Regex::named_groups() const {
  return compiled_->NamedCapturingGroups();
}

std::string regex_quoted(std::string_view text) {
  return RE2::QuoteMeta(re2::StringPiece(text.data(), text.size()));
}

}  // namespace cls::model
