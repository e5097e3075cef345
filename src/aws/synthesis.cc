// SPDX-License-Identifier: Apache-2.0
#include "aws/synthesis.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "aws/components.h"
#include "aws/labels.h"
#include "aws/scope.h"
#include "aws/stack_order.h"
#include "base/format.h"
#include "base/text.h"

namespace cls::aws {

namespace {

/// True for the types that a project can have on aws.
template <class T>
concept Synthesised = requires(Scope& scope, const T& component, const model::Place& place) {
  { piece_of(scope, component, place) } -> std::same_as<Piece>;
};

/// Documents of one project in one placement.
using ProjectKey = std::pair<model::Placement, model::ProjectId>;
using Projects = std::map<ProjectKey, std::vector<const model::LoadedDocument*>>;

Owners owners_of(const std::vector<model::LoadedDocument>& documents) {
  Owners owners;
  for (const auto& document : documents) {
    const model::Placement& placement = document.model.placement;
    const model::ProjectId& project = document.model.project;
    model::each_component(document, [&]<class T>(const T& component, const auto& place) {
      if (component.exclude) return;
      const auto own = [&](const model::SinkDataset& dataset) {
        owners.insert_or_assign({placement, dataset.id()},
                                Owner{project, dataset, place.kind, component.name});
      };
      if constexpr (requires { component.dataset.pathURI; }) own(component.dataset);
      if constexpr (requires { component.sinks; }) {
        for (const auto& [role, sink] : component.sinks) own(sink);
      }
    });
  }
  return owners;
}

/// The first component of each name, by what resources are called.
class NameCheck {
 public:
  explicit NameCheck(model::Findings& findings) : findings_(&findings) {}

  template <class T>
  void check(const T& component, const model::ComponentPlace& place) {
    check_one(kind_of<T>(place), component.name, place.below("name"));
    if constexpr (std::is_base_of_v<model::BucketResource, T>) {
      check_physical("bucket", component.bucketName, place.below("bucketName"));
    } else if constexpr (std::is_same_v<T, model::AwsGlueDatabase>) {
      check_physical("database", component.databaseName, place.below("databaseName"));
    } else if constexpr (std::is_same_v<T, model::CoreTable>) {
      check_table_database(component.database, place.below("database"));
    } else if constexpr (std::is_same_v<T, model::AwsEventBus>) {
      check_physical("event bus", component.eventBusName, place.below("eventBusName"));
    } else if constexpr (std::is_same_v<T, model::AwsComputeEnvironment>) {
      check_one("compute environment", component.computeEnvironmentName,
                place.below("computeEnvironmentName"));
    } else if constexpr (std::is_same_v<T, model::CoreCommandArc>) {
      shared_.emplace(place.below("type"));
    }
  }

  /// What core:commandArcs share has a name, too.
  void check_shared() {
    const auto found = seen_.find({"compute environment", std::string(shared_environment_name)});
    if (!shared_ || found == seen_.end()) return;
    findings_->error(found->second,
                     format("on AWS '{}' is the environment of each core:commandArc, as {} is",
                            shared_environment_name, shared_->to_string()),
                     "give it another name");
  }

 private:
  /// What must have different names: each becomes a logical id, or the name of a function.
  template <class T>
  static std::string kind_of(const model::ComponentPlace& place) {
    if constexpr (std::is_base_of_v<model::BucketResource, T>) return "bucket of name";
    if constexpr (std::is_base_of_v<model::TableResource, T>) return "table of name";
    if (place.kind == model::ComponentKind::Resource) return "resource " + std::string(place.type);
    return place.kind == model::ComponentKind::Arc ? "arc" : "boundary or activity";
  }

  /// Two of one physical name: the second could not be made.
  void check_physical(const std::string& kind, const std::string& name, const model::Place& place) {
    const auto [first, fresh] = physical_.emplace(std::pair{kind, name}, place);
    if (fresh) return;
    findings_->error(place,
                     format("{} declares the {} '{}' too", first->second.to_string(), kind, name),
                     "declare it once");
  }

  /// Several tables may name one database.
  void check_table_database(const std::string& name, const model::Place& place) {
    const auto [first, fresh] = table_databases_.emplace(camel(name), std::pair{name, place});
    const auto& [other, declared] = first->second;
    if (fresh || other == name) return;
    findings_->error(place,
                     format("on AWS '{}' and the '{}' of {} would be one resource", name, other,
                            declared.to_string()),
                     "give one of them another name");
  }

  void check_one(const std::string& kind, const std::string& name, const model::Place& place) {
    const auto [first, fresh] = seen_.emplace(std::pair{kind, lower_hyphen(name)}, place);
    if (fresh || name.empty()) return;
    findings_->error(place,
                     format("on AWS '{}' is named as what {} declares: both become '{}'", name,
                            first->second.to_string(), first->first.second),
                     "give one of them another name");
  }

  model::Findings* findings_;
  std::map<std::pair<std::string, std::string>, model::Place> seen_;
  std::map<std::pair<std::string, std::string>, model::Place> physical_;
  std::map<std::string, std::pair<std::string, model::Place>> table_databases_;
  std::optional<model::Place> shared_;  ///< of a core:commandArc
};

/// As a tag may have it: of ASCII letters, digits, spaces and these.
std::string tag_text(std::string value) {
  constexpr std::string_view others = " _.:/=+-@";
  std::ranges::replace_if(
      value,
      [&](char c) {
        const bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        const bool is_ascii = static_cast<unsigned char>(c) < 0x80;
        const bool is_plain = is_letter || (c >= '0' && c <= '9');
        return is_ascii && !is_plain && others.find(c) == std::string_view::npos;
      },
      '-');
  return value;
}

Tags tags_of(const Scope& scope) {
  if (!scope.options.has_tags) return {};
  Tags tags{{"cls:project:name", tag_text(lower_hyphen(scope.project().name))},
            {"cls:project:version", tag_text(scope.project().version)}};
  if (!scope.stage().empty()) tags.emplace("cls:project:stage", scope.stage());
  return tags;
}

/// Adds a piece to a stack.
void merge(Stack& stack, Piece&& piece) {
  stack.content.absorb(std::move(piece.content));
  std::ranges::move(piece.handlers, std::back_inserter(stack.handlers));
}

/// Drops what a stack does not hold: the stacks before it do.
void keep_own_dependencies(Template& content) {
  for (const auto& [id, resource] : content.resources()) {
    std::erase_if(content.at(id).depends_on, [&](const auto& one) { return !content.has(one); });
  }
}

class ProjectSynthesis {
 public:
  explicit ProjectSynthesis(Scope& scope) : scope_(scope) {}

  void check_names() {
    NameCheck names(scope_.findings);
    each([&](const auto& component, const auto& place) { names.check(component, place); });
    names.check_shared();
  }

  /// Names have been checked: two of one name would be one resource.
  void run() {
    note_boundaries(scope_);
    note_activities(scope_);
    add_grouped_stacks();
    const std::size_t grouped = stacks_.size();
    add_arc_stacks(grouped);
    for (auto& stack : stacks_) {
      keep_own_dependencies(stack.content);
      stack.content.tag(tags_of(scope_));
      scope_.assembly.stacks.push_back(std::move(stack));
    }
  }

  /// How many stacks resources, activities and boundaries took.
  std::size_t grouped() const { return grouped_; }

 private:
  template <class Body>
  void each(Body&& body) {
    for (const auto* document : scope_.documents) {
      model::each_component(*document, [&](const auto& component, const auto& place) {
        if (!component.exclude) body(component, place);
      });
    }
  }

  void add_grouped_stacks() {
    using enum model::ComponentKind;
    for (const auto kind : {Resource, Activity, Boundary}) {
      each([&]<class T>(const T& component, const model::ComponentPlace& place) {
        if constexpr (Synthesised<T>) {
          if (place.kind == kind) add_to_group(piece_of(scope_, component, place));
        }
      });
      if (kind == Resource && needs_shared_environment()) {
        add_to_group(shared_compute_environment(scope_));
      }
    }
  }

  bool needs_shared_environment() {
    bool needs = false;
    each([&]<class T>(const T&, const auto&) {
      needs = needs || std::is_same_v<T, model::CoreCommandArc>;
    });
    return needs;
  }

  void add_to_group(Piece&& piece) {
    const bool is_full =
        grouped_ > 0 &&
        (stacks_.back().content.resources().size() + piece.content.resources().size() >
             most_resources ||
         stacks_.back().content.outputs().size() + piece.content.outputs().size() > most_outputs);
    if (grouped_ == 0 || is_full) {
      ++grouped_;
      const std::string description = format(
          "Clusterless: resources, activities and boundaries of {}", scope_.project().to_string());
      std::vector<std::string> before;
      before.reserve(stacks_.size());
      for (const auto& stack : stacks_) before.push_back(stack.name);
      stacks_.push_back({.name = scope_.names.grouped_stack(grouped_),
                         .placement = scope_.names.placement(),
                         .content = Template(description),
                         .depends_on = std::move(before)});
    }
    merge(stacks_.back(), std::move(piece));
  }

  void add_arc_stacks(std::size_t grouped) {
    each([&]<class T>(const T& component, const model::ComponentPlace& place) {
      if constexpr (Synthesised<T>) {
        if (place.kind != model::ComponentKind::Arc) return;
        Stack stack{.name = scope_.names.arc_stack(component.name),
                    .placement = scope_.names.placement(),
                    .content = Template(format("Clusterless: arc {} of {}", component.name,
                                               scope_.project().to_string()))};
        for (std::size_t i = 0; i < grouped; ++i) stack.depends_on.push_back(stacks_[i].name);
        merge(stack, piece_of(scope_, component, place));
        stacks_.push_back(std::move(stack));
      }
    });
  }

  Scope& scope_;
  std::vector<Stack> stacks_;
  std::size_t grouped_ = 0;
};

/// Problems and assets of one try.
struct Try {
  Diagnostics problems;
  Assembly assembly;
  std::size_t grouped = 0;
};

Try synthesise_project(const ProjectKey& key,
                       const std::vector<const model::LoadedDocument*>& documents,
                       const Owners& owners, const SynthesisOptions& options, bool natively,
                       const std::vector<model::LoadedDocument>& run) {
  Try result;
  const model::Options checks{.substrate = model::Substrate::Aws, .strict = false, .version = ""};
  model::Findings findings(checks, result.problems);
  Scope scope{.documents = documents,
              .run = run,
              .names = ProjectNames(key.first, key.second),
              .places = record::Places(key.first),
              .options = options,
              .owners = owners,
              .findings = findings,
              .assembly = result.assembly,
              .notifies_natively = natively};
  ProjectSynthesis project(scope);
  project.check_names();
  if (result.problems.has_errors()) return result;
  project.run();
  result.grouped = project.grouped();
  return result;
}

void check_order(const std::vector<model::LoadedDocument>& documents,
                 const std::vector<std::string>& stuck, Diagnostics& problems) {
  if (stuck.empty()) return;
  problems.add(
      {.file = documents.front().document->file,
       .pointer = "",
       .message = format("none of the stacks {} can be made first: each takes what another "
                         "one of them exports",
                         join(stuck, ", ")),
       .hint = "move what they share into a project of its own"});
}

void add_code(Assembly& assembly, const SynthesisOptions& options) {
  std::set<model::Placement> placements;
  for (const auto& stack : assembly.stacks) placements.insert(stack.placement);
  for (const auto& placement : placements) {
    const PlacementNames names(placement);
    for (const auto& [architecture, hash] : options.code_hashes) {
      const auto file = options.code_files.find(architecture);
      assembly.assets.push_back(
          {.kind = AssetKind::Code,
           .placement = placement,
           .place = format("s3://{}/assets/{}.zip", names.store(record::StoreKind::Metadata), hash),
           .source = file == options.code_files.end() ? "" : file->second,
           .architecture = architecture});
    }
  }
}

void sort_and_unite(Assembly& assembly) {
  std::ranges::sort(assembly.buckets);
  const auto rest = std::ranges::unique(assembly.buckets);
  assembly.buckets.erase(rest.begin(), rest.end());
  const auto key = [](const Asset& asset) { return std::tie(asset.placement, asset.place); };
  std::ranges::sort(assembly.assets, {}, key);
  const auto same = std::ranges::unique(assembly.assets, {}, key);
  assembly.assets.erase(same.begin(), same.end());
}

}  // namespace

std::string component_id(std::string_view kind, std::string_view name) {
  const std::string id = logical_id(camel(name));
  // Letters that a logical id cannot have would make two names one.
  const bool is_plain = std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
           c == '_';
  });
  return std::string(kind) + id + (is_plain ? "" : logical_id(fitted(std::string(name), {64, ""})));
}

Assembly synthesise(const std::vector<model::LoadedDocument>& documents,
                    const SynthesisOptions& options, Diagnostics& problems) {
  const Owners owners = owners_of(documents);
  Projects projects;
  for (const auto& document : documents) {
    projects[{document.model.placement, document.model.project}].push_back(&document);
  }
  Assembly assembly;
  for (const auto& [key, parts] : projects) {
    Try made = synthesise_project(key, parts, owners, options, true, documents);
    // A bucket can tell a queue of another stack of nothing: then all is told by EventBridge.
    if (made.grouped > 1) made = synthesise_project(key, parts, owners, options, false, documents);
    for (const auto& problem : made.problems.all()) problems.add(problem);
    std::ranges::move(made.assembly.stacks, std::back_inserter(assembly.stacks));
    std::ranges::move(made.assembly.assets, std::back_inserter(assembly.assets));
    std::ranges::move(made.assembly.buckets, std::back_inserter(assembly.buckets));
  }
  check_order(documents, put_in_order(assembly.stacks), problems);
  add_code(assembly, options);
  sort_and_unite(assembly);
  return assembly;
}

}  // namespace cls::aws
