// SPDX-License-Identifier: Apache-2.0
// One constexpr table per enum, both ways: `template <> inline constexpr auto names_of<State> = …`.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cls::json {

template <class E, std::size_t N>
using Names = std::array<std::pair<E, std::string_view>, N>;

/// Specialise it for an enum with its complete table.
template <class E>
inline constexpr int names_of = 0;

template <class E>
concept NamedEnum = std::is_enum_v<E> && requires { names_of<E>.size(); };

template <NamedEnum E>
constexpr std::string_view name_of(E value) {
  for (const auto& [candidate, name] : names_of<E>) {
    if (candidate == value) return name;
  }
  return "?";
}

template <NamedEnum E>
constexpr std::optional<E> from_name(std::string_view text) {
  for (const auto& [candidate, name] : names_of<E>) {
    if (name == text) return candidate;
  }
  return std::nullopt;
}

template <NamedEnum E>
std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const auto& [candidate, name] : names_of<E>) names.emplace_back(name);
  return names;
}

}  // namespace cls::json
