// SPDX-License-Identifier: Apache-2.0
// cls verify: checks project files; nothing is changed. What is meant for AWS is synthesised, and
// written where --out says. cls-aws synth and info, as the earlier program has them.
#include <algorithm>
#include <optional>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/format.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/synthesis.h"
#include "cli/workspace.h"

namespace cls::cli {

namespace {

/// How many of a list are not left out.
template <class Component>
std::size_t kept_of(const std::vector<Component>& list) {
  return static_cast<std::size_t>(std::ranges::count_if(list, [](const Component& component) {
    return std::visit(
        [](const auto& one) {
          if constexpr (requires { one.exclude; }) return !one.exclude;
          return true;
        },
        component);
  }));
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
    for (const auto& document : checked->documents) {
      const auto& model = document.model;
      world.console.out(format("{}: ok: {}/{}, {}, {}\n", document.document->file,
                               model.project.name, model.project.version,
                               counted(kept_of(model.boundaries), "boundary", "boundaries"),
                               counted(kept_of(model.arcs), "arc")));
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
