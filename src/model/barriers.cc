// SPDX-License-Identifier: Apache-2.0
#include "model/barriers.h"

#include "model/component_codec.h"

namespace cls::model {

template <>
const ComponentKind kind_of_variant<Barrier> = ComponentKind::Barrier;
template struct ComponentCodec<Barrier>;

}  // namespace cls::model

namespace cls::json {

using model::Requirement;

void Codec<Requirement>::decode(const Value& value, Requirement& out, Reader& in) {
  if (value.kind == Kind::String && (value.text == "all" || value.text == "any")) {
    out.mode = value.text == "all" ? Requirement::Mode::All : Requirement::Mode::Any;
    return;
  }
  const Value* count = value.find("atLeast");
  if (count == nullptr || value.members.size() != 1) {
    in.problem(value, "this is no requirement", R"("all", "any" or {"atLeast": 2})");
    return;
  }
  in.inside("atLeast", [&] {
    if (!check_range(*count, 1, 100000, in)) return;
    out.mode = Requirement::Mode::AtLeast;
    json::decode(*count, out.count, in);
  });
}

Value Codec<Requirement>::encode(const Requirement& requirement) {
  if (requirement.mode == Requirement::Mode::All) return Value::string("all");
  if (requirement.mode == Requirement::Mode::Any) return Value::string("any");
  Value object = Value::object();
  object.add("atLeast", Value::number(requirement.count));
  return object;
}

Value Codec<Requirement>::schema() {
  Value count = integer_schema();
  count.add("minimum", Value::number(1));
  Value properties = Value::object();
  properties.add("atLeast", std::move(count));
  Value object = Value::object();
  object.add("type", Value::string("object"));
  object.add("properties", std::move(properties));
  object.add("required", Value::array({Value::string("atLeast")}));
  object.add("additionalProperties", Value::boolean_value(false));
  Value either = Value::object();
  either.add("anyOf", Value::array({enum_schema({"all", "any"}), std::move(object)}));
  return either;
}

}  // namespace cls::json
