// SPDX-License-Identifier: Apache-2.0
#include "model/validate.h"

#include <map>
#include <tuple>

#include "base/format.h"
#include "base/text.h"
#include "model/validate_context.h"

namespace cls::model {

bool Place::has_text() const {
  const json::Value* value = document->at(pointer);
  return value != nullptr && (value->kind == json::Kind::String ||
                              value->kind == json::Kind::Number || value->kind == json::Kind::Bool);
}

std::string Place::to_string() const {
  const std::string& file = document->document->file;
  const std::size_t line = document->position(pointer).first;
  // Generated texts have no lines.
  return line == 0 ? format("{}: {}{}", file, document->pointer, pointer)
                   : format("{}:{}", file, line);
}

void Findings::add(Severity severity, const Place& place, std::string message, std::string hint,
                   bool is_refusal) {
  const auto [line, column] = place.document->position(place.pointer);
  Diagnostic found{.severity = severity,
                   .file = place.document->document->file,
                   .line = line,
                   .column = column,
                   .pointer = place.document->pointer + place.pointer,
                   .message = std::move(message),
                   .hint = std::move(hint),
                   .is_refusal = is_refusal};
  if (seen_.insert(found.to_string()).second) problems_->add(std::move(found));
}

void Findings::error(const Place& place, std::string message, std::string hint) {
  add(Severity::Error, place, std::move(message), std::move(hint));
}

void Findings::refusal(const Place& place, std::string message, std::string hint) {
  add(Severity::Error, place, std::move(message), std::move(hint), true);
}

void Findings::warning(const Place& place, std::string message, std::string hint) {
  add(Severity::Warning, place, std::move(message), std::move(hint));
}

void Findings::cannot_run(const Place& place, std::string message) {
  if (options_->strict) {
    error(place, std::move(message), "leave the component out with \"exclude\": true");
  } else {
    warning(place, std::move(message), "deploy, up and run will refuse it");
  }
}

namespace {

void check_key_part(const std::string& text, std::string_view what, const Place& place,
                    Findings& findings) {
  if (text.empty()) {
    if (place.has_text()) findings.error(place, format("the {} is empty", what));
    return;
  }
  for (const char c : text) {
    if (c == '/' || static_cast<unsigned char>(c) < 0x20) {
      findings.error(
          place,
          format("the {} '{}' holds a {}", what, text, c == '/' ? "'/'" : "control character"),
          "it becomes one part of the keys of records");
      return;
    }
  }
}

void check_placement(const LoadedDocument& document, Findings& findings) {
  const Placement& placement = document.model.placement;
  const Place place{&document, "/placement"};
  const Place provider = place.below("provider");
  if (placement.provider.empty()) {
    if (provider.has_text()) findings.error(provider, "the provider is empty", "local or aws");
    return;
  }
  if (placement.provider != "aws" && placement.provider != "local") {
    const auto near = closest(placement.provider, {"aws", "local"});
    findings.error(provider, format("'{}' is no provider", placement.provider),
                   near ? format("did you mean '{}'?", *near) : "local or aws");
    return;
  }
  if (placement.provider == "local" && findings.options().substrate == Substrate::Aws) {
    findings.error(provider, "a project with the provider 'local' cannot be deployed to aws",
                   "write provider aws, with account and region");
  }
  if (placement.provider != "aws") return;
  const auto need_text = [&](std::string_view name, const std::optional<std::string>& text) {
    if (text && !text->empty()) return;
    findings.error(place, format("missing field '{}'", name), "provider aws requires it");
  };
  need_text("account", placement.account);
  need_text("region", placement.region);
}

void check_dataset_id(const DatasetId& id, const Place& place, Findings& findings) {
  check_key_part(id.name, "dataset name", place.below("name"), findings);
  check_key_part(id.version, "dataset version", place.below("version"), findings);
}

void check_names(const LoadedDocument& document, Findings& findings) {
  const Place project{&document, "/project"};
  check_key_part(document.model.project.name, "project name", project.below("name"), findings);
  check_key_part(document.model.project.version, "project version", project.below("version"),
                 findings);
  each_component(document, [&]<class T>(const T& component, const ComponentPlace& place) {
    check_key_part(component.name, "name", place.below("name"), findings);
    if constexpr (requires { component.dataset; }) {
      check_dataset_id({component.dataset.name, component.dataset.version}, place.below("dataset"),
                       findings);
    }
    if constexpr (requires { component.sources; }) {
      for (const auto& [role, source] : component.sources) {
        check_dataset_id(source.id(), place.below("sources").below(role), findings);
      }
    }
    if constexpr (requires { component.source; }) {
      check_dataset_id(component.source.id(), place.below("source"), findings);
    }
    if constexpr (requires { component.sinks; }) {
      for (const auto& [role, sink] : component.sinks) {
        check_dataset_id(sink.id(), place.below("sinks").below(role), findings);
      }
    }
    if (!component.exclude && !place.runs.on(findings.options().substrate)) {
      findings.cannot_run(place.below("type"),
                          format("'{}' cannot run on the {} substrate yet", place.type,
                                 json::name_of(findings.options().substrate)));
    }
  });
}

/// Names are unique per list of a project; resources may share one across types, because references
/// can tell these apart.
void check_duplicates(const Documents& documents, Findings& findings) {
  using Key = std::tuple<ProjectId, Placement, ComponentKind, std::string, std::string>;
  std::map<Key, Place> first;
  for (const auto& document : documents) {
    const ProjectId& project = document.model.project;
    const Placement placement = resolved(document.model.placement);
    each_component(document, [&](const Component& component, const ComponentPlace& place) {
      if (component.name.empty()) return;
      const std::string type(place.kind == ComponentKind::Resource ? place.type : "");
      const auto [seen, fresh] = first.emplace(
          Key{project, placement, place.kind, type, component.name}, place.below("name"));
      if (fresh) return;
      findings.error(
          place.below("name"),
          format("the {} name '{}' is used twice", json::name_of(place.kind), component.name),
          format("the other one is at {}", seen->second.to_string()));
    });
  }
}

}  // namespace

void validate(const Documents& documents, const Options& options, const Deployed& deployed,
              Diagnostics& problems) {
  Findings findings(options, problems);
  for (const auto& document : documents) {
    check_placement(document, findings);
    check_names(document, findings);
    check_components(document, findings);
  }
  check_duplicates(documents, findings);
  check_references(documents, findings);
  check_datasets(documents, deployed, findings);
  check_paths(documents, deployed, findings);
  problems.sort();
}

}  // namespace cls::model
