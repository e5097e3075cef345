// SPDX-License-Identifier: Apache-2.0
// TOML: configuration files as located JSON trees. Behind it toml++.
#pragma once

#include <optional>
#include <string>

#include "base/diagnostics.h"
#include "json/value.h"

namespace cls::cli {

/// Reads a TOML file. Dates become texts. nullopt (the problem is added, with its place) where it
/// is none.
std::optional<json::Document> parse_toml(std::string file, std::string text, Diagnostics& problems);

}  // namespace cls::cli
