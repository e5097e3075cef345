// SPDX-License-Identifier: Apache-2.0
#include "local/deployer.h"

#include <filesystem>
#include <map>
#include <optional>

#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"
#include "flow/conditional.h"
#include "local/tree_digest.h"
#include "model/plan_of.h"
#include "operate/retry.h"

namespace cls::local {

namespace {

namespace fs = std::filesystem;

/// The absolute directory of a project file; of standard input that of the command.
std::string directory_of(const std::string& file, const std::string& working_directory) {
  const fs::path base(working_directory);
  const fs::path path = file == "-" ? base : (base / file).parent_path();
  std::string text = path.lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

std::string resolved_path(const std::string& path, const std::string& directory) {
  std::string text = (fs::path(directory) / path).lexically_normal().string();
  while (text.size() > 1 && text.ends_with('/')) text.pop_back();
  return text;
}

/// A directory that an arc's workload needs, and the field that names it.
struct NeededDirectory {
  std::string_view field;
  std::string path;
};

std::optional<NeededDirectory> needed_directory(const model::Arc& arc) {
  return std::visit(
      []<class T>(const T& one) -> std::optional<NeededDirectory> {
        if constexpr (!std::is_same_v<T, model::Undecoded>) {
          if (one.exclude) return std::nullopt;
          if constexpr (requires { one.workload.workingDir; }) {
            if (one.workload.workingDir)
              return NeededDirectory{"workingDir", *one.workload.workingDir};
          }
          if constexpr (requires {
                          *one.workload.imagePath;
                          one.workload.imagePath.has_value();
                        }) {
            if (one.workload.imagePath)
              return NeededDirectory{"imagePath", *one.workload.imagePath};
          } else if constexpr (requires { one.workload.imagePath.empty(); }) {
            return NeededDirectory{"imagePath", one.workload.imagePath};
          }
        }
        return std::nullopt;
      },
      arc);
}

/// The hash that a claim names: of the declaration and of the files it runs.
Result<std::string> declaration_of(Home& home, const model::Arc& arc, const std::string& directory,
                                   Progress* progress) {
  std::string text = model::declaration_json(arc);
  if (const auto needed = needed_directory(arc)) {
    auto files = digest_of_tree(home.files(), resolved_path(needed->path, directory),
                                {home.directory()}, progress);
    if (!files) return pass(std::move(files));
    text += "\n" + *files;
  }
  return sha256_hex(text);
}

Result<std::vector<model::Deployable>> with_origins(Home& home, const DeployRequest& request) {
  std::vector<model::Deployable> deployables;
  for (const auto& document : request.documents) {
    model::Deployable deployable = document.model;
    const std::string directory = directory_of(document.document->file, request.working_directory);
    for (auto& arc : deployable.arcs) {
      auto declaration = declaration_of(home, arc, directory, request.progress);
      if (!declaration) return pass(std::move(declaration));
      model::set_origin(arc, directory, *declaration);
    }
    deployables.push_back(std::move(deployable));
  }
  return model::merged(std::move(deployables));
}

flow::ProjectRecords records_of(const model::Deployable& deployable,
                                const model::ProjectPlan& plan) {
  flow::ProjectRecords records{.placement = plan.placement,
                               .project = plan.project,
                               .project_json = json::to_text(model::to_json(deployable)),
                               .arcs = {},
                               .boundaries = {},
                               .datasets = {}};
  const auto text_of = [](const auto& list, const std::string& name) {
    for (const auto& component : list) {
      const json::Value value = json::encode(component);
      const json::Value* found = value.find("name");
      if (found != nullptr && found->text == name) return json::to_text(value);
    }
    return std::string("{}");
  };
  for (const auto& boundary : plan.boundaries) {
    records.boundaries.emplace_back(boundary.name, text_of(deployable.boundaries, boundary.name));
    records.datasets.push_back(boundary.dataset);
  }
  for (const auto& arc : plan.arcs) {
    records.arcs.emplace_back(arc.name, text_of(deployable.arcs, arc.name));
    for (const auto& [role, sink] : arc.sinks) records.datasets.push_back(sink);
  }
  return records;
}

Result<std::uint64_t> retry_changed(Home& home, const model::ProjectPlan& plan) {
  const flow::Deployed deployed(plan);
  std::uint64_t retried = 0;
  for (const auto& arc : deployed.plan.arcs) {
    auto report = operate::retry_lots(home.store(), {&deployed, &arc},
                                      {.lots = std::nullopt, .only_changed = true});
    if (!report) return pass(std::move(report));
    retried += report->retried;
  }
  return retried;
}

Result<DeployedProject> deploy_one(Home& home, const Clock& clock, const DeployRequest& request,
                                   const model::Deployable& deployable) {
  const model::ProjectPlan plan = model::plan_of(deployable);
  for (const auto& bucket : plan.buckets) {
    const auto directory = home.stores().directory_of(bucket);
    if (!directory) continue;  // on S3: it was looked at before
    auto made = home.files().make_directories(*directory);
    if (!made) return pass(std::move(made));
  }
  auto stored = flow::store_project(home.store(), clock, records_of(deployable, plan),
                                    request.since, request.by);
  if (!stored) return pass(std::move(stored));
  auto retried = retry_changed(home, plan);
  if (!retried) return pass(std::move(retried));
  return DeployedProject{.project = plan.project,
                         .placement = plan.placement,
                         .boundaries = plan.boundaries.size(),
                         .arcs = plan.arcs.size(),
                         .retried = *retried};
}

/// The lots that deploying a changed arc would set to be tried again, in words; nullopt: none.
Result<std::optional<std::string>> tried_again(Home& home, const flow::Deployed& deployed,
                                               const std::string& name) {
  std::optional<std::string> said;
  for (const auto& arc : deployed.plan.arcs) {
    if (arc.name != name) continue;
    auto report = operate::retry_lots(home.store(), {&deployed, &arc},
                                      {.lots = {}, .only_changed = true, .dry_run = true});
    if (!report) return pass(std::move(report));
    if (report->retried > 0) {
      said = format("{} that ended missing or partial would be tried again",
                    counted(report->retried, "lot"));
    }
  }
  return said;
}

Result<std::optional<std::string>> effect_of(Home& home, const flow::Deployed& deployed,
                                             const operate::ComponentChange& change) {
  using operate::ChangeKind;
  using Effect = std::optional<std::string>;
  if (change.kind == "arc") {
    if (change.change == ChangeKind::changed) return tried_again(home, deployed, change.name);
    return Effect(change.change == ChangeKind::added
                      ? "lots that become ready after the deployment are its own; earlier ones by "
                        "cls deploy --since"
                      : "it takes no more lots; its records and data stay");
  }
  if (change.kind == "boundary" && change.change == ChangeKind::removed) {
    return Effect("it takes nothing more in; its ledger, manifests and data stay");
  }
  return Effect();
}

/// An arc's hash says nothing to people: that it differs follows from what is listed beside it, or
/// else from the files.
void hide_declaration(operate::ComponentChange& change) {
  const std::string pointer = "/" + std::string(model::declaration_extra);
  const auto hidden =
      std::erase_if(change.fields, [&](const auto& field) { return field.pointer == pointer; });
  if (hidden == 0 || !change.fields.empty()) return;
  std::string files = "files of its workingDir or imagePath have changed";
  change.effect = change.effect ? files + "; " + *change.effect : std::move(files);
}

Result<operate::ProjectDiff> compare_one(Home& home, const model::Deployable& deployable) {
  const flow::Deployed deployed(model::plan_of(deployable));
  operate::ProjectDiff diff{.project = deployed.plan.project,
                            .placement = deployed.plan.placement,
                            .is_new = true,
                            .changes = {}};
  const Uri uri = deployed.places.project(diff.project);
  auto stored = flow::get_if_present(home.store(), uri);
  if (!stored) return pass(std::move(stored));
  std::optional<json::Value> before;
  if (*stored) {
    auto parsed = json::parse_record((*stored)->bytes);
    if (!parsed) return fail(parsed.error().code, uri.to_string() + ": " + parsed.error().message);
    before = std::move(*parsed);
    diff.is_new = false;
  }
  diff.changes = operate::changes_between(before ? &*before : nullptr, model::to_json(deployable));
  for (auto& change : diff.changes) {
    auto effect = effect_of(home, deployed, change);
    if (!effect) return pass(std::move(effect));
    change.effect = std::move(*effect);
    hide_declaration(change);
  }
  return diff;
}

}  // namespace

void check_directories(FileSystem& files, const std::vector<model::LoadedDocument>& documents,
                       const std::string& working_directory, Diagnostics& problems) {
  for (const auto& document : documents) {
    const std::string directory = directory_of(document.document->file, working_directory);
    for (std::size_t i = 0; i < document.model.arcs.size(); ++i) {
      const auto needed = needed_directory(document.model.arcs[i]);
      if (!needed || needed->path.empty()) continue;
      const std::string path = resolved_path(needed->path, directory);
      const auto status = files.status(path, true);
      if (status && status->kind == FileKind::Directory) continue;
      const std::string pointer = format("/arcs/{}/workload/{}", i, needed->field);
      const auto [line, column] = document.position(pointer);
      problems.add({.severity = Severity::Error,
                    .file = document.document->file,
                    .line = line,
                    .column = column,
                    .pointer = document.pointer + pointer,
                    .message = format("'{}' is no directory", needed->path),
                    .hint = format("it is meant from the project file: {}", path)});
    }
  }
}

Result<std::vector<DeployedProject>> deploy(Home& home, const Clock& clock,
                                            const DeployRequest& request) {
  auto deployables = with_origins(home, request);
  if (!deployables) return pass(std::move(deployables));
  std::vector<DeployedProject> deployed;
  for (const auto& deployable : *deployables) {
    auto one = deploy_one(home, clock, request, deployable);
    if (!one) {
      return fail(one.error().code, format("project {}/{}: {}", deployable.project.name,
                                           deployable.project.version, one.error().message));
    }
    deployed.push_back(std::move(*one));
  }
  home.ring();
  return deployed;
}

Result<std::unique_ptr<const flow::Deployment>> planned(Home& home, const DeployRequest& request) {
  auto deployables = with_origins(home, request);
  if (!deployables) return pass(std::move(deployables));
  std::vector<std::unique_ptr<const flow::Deployed>> projects;
  for (const auto& deployable : *deployables) {
    projects.push_back(std::make_unique<const flow::Deployed>(model::plan_of(deployable)));
  }
  return std::make_unique<const flow::Deployment>(std::move(projects));
}

Result<std::vector<operate::ProjectDiff>> compare(Home& home, const DeployRequest& request) {
  auto deployables = with_origins(home, request);
  if (!deployables) return pass(std::move(deployables));
  std::vector<operate::ProjectDiff> diffs;
  for (const auto& deployable : *deployables) {
    auto diff = compare_one(home, deployable);
    if (!diff) return pass(std::move(diff));
    diffs.push_back(std::move(*diff));
  }
  return diffs;
}

}  // namespace cls::local
