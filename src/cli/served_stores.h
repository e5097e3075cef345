// SPDX-License-Identifier: Apache-2.0
// --s3: the stores of a home, served as S3 to the programs of arcs.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "cli/app.h"
#include "cli/options.h"
#include "local/home.h"
#include "store/s3_gateway.h"

namespace cls::cli {

/// Nothing without --s3. An Error says how to install versitygw where it is not there. `world`,
/// `home` and `log` outlive it.
std::unique_ptr<store::S3Gateway> serve_stores(const Options& options, World& world,
                                               local::Home& home, Log& log);

/// What programs need to reach it.
std::map<std::string, std::string> environment_of(const std::unique_ptr<store::S3Gateway>& gateway);

}  // namespace cls::cli
