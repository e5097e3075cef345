// SPDX-License-Identifier: Apache-2.0
// cls verify: checks project files; nothing is changed.
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/workspace.h"

namespace cls::cli {

int verify(const Options& options, World& world) {
  const auto checked = check_projects(options, world, Purpose::Verify);
  if (!checked) return static_cast<int>(checked.error());
  if (options.output == operate::Format::Json) return 0;
  for (const auto& document : checked->documents) {
    const auto& model = document.model;
    world.console.out(format("{}: ok: {}/{}, {}, {}\n", document.document->file, model.project.name,
                             model.project.version,
                             counted(model.boundaries.size(), "boundary", "boundaries"),
                             counted(model.arcs.size(), "arc")));
  }
  return 0;
}

}  // namespace cls::cli
