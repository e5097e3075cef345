// SPDX-License-Identifier: Apache-2.0
#include "model/component.h"

#include "base/format.h"

namespace cls::json {

void Codec<model::UnitText>::decode(const Value& value, model::UnitText& out, Reader& in) {
  std::string text;
  const std::size_t before = in.problems().all().size();
  json::decode(value, text, in);
  if (in.problems().all().size() != before) return;
  auto unit = lot::LotUnit::parse(text);
  if (!unit) {
    in.problem(value, unit.error().message);
    return;
  }
  out.text = std::move(text);
  out.unit = *unit;
}

Value Codec<model::UnitText>::schema() {
  Value schema = json::schema<std::string>();
  schema.add("format", Value::string("lot unit"));
  return schema;
}

void Codec<model::EnvironmentValue>::decode(const Value& value, model::EnvironmentValue& out,
                                            Reader& in) {
  using From = model::EnvironmentValue::From;
  if (value.kind != Kind::Object) {
    out.from = From::Text;
    json::decode(value, out.text, in);
    return;
  }
  const Value* variable = value.find("fromEnv");
  const Value* file = value.find("fromFile");
  if (value.members.size() != 1 || (variable == nullptr && file == nullptr)) {
    in.problem(value, "this object is no value of an environment variable",
               R"(a text, {"fromEnv": "NAME"} or {"fromFile": "PATH"})");
    return;
  }
  out.from = variable != nullptr ? From::Environment : From::File;
  in.inside(value.members.front().key,
            [&] { json::decode(variable != nullptr ? *variable : *file, out.text, in); });
}

Value Codec<model::EnvironmentValue>::encode(const model::EnvironmentValue& value) {
  using From = model::EnvironmentValue::From;
  if (value.from == From::Text) return Value::string(value.text);
  Value object = Value::object();
  object.add(value.from == From::Environment ? "fromEnv" : "fromFile", Value::string(value.text));
  return object;
}

Value Codec<model::EnvironmentValue>::schema() {
  const auto one = [](std::string key) {
    Value properties = Value::object();
    properties.add(key, json::schema<std::string>());
    Value object = Value::object();
    object.add("type", Value::string("object"));
    object.add("properties", std::move(properties));
    object.add("required", Value::array({Value::string(std::move(key))}));
    object.add("additionalProperties", Value::boolean_value(false));
    return object;
  };
  Value either = Value::object();
  either.add("anyOf", Value::array({json::schema<std::string>(), one("fromEnv"), one("fromFile")}));
  return either;
}

}  // namespace cls::json
