// SPDX-License-Identifier: Apache-2.0
// Names and words of container engines. For containers*.cc only.
#pragma once

#include <string>
#include <string_view>

#include "work/containers.h"

namespace cls::work {

constexpr std::string_view program_of(EngineKind kind) {
  switch (kind) {
    case EngineKind::Podman:
      return "podman";
    case EngineKind::Docker:
      return "docker";
    case EngineKind::Bubblewrap:
      return "bwrap";
    case EngineKind::Process:
      break;
  }
  return "";
}

/// The last line that says something.
std::string last_words(const std::string& text);

}  // namespace cls::work
