// SPDX-License-Identifier: Apache-2.0
// Families of worlds: what is common to those that look at one thing. A seed picks a family, and
// everything else of the script.
#pragma once

#include <string>
#include <vector>

#include "sim/script.h"

namespace cls::sim {

std::vector<std::string> family_names();

/// What a run may fix beside its seed.
struct ScriptOptions {
  std::string family;  ///< empty: the seed picks one
  bool day = false;    ///< 288 lots of 5 arcs, without faults: the measure of speed
  bool faults = true;
};

Script make_script(std::uint64_t seed, const ScriptOptions& options);

/// The bucket and path of a boundary's or an arc's dataset.
std::string boundary_path(unsigned boundary);
std::string sink_path(unsigned arc);

}  // namespace cls::sim
