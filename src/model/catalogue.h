// SPDX-License-Identifier: Apache-2.0
// The catalogue: every component type there is, each once: the alternatives of Resource, Activity,
// Boundary, Barrier and Arc. Help, JSON Schema and docs/formats/project.md come from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/component.h"

namespace cls::model {

/// One component type.
struct ComponentType {
  std::string_view type;
  ComponentKind kind = ComponentKind::Resource;
  std::string_view doc;
  RunsOn runs;
  json::Value (*schema)() = nullptr;  ///< of its object in a project file
};

/// An immutable list, in the order of the kinds and, within a kind, of the alternatives. What it
/// hands out lives as long as it does.
class Catalogue {
 public:
  Catalogue();
  const std::vector<ComponentType>& types() const& { return types_; }
  const std::vector<ComponentType>& types() && = delete;
  /// Null for a type that does not exist.
  const ComponentType* find(std::string_view type) const&;
  const ComponentType* find(std::string_view type) && = delete;
  /// The names of the types of a kind.
  std::vector<std::string> names(ComponentKind kind) const;

 private:
  std::vector<ComponentType> types_;
};

/// The JSON Schema of a component in a project file: its fields, and its own type.
json::Value component_schema(const ComponentType& type);

/// A part of a project file that is no component of its own; `cls show model`.
struct ModelType {
  std::string_view name;
  std::string_view doc;
  json::Value (*schema)() = nullptr;
};

/// From the root of a project file down to what components hold.
const std::vector<ModelType>& model_types();

/// Where a type runs, as a sentence.
std::string_view to_text(const RunsOn& runs);

/// Which members a template has.
enum class TemplateFields : std::uint8_t { All, Required };

/// An object to start from, made from a schema: defaults, the first word of a closed set, and what
/// a field is in angle brackets where only the user knows. It reads without an error.
json::Value template_of(const json::Value& schema, TemplateFields fields);

/// The JSON Schema (2020-12) of a project file: one deployable, or an array of them.
json::Value project_schema();

/// docs/formats/project.md.
std::string catalogue_markdown();

/// The list of a project file that holds components of a kind: "resources" and so on.
std::string_view list_of(ComponentKind kind);

}  // namespace cls::model
