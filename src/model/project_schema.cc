// SPDX-License-Identifier: Apache-2.0
// The JSON Schema of project files, and of their parts.
#include <algorithm>

#include "base/format.h"
#include "model/catalogue.h"
#include "model/deployable.h"
#include "model/field_rows.h"

namespace cls::model {

namespace {

/// The part of an arc that is the same whatever it runs.
struct AnyArc : ArcBase {
  static constexpr auto fields = std::tuple_cat(head_fields, own_fields);
};

json::Value reference(std::string_view name) {
  json::Value value = json::Value::object();
  value.add("$ref", json::Value::string(format("#/$defs/{}", name)));
  return value;
}

/// The name of a shared object in `$defs`.
std::string key_of(const SharedObject& object) {
  std::string key = object.name;
  std::ranges::replace(key, ' ', '-');
  return key;
}

/// Puts references where objects that several types hold are written out; descriptions and defaults
/// stay where they are held.
void share(json::Value& schema) {
  const json::Value* properties = schema.find("properties");
  const auto& shared = shared_objects();
  const auto same = std::ranges::find_if(shared, [&](const SharedObject& object) {
    return properties != nullptr && *object.schema.find("properties") == *properties;
  });
  if (same != shared.end()) {
    std::erase_if(schema.members, [](const json::Member& member) {
      return member.key != "description" && member.key != "default";
    });
    schema.members.insert(schema.members.begin(),
                          {"$ref", json::Value::string("#/$defs/" + key_of(*same)), 0});
    return;
  }
  for (auto& member : schema.members) share(member.value);
  for (auto& item : schema.items) share(item);
}

}  // namespace

json::Value component_schema(const ComponentType& type) {
  json::Value schema = type.schema();
  for (auto& member : schema.members) {
    if (member.key != "properties") continue;
    for (auto& property : member.value.members) {
      if (property.key != "type") continue;
      property.value = json::Value::object();
      property.value.add("const", json::Value::string(std::string(type.type)));
    }
  }
  schema.add("description", json::Value::string(std::string(type.doc)));
  return schema;
}

const std::vector<ModelType>& model_types() {
  static const std::vector<ModelType> types{
      {"Deployable", "The root of a project file.", json::schema<Deployable>},
      {"Project", "Which project it is.", json::schema<Project>},
      {"Placement", "Where a project is deployed.", json::schema<DeclaredPlacement>},
      {"Arc", "What all arcs have, whatever their workload.", json::schema<AnyArc>},
      {"SourceDataset", "A dataset that an arc or a barrier reads.", json::schema<SourceDataset>},
      {"SinkDataset", "A dataset that a boundary, a barrier or an arc owns and writes.",
       json::schema<SinkDataset>},
      {"PathFilter", "Which objects belong, by Ant patterns.", json::schema<PathFilter>},
      {"LambdaProps", "How a function runs.", json::schema<LambdaProps>},
      {"BatchProps", "How a batch job runs.", json::schema<BatchProps>},
  };
  return types;
}

json::Value project_schema() {
  json::Value types = json::Value::object();
  const Catalogue catalogue;
  for (const auto& entry : catalogue.types()) {
    types.add(std::string(entry.type), component_schema(entry));
  }
  types.add("project", json::schema<Deployable>());
  json::Value several = json::array_schema(reference("project"));
  several.add("minItems", json::Value::number(1));
  share(types);
  for (const auto& object : shared_objects()) types.add(key_of(object), object.schema);
  json::Value root = json::Value::object();
  root.add("$schema", json::Value::string("https://json-schema.org/draft/2020-12/schema"));
  root.add("title", json::Value::string("Clusterless project file"));
  root.add("$comment", json::Value::string("Project files may hold // and # comments; tell your "
                                           "editor to read them as JSON with comments."));
  root.add("anyOf", json::Value::array({reference("project"), std::move(several)}));
  root.add("$defs", std::move(types));
  return root;
}

}  // namespace cls::model
