// SPDX-License-Identifier: Apache-2.0
// The definition of ComponentCodec; included only where a kind is instantiated.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/format.h"
#include "base/text.h"
#include "model/catalogue.h"
#include "model/component.h"

namespace cls::model {

/// Reports a missing or unknown type; `known` are the types of this list.
void report_type(const json::Value& component, const json::Value* type, std::string_view kind,
                 const std::vector<std::string>& known, json::Reader& in);

/// `{"$ref": "#/$defs/TYPE"}` for each type of a kind, by `oneOf`.
json::Value one_of_types(const std::vector<ComponentType>& types);

/// Which kind a variant of components is.
template <class Variant>
extern const ComponentKind kind_of_variant;

template <class Variant, class Body>
void each_alternative(Body&& body) {
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (body(std::type_identity<std::variant_alternative_t<I + 1, Variant>>{}), ...);
  }(std::make_index_sequence<std::variant_size_v<Variant> - 1>{});
}

template <class Variant>
void ComponentCodec<Variant>::decode(const json::Value& value, Variant& out, json::Reader& in) {
  if (!json::expect_kind(value, json::Kind::Object, in)) return;
  const json::Value* type = value.find("type");
  bool known = false;
  std::vector<std::string> names;
  each_alternative<Variant>([&]<class T>(std::type_identity<T>) {
    names.emplace_back(T::type);
    if (type == nullptr || type->kind != json::Kind::String || type->text != T::type) return;
    known = true;
    json::decode(value, out.template emplace<T>(), in);
  });
  if (!known) {
    report_type(value, type, json::name_of(kind_of_variant<Variant>), names, in);
  }
}

template <class Variant>
json::Value ComponentCodec<Variant>::encode(const Variant& component) {
  return std::visit(
      []<class T>(const T& alternative) {
        if constexpr (std::is_same_v<T, Undecoded>) {
          return json::Value{};
        } else {
          json::Value object = json::encode(alternative);
          object.members.front().value = json::Value::string(std::string(T::type));
          return object;
        }
      },
      component);
}

template <class Variant>
json::Value ComponentCodec<Variant>::schema() {
  std::vector<ComponentType> types;
  append_types(types);
  return one_of_types(types);
}

template <class Variant>
void ComponentCodec<Variant>::append_types(std::vector<ComponentType>& types) {
  each_alternative<Variant>([&]<class T>(std::type_identity<T>) {
    types.push_back({.type = T::type,
                     .kind = kind_of_variant<Variant>,
                     .doc = T::doc,
                     .runs = T::runs,
                     .schema = [] { return json::schema<T>(); }});
  });
}

}  // namespace cls::model
