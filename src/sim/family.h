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
/// A dataset that nobody deployed.
inline constexpr const char* older_dataset = "old";

/// What the keys of `keyTimestampRegex` are read by. In every key `t<epoch>-` says what all of them
/// are to give; where it stands in none, they must give nothing.
inline constexpr const char* epoch_in_key = R"(t(?P<epoch>-?\w+)-)";
inline constexpr const char* date_in_key =
    R"(-(?P<year>-?\d{4,20})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)-)";
/// To the hour, or where that is not said to the day.
inline constexpr const char* hour_in_key =
    R"(-(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)(T(?P<hour>\d\d)\d{4})?-)";

}  // namespace cls::sim
