// SPDX-License-Identifier: Apache-2.0
#include "sim/effect.h"

namespace cls::sim {

bool cannot_be(FaultKind kind, Effect effect) {
  if (kind != FaultKind::CrashTorn) return false;
  switch (effect) {
    case Effect::BoundaryManifest:
    case Effect::Members:
    case Effect::PrivateManifest:
    case Effect::PublicManifest:
    case Effect::ArcState:
      return false;
    default:
      return true;
  }
}

}  // namespace cls::sim
