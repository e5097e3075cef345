// SPDX-License-Identifier: Apache-2.0
// The programs of container engines. For containers*.cc only.
#pragma once

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

}  // namespace cls::work
