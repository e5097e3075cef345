// SPDX-License-Identifier: Apache-2.0
// cls bootstrap: makes the home of the local substrate.
#include "base/format.h"
#include "cli/commands.h"
#include "cli/workspace.h"

namespace cls::cli {

int bootstrap(const Options& options, World& world) {
  if (options.substrate == "aws") {
    throw Error("bootstrap makes homes of the local substrate only, so far", ExitCode::Refused);
  }
  const auto home = open_home(options, world);
  world.console.out(format("{} is a home\n", home->directory()));
  return 0;
}

}  // namespace cls::cli
