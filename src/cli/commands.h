// SPDX-License-Identifier: Apache-2.0
// The commands, one file each. Each returns its exit code; what goes wrong beyond that is an Error.
#pragma once

#include "cli/app.h"
#include "cli/options.h"

namespace cls::cli {

int verify(const Options& options, World& world);
int synth(const Options& options, World& world);
int info(const Options& options, World& world);
int diff(const Options& options, World& world);
int bootstrap(const Options& options, World& world);
int deploy(const Options& options, World& world);
int destroy(const Options& options, World& world);
int up(const Options& options, World& world);
int run(const Options& options, World& world);
int retry(const Options& options, World& world);
int enable(const Options& options, World& world);  // and disable
int status(const Options& options, World& world);
int report(const Options& options, World& world);
int audit(const Options& options, World& world);
int simulate(const Options& options, World& world);
int logs(const Options& options, World& world);
int graph(const Options& options, World& world);
int local_script(const Options& options, World& world);
int recover(const Options& options, World& world);
int known(const Options& options, World& world);  // regions and substrates
int show(const Options& options, World& world);
int schema(const Options& options, World& world);
int help(const Options& options, World& world);
int completion(const Options& options, World& world);
int init(const Options& options, World& world);
int config_show(const Options& options, World& world);
int config_init(const Options& options, World& world);
int refuse_import(const Options& options, World& world);

}  // namespace cls::cli
