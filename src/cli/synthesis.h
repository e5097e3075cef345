// SPDX-License-Identifier: Apache-2.0
// What the commands need for the synthesis of AWS: settings, the code of functions, images.
#pragma once

#include <string>
#include <vector>

#include "aws/synthesis.h"
#include "cli/app.h"
#include "cli/options.h"
#include "model/load.h"

namespace cls::cli {

/// The options of a run: settings, the code that lies beside this program (or in
/// $CLS_ASSETS_PATH), hashes of images' directories. `needs_code`: an Error where it is not there.
aws::SynthesisOptions synthesis_options(const Options& options, World& world,
                                        const std::vector<model::LoadedDocument>& documents,
                                        bool needs_code);

/// Writes it below --out and says so.
void write_out(const Options& options, World& world, aws::Assembly assembly);

}  // namespace cls::cli
