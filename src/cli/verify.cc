// SPDX-License-Identifier: Apache-2.0
// cls verify: checks project files; nothing is changed. What is meant for AWS is synthesised, and
// written where --out says.
#include <optional>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/synthesis.h"
#include "cli/workspace.h"

namespace cls::cli {

int verify(const Options& options, World& world) {
  std::optional<aws::Assembly> assembly;
  const auto synthesise = [&](const std::vector<model::LoadedDocument>& documents,
                              Diagnostics& problems) {
    need_provider_aws(documents, problems);
    if (problems.has_errors()) return;
    assembly = aws::synthesise(
        documents, synthesis_options(options, world, documents, !options.out.empty()), problems);
  };
  const auto checked = check_projects(options, world, Purpose::Verify, synthesise);
  if (!checked) return static_cast<int>(checked.error());
  if (!options.out.empty() && !assembly) {
    throw Error("--out: no project file is meant for aws", ExitCode::Usage);
  }
  if (options.output != operate::Format::Json) {
    for (const auto& document : checked->documents) {
      const auto& model = document.model;
      world.console.out(format("{}: ok: {}/{}, {}, {}\n", document.document->file,
                               model.project.name, model.project.version,
                               counted(model.boundaries.size(), "boundary", "boundaries"),
                               counted(model.arcs.size(), "arc")));
    }
  }
  if (!options.out.empty()) write_out(options, world, *assembly);
  return 0;
}

}  // namespace cls::cli
