// SPDX-License-Identifier: Apache-2.0
// Unknown names: what a report was asked for and nobody has, with what is near.
#pragma once

#include "cli/app.h"
#include "cli/options.h"
#include "flow/deployment.h"

namespace cls::cli {

/// Warns of each --project and --name that names nothing the report is about: a report without
/// rows would not say why.
void warn_of_unknown_names(const Options& options, const flow::Deployment& deployment,
                           World& world);

}  // namespace cls::cli
