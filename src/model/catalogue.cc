// SPDX-License-Identifier: Apache-2.0
#include "model/catalogue.h"

#include "model/activities.h"
#include "model/arcs.h"
#include "model/barriers.h"
#include "model/boundaries.h"
#include "model/component_codec.h"
#include "model/resources.h"

namespace cls::model {

Catalogue::Catalogue() {
  ComponentCodec<Resource>::append_types(types_);
  ComponentCodec<Activity>::append_types(types_);
  ComponentCodec<Boundary>::append_types(types_);
  ComponentCodec<Barrier>::append_types(types_);
  ComponentCodec<Arc>::append_types(types_);
}

const ComponentType* Catalogue::find(std::string_view type) const& {
  for (const auto& entry : types_) {
    if (entry.type == type) return &entry;
  }
  return nullptr;
}

std::vector<std::string> Catalogue::names(ComponentKind kind) const {
  std::vector<std::string> result;
  for (const auto& entry : types_) {
    if (entry.kind == kind) result.emplace_back(entry.type);
  }
  return result;
}

std::string_view list_of(ComponentKind kind) {
  switch (kind) {
    case ComponentKind::Resource:
      return "resources";
    case ComponentKind::Activity:
      return "activities";
    case ComponentKind::Boundary:
      return "boundaries";
    case ComponentKind::Barrier:
      return "barriers";
    case ComponentKind::Arc:
      return "arcs";
  }
  return "?";
}

void report_type(const json::Value& component, const json::Value* type, std::string_view kind,
                 const std::vector<std::string>& known, json::Reader& in) {
  if (type == nullptr) {
    in.problem(component, "missing field 'type'", format("one of: {}", join(known, ", ")));
    return;
  }
  in.inside("type", [&] {
    if (type->kind != json::Kind::String) {
      in.problem(*type, format("the type of a component is a text"),
                 format("one of: {}", join(known, ", ")));
      return;
    }
    const Catalogue catalogue;
    if (const ComponentType* other = catalogue.find(type->text)) {
      in.problem(*type, format("'{}' is no type of a {}", type->text, kind),
                 format("it belongs into '{}'", list_of(other->kind)));
      return;
    }
    const auto near = closest(type->text, known);
    in.problem(
        *type, format("unknown type '{}'", type->text),
        near ? format("did you mean '{}'?", *near) : format("one of: {}", join(known, ", ")));
  });
}

json::Value one_of_types(const std::vector<ComponentType>& types) {
  json::Value alternatives = json::Value::array();
  for (const auto& entry : types) {
    json::Value reference = json::Value::object();
    reference.add("$ref", json::Value::string(format("#/$defs/{}", entry.type)));
    alternatives.items.push_back(std::move(reference));
  }
  json::Value schema = json::Value::object();
  schema.add("oneOf", std::move(alternatives));
  return schema;
}

}  // namespace cls::model
