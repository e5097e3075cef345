// SPDX-License-Identifier: Apache-2.0
#include "model/deployable.h"

#include "model/catalogue.h"

namespace cls::model {

Placement resolved(const Placement& placement) {
  Placement result = placement;
  if (result.provider == "local") {
    if (!result.account) result.account = "local";
    if (!result.region) result.region = "home";
  }
  return result;
}

void decode_deployable(const json::Value& value, Deployable& out, json::Reader& in) {
  json::decode(value, out, in);
}

json::Value to_json(const Deployable& deployable) {
  return json::encode(deployable);
}

json::Value to_json(const Arc& arc) {
  return json::encode(arc);
}

json::Value project_schema() {
  json::Value types = json::Value::object();
  const Catalogue catalogue;
  for (const auto& entry : catalogue.types()) {
    json::Value schema = entry.schema();
    json::Value constant = json::Value::object();
    constant.add("const", json::Value::string(std::string(entry.type)));
    for (auto& member : schema.members) {
      if (member.key == "properties") member.value.members.front().value = constant;
    }
    schema.add("description", json::Value::string(std::string(entry.doc)));
    types.add(std::string(entry.type), std::move(schema));
  }
  types.add("project file", json::schema<Deployable>());
  const auto reference = [] {
    json::Value value = json::Value::object();
    value.add("$ref", json::Value::string("#/$defs/project%20file"));
    return value;
  };
  json::Value root = json::Value::object();
  root.add("$schema", json::Value::string("https://json-schema.org/draft/2020-12/schema"));
  root.add("title", json::Value::string("Clusterless project file"));
  root.add("anyOf", json::Value::array({reference(), json::array_schema(reference())}));
  root.add("$defs", std::move(types));
  return root;
}

}  // namespace cls::model
