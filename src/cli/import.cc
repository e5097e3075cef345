// SPDX-License-Identifier: Apache-2.0
// cls import: refused, with the reason.
#include "base/error.h"
#include "cli/commands.h"

namespace cls::cli {

int refuse_import(const Options& /*options*/, World& /*world*/) {
  throw Error(
      "there is nothing to import: on this machine a bucket is a folder, and files that lie in "
      "<home>/stores/ or below a file:/// path are adopted as they are by the first cls run or cls "
      "up; taking over what exists on aws is not supported. Nothing was changed",
      ExitCode::Refused);
}

}  // namespace cls::cli
