// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <utility>

#include "base/format.h"
#include "base/text.h"
#include "record/places.h"

namespace cls::record {

namespace {

constexpr std::string_view store_word = "clusterless-";
constexpr std::array<std::pair<StoreKind, std::string_view>, 3> kind_names = {
    {{StoreKind::Metadata, "metadata"},
     {StoreKind::ArcState, "arc-state"},
     {StoreKind::Manifest, "manifest"}}};

std::string_view kind_name(StoreKind kind) {
  return std::ranges::find(kind_names, kind, [](const auto& entry) { return entry.first; })->second;
}

}  // namespace

std::string store_name(const model::Placement& placement, StoreKind kind) {
  const bool local = placement.provider == "local";
  const std::string stage = lower(placement.stage.value_or(""));
  return format("{}{}{}{}-{}-{}", stage, stage.empty() ? "" : "-", store_word, kind_name(kind),
                local ? "local" : placement.account.value_or(""),
                local ? "home" : placement.region.value_or(""));
}

std::optional<StoreName> parse_store_name(std::string_view bucket) {
  const auto word = bucket.rfind(store_word);
  if (word == std::string_view::npos) return std::nullopt;
  std::string_view stage = bucket.substr(0, word);
  if (!stage.empty() && (!stage.ends_with('-') || stage.size() == 1)) return std::nullopt;
  if (!stage.empty()) stage.remove_suffix(1);
  std::string_view rest = bucket.substr(word + store_word.size());
  for (const auto& [kind, name] : kind_names) {
    if (!rest.starts_with(name) || !rest.substr(name.size()).starts_with('-')) continue;
    rest.remove_prefix(name.size() + 1);
    const auto hyphen = rest.find('-');
    if (hyphen == 0 || hyphen == std::string_view::npos) return std::nullopt;
    const std::string_view account = rest.substr(0, hyphen);
    const std::string_view region = rest.substr(hyphen + 1);
    if (region.empty()) return std::nullopt;
    StoreName result;
    result.placement.provider = "aws";
    result.kind = kind;
    if (!stage.empty()) result.placement.stage = stage;
    if (account == "local" && region == "home") {
      result.placement.provider = "local";
    } else {
      result.placement.account = account;
      result.placement.region = region;
    }
    return result;
  }
  return std::nullopt;
}

}  // namespace cls::record
