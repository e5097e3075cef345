// SPDX-License-Identifier: Apache-2.0
#include "flow/claim_notes.h"

#include <algorithm>

#include "base/text.h"
#include "json/names.h"

namespace cls::flow {

namespace {

/// Between the words of a line; lines end with a line feed.
constexpr char between = '\t';

bool is_word(const std::string& text) {
  return text.find_first_of("\t\n") == std::string::npos;
}

}  // namespace

std::optional<std::string> note_of(const record::Claim& claim) {
  const bool is_over =
      claim.state == record::ClaimState::committed || claim.state == record::ClaimState::ended;
  const bool is_published =
      std::ranges::all_of(claim.sinks, [](const auto& sink) { return sink.second.published; });
  if (!is_over || !is_published || !claim.result) return std::nullopt;
  std::string note = claim.lot + between + std::string(json::name_of(claim.state)) + between +
                     std::string(json::name_of(*claim.result)) + "\n";
  std::string words = claim.lot;
  const auto add = [&](char kind, const std::string& role, const std::string& revision) {
    note += kind;
    note += between + role + between + revision + "\n";
    words += role + revision;
  };
  for (const auto& [role, source] : claim.sources) add('<', role, source.revision);
  for (const auto& [role, sink] : claim.sinks) add('>', role, sink.revision);
  if (!is_word(words)) return std::nullopt;
  return note;
}

std::optional<record::Claim> claim_of(std::string_view note) {
  record::Claim claim;
  bool first = true;
  for (const auto& line : split(note, '\n')) {
    if (line.empty()) continue;
    const auto words = split(line, between);
    if (words.size() != 3) return std::nullopt;
    if (std::exchange(first, false)) {
      const auto state = json::from_name<record::ClaimState>(words[1]);
      const auto result = json::from_name<record::ClaimResult>(words[2]);
      if (!state || !result || !lot::LotId::parse(words[0])) return std::nullopt;
      claim.lot = words[0];
      claim.state = *state;
      claim.result = result;
    } else if (words[0] == "<") {
      claim.sources[words[1]].revision = words[2];
    } else {
      claim.sinks[words[1]] = {
          .manifest = {}, .sha256 = {}, .members = {}, .revision = words[2], .published = true};
    }
  }
  if (first) return std::nullopt;
  return claim;
}

}  // namespace cls::flow
