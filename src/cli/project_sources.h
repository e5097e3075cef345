// SPDX-License-Identifier: Apache-2.0
// Project sources: the files that -p names, read, and evaluated where they are Jsonnet.
#pragma once

#include <vector>

#include "base/diagnostics.h"
#include "cli/app.h"
#include "cli/options.h"
#include "model/load.h"

namespace cls::cli {

/// Reads every file that the options name; there must be one. `.jsonnet` and `.libsonnet` are
/// evaluated, and so is standard input that is no JSON. What could not be evaluated is left out,
/// its problem added. An absent file is an Error with code 74.
std::vector<model::Source> read_sources(const Options& options, World& world,
                                        Diagnostics& problems);

}  // namespace cls::cli
