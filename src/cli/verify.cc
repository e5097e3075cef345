// SPDX-License-Identifier: Apache-2.0
// cls verify: checks project files; nothing is changed. What is meant for AWS is synthesised, and
// written where --out says. cls-aws synth and info, as the earlier program has them.
#include <cstddef>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/synthesis.h"
#include "cli/workspace.h"
#include "model/validate_context.h"

namespace cls::cli {

namespace {

/// How many components of a kind are not left out.
std::size_t kept_of(const model::LoadedDocument& document, model::ComponentKind kind) {
  std::size_t kept = 0;
  model::each_component(document, [&](const auto& component, const model::ComponentPlace& place) {
    if (place.kind == kind && !component.exclude) ++kept;
  });
  return kept;
}

}  // namespace

int verify(const Options& options, World& world) {
  std::optional<aws::Assembly> assembly;
  const auto synthesise = [&](const std::vector<model::LoadedDocument>& documents,
                              Diagnostics& problems) {
    assembly = aws::synthesise(
        documents, synthesis_options(options, world, documents, !options.out.empty()), problems);
  };
  const auto checked = check_projects(options, world, Purpose::Verify, synthesise);
  if (!checked) return static_cast<int>(checked.error());
  if (!options.out.empty() && !assembly) {
    throw Error("--out: no project file is meant for aws", ExitCode::Usage);
  }
  if (options.output != operate::Format::Json) {
    using enum model::ComponentKind;
    for (const auto& document : checked->documents) {
      const auto& model = document.model;
      world.console.out(format("{}: ok: {}/{}, {}, {}\n", document.document->file,
                               model.project.name, model.project.version,
                               counted(kept_of(document, Boundary), "boundary", "boundaries"),
                               counted(kept_of(document, Arc), "arc")));
    }
  }
  if (!options.out.empty()) write_out(options, world, std::move(*assembly));
  return 0;
}

int synth(const Options& options, World& world) {
  Options written = options;
  written.substrate = json::name_of(model::Substrate::Aws);
  if (written.out.empty()) written.out = "cdk.out";
  return verify(written, world);
}

int info(const Options& options, World& world) {
  if (options.arguments.front() == "version") {
    world.console.out(format("{}\n", version));
    return 0;
  }
  const auto program = world.files.real_path("/proc/self/exe");
  if (!program) throw Error(program.error());
  world.console.out(*program + "\n");
  return 0;
}

}  // namespace cls::cli
