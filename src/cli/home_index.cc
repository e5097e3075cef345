// SPDX-License-Identifier: Apache-2.0
#include "cli/home_index.h"

#include "base/error.h"
#include "base/format.h"

namespace cls::cli {

std::unique_ptr<local::StatusIndex> index_of(local::Home& home, World& world,
                                             std::string_view lost) {
  if (!world.files.status(home.database(), true)) return nullptr;
  try {
    return std::make_unique<local::StatusIndex>(home);
  } catch (const Error& error) {
    world.console.err(
        format("warning: {}; {}all {}is read from the records; cls recover makes the "
               "index again\n",
               error.what(), lost, lost.empty() ? "" : "else "));
    return nullptr;
  }
}

void warn_of_trouble(const local::StatusIndex* index, World& world) {
  if (index == nullptr || !index->trouble()) return;
  world.console.err(format("warning: {}; the records were read instead\n", *index->trouble()));
}

}  // namespace cls::cli
