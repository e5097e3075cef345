// SPDX-License-Identifier: Apache-2.0
// One `fields` list per struct drives the strict reader, the writer, JSON Schema and the help.
//
//   struct Bucket {
//     std::string name;
//     bool versioned = false;
//     static constexpr auto fields = std::tuple{
//         json::required("name", &Bucket::name, "unique name"),
//         json::optional("versioned", &Bucket::versioned, "keep versions")};
//   };
//
// A field's default is its member initialiser. A struct with a member `json::Extras extras` keeps
// `$schema` and `x-…` members; in others they are accepted and dropped. A struct may name members
// that have no effect (`static constexpr std::array ignored{…}`: a warning) and say more about some
// that do not exist (`static constexpr std::array unknown_hints{std::pair{name, hint}}`). A type
// with rules of its own specialises json::Codec.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/diagnostics.h"
#include "json/names.h"
#include "json/value.h"

namespace cls::json {

/// `$schema` and `x-…` members, carried along untouched.
using Extras = std::vector<Member>;

/// A JSON object whose member order matters.
template <class T>
using Ordered = std::vector<std::pair<std::string, T>>;

/// What a reader does with a member it does not know.
enum class Unknown : std::uint8_t { Error, Ignore };

/// Where a decode stands, and where its problems go.
class Reader {
 public:
  Reader(const Document& document, Diagnostics& problems, Unknown unknown)
      : document_(&document), problems_(&problems), unknown_(unknown) {}

  /// Reports a problem at `value`, at the present pointer.
  void problem(const Value& value, std::string message, std::string hint = "",
               Severity severity = Severity::Error) const;
  void problem_at(std::size_t offset, const std::string& pointer, std::string message,
                  std::string hint = "", Severity severity = Severity::Error) const;

  /// Runs `body` with the pointer one segment deeper.
  template <class Body>
  void inside(std::string_view segment, Body&& body) {
    const std::size_t length = pointer_.size();
    pointer_ += '/';
    pointer_ += pointer_segment(segment);
    std::forward<Body>(body)();
    pointer_.resize(length);
  }

  const std::string& pointer() const { return pointer_; }
  Unknown unknown() const { return unknown_; }
  const Document& document() const { return *document_; }
  Diagnostics& problems() const { return *problems_; }

  /// Reports a member that no field names; `known` feeds the did-you-mean unless a hint is given.
  void unknown_member(const Member& member, const std::vector<std::string>& known,
                      std::string_view hint = "");
  /// Warns of a member that is allowed but does nothing.
  void ignored_member(const Member& member);
  void missing(const Value& object, std::string_view name) const;

 private:
  const Document* document_;
  Diagnostics* problems_;
  Unknown unknown_;
  std::string pointer_;
};

/// True for members allowed everywhere: `$schema` and `x-…`.
bool is_extra(std::string_view key);

template <class Owner, class T>
struct Field {
  std::string_view name;
  T Owner::* member;
  std::string_view doc;
  bool is_required;
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  bool is_extension = false;  ///< left out of the text while it has its default

  constexpr bool has_range() const {
    return least != std::numeric_limits<std::int64_t>::min() ||
           most != std::numeric_limits<std::int64_t>::max();
  }
};

template <class O, class T>
constexpr Field<O, T> required(std::string_view name, T O::* member, std::string_view doc) {
  return {name, member, doc, true};
}
template <class O, class T>
constexpr Field<O, T> optional(std::string_view name, T O::* member, std::string_view doc) {
  return {name, member, doc, false};
}
/// An optional number within [least, most].
template <class O, class T>
constexpr Field<O, T> ranged(std::string_view name, T O::* member, std::string_view doc,
                             std::int64_t least, std::int64_t most) {
  return {name, member, doc, false, least, most};
}
/// An optional field that a writer leaves out while it has its default, so that texts stay those of
/// a format that does not know it.
template <class O, class T>
constexpr Field<O, T> extension(std::string_view name, T O::* member, std::string_view doc,
                                std::int64_t least = std::numeric_limits<std::int64_t>::min(),
                                std::int64_t most = std::numeric_limits<std::int64_t>::max()) {
  return {name, member, doc, false, least, most, true};
}

template <class T>
concept Record = requires { T::fields; };

/// Decoding, encoding and schema of one type.
template <class T>
struct Codec;

template <class T>
void decode(const Value& value, T& out, Reader& in) {
  Codec<T>::decode(value, out, in);
}
template <class T>
Value encode(const T& value) {
  return Codec<T>::encode(value);
}
/// The JSON Schema (2020-12) of a type.
template <class T>
Value schema() {
  return Codec<T>::schema();
}

template <>
struct Codec<std::string> {
  /// Numbers and booleans are accepted as their text, as the reference does ("version": 20230101).
  static void decode(const Value& value, std::string& out, Reader& in);
  static Value encode(const std::string& value) { return Value::string(value); }
  static Value schema();
};

template <>
struct Codec<bool> {
  static void decode(const Value& value, bool& out, Reader& in);
  static Value encode(bool value) { return Value::boolean_value(value); }
  static Value schema();
};

template <>
struct Codec<double> {
  static void decode(const Value& value, double& out, Reader& in);
  static Value encode(double value);
  static Value schema();
};

/// The integer written, or nullopt (a problem is reported) where it is none.
std::optional<std::int64_t> decode_integer(const Value& value, std::int64_t least,
                                           std::int64_t most, Reader& in);
Value integer_schema();

template <std::integral I>
struct Codec<I> {
  static void decode(const Value& value, I& out, Reader& in) {
    constexpr auto least =
        std::is_signed_v<I> ? static_cast<std::int64_t>(std::numeric_limits<I>::min()) : 0;
    constexpr auto most = sizeof(I) >= 8 ? std::numeric_limits<std::int64_t>::max()
                                         : static_cast<std::int64_t>(std::numeric_limits<I>::max());
    if (const auto number = decode_integer(value, least, most, in)) out = static_cast<I>(*number);
  }
  static Value encode(I value) { return Value::number(static_cast<std::int64_t>(value)); }
  static Value schema() { return integer_schema(); }
};

/// Any JSON, kept as it is.
template <>
struct Codec<Value> {
  static void decode(const Value& value, Value& out, Reader&) { out = value; }
  static Value encode(const Value& value) { return value; }
  static Value schema() { return Value::boolean_value(true); }
};

void report_enum(const Value& value, const std::vector<std::string>& names, Reader& in);
Value enum_schema(const std::vector<std::string>& names);

template <NamedEnum E>
struct Codec<E> {
  static void decode(const Value& value, E& out, Reader& in) {
    const auto known = value.kind == Kind::String ? from_name<E>(value.text) : std::nullopt;
    if (known) {
      out = *known;
    } else {
      report_enum(value, all_names<E>(), in);
    }
  }
  static Value encode(E value) { return Value::string(std::string(name_of(value))); }
  static Value schema() { return enum_schema(all_names<E>()); }
};

/// null and absent are the same: no value.
template <class T>
struct Codec<std::optional<T>> {
  static void decode(const Value& value, std::optional<T>& out, Reader& in) {
    if (value.kind == Kind::Null) {
      out.reset();
    } else {
      json::decode(value, out.emplace(), in);
    }
  }
  static Value encode(const std::optional<T>& value) {
    return value ? json::encode(*value) : Value{};
  }
  static Value schema() {
    Value either = Value::object();
    Value null = Value::object();
    null.add("type", Value::string("null"));
    either.add("anyOf", Value::array({json::schema<T>(), std::move(null)}));
    return either;
  }
};

bool expect_kind(const Value& value, Kind kind, Reader& in);
Value array_schema(Value items);
Value map_schema(Value values);

template <class T>
struct Codec<std::vector<T>> {
  static void decode(const Value& value, std::vector<T>& out, Reader& in) {
    if (!expect_kind(value, Kind::Array, in)) return;
    out.clear();
    out.reserve(value.items.size());
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      in.inside(std::to_string(i), [&] { json::decode(value.items[i], out.emplace_back(), in); });
    }
  }
  static Value encode(const std::vector<T>& values) {
    Value array = Value::array();
    array.items.reserve(values.size());
    for (const auto& value : values) array.items.push_back(json::encode(value));
    return array;
  }
  static Value schema() { return array_schema(json::schema<T>()); }
};

template <class T>
struct Codec<std::map<std::string, T>> {
  static void decode(const Value& value, std::map<std::string, T>& out, Reader& in) {
    if (!expect_kind(value, Kind::Object, in)) return;
    out.clear();
    for (const auto& member : value.members) {
      in.inside(member.key, [&] { json::decode(member.value, out[member.key], in); });
    }
  }
  static Value encode(const std::map<std::string, T>& values) {
    Value object = Value::object();
    for (const auto& [key, value] : values) object.add(key, json::encode(value));
    return object;
  }
  static Value schema() { return map_schema(json::schema<T>()); }
};

/// Ordered<T>: as a map, in the order written.
template <class T>
struct Codec<std::vector<std::pair<std::string, T>>> {
  static void decode(const Value& value, Ordered<T>& out, Reader& in) {
    if (!expect_kind(value, Kind::Object, in)) return;
    out.clear();
    for (const auto& member : value.members) {
      auto& added = out.emplace_back(member.key, T{});
      in.inside(member.key, [&] { json::decode(member.value, added.second, in); });
    }
  }
  static Value encode(const Ordered<T>& values) {
    Value object = Value::object();
    for (const auto& [key, value] : values) object.add(key, json::encode(value));
    return object;
  }
  static Value schema() { return map_schema(json::schema<T>()); }
};

/// False (a problem is reported) for a number outside [least, most]; other kinds pass.
bool check_range(const Value& value, std::int64_t least, std::int64_t most, Reader& in);
/// Adds a member that is accepted and does nothing: `deprecated` in the schema.
void add_ignored_property(Value& properties, std::string_view name);
/// Adds the doc, the range and the default (unless null) to a field's schema.
void describe_property(Value& property, std::string_view doc, std::int64_t least, std::int64_t most,
                       const Value* initial);

template <Record T>
struct Codec<T> {
  static void decode(const Value& value, T& out, Reader& in) {
    if (!expect_kind(value, Kind::Object, in)) return;
    for (const auto& member : value.members) decode_member(member, out, in);
    std::apply(
        [&](const auto&... field) {
          (void(field.is_required && value.find(field.name) == nullptr
                    ? in.missing(value, field.name)
                    : void()),
           ...);
        },
        T::fields);
  }

  static Value encode(const T& record) {
    Value object = Value::object();
    std::apply([&](const auto&... field) { (add_encoded(field, record, object), ...); }, T::fields);
    if constexpr (requires { record.extras; }) {
      for (const auto& extra : record.extras) object.members.push_back(extra);
    }
    return object;
  }

  static Value schema() {
    Value properties = Value::object();
    Value needed = Value::array();
    const T initial{};
    std::apply(
        [&](const auto&... field) { (add_property(field, initial, properties, needed), ...); },
        T::fields);
    if constexpr (requires { T::ignored; }) {
      for (const std::string_view name : T::ignored) add_ignored_property(properties, name);
    }
    Value object = Value::object();
    object.add("type", Value::string("object"));
    object.add("properties", std::move(properties));
    object.add("required", std::move(needed));
    Value any = Value::object();
    any.add("^x-|^\\$schema$", Value::boolean_value(true));
    object.add("patternProperties", std::move(any));
    object.add("additionalProperties", Value::boolean_value(false));
    return object;
  }

  /// The names of all fields, in order.
  static std::vector<std::string> names() {
    std::vector<std::string> result;
    std::apply([&](const auto&... field) { (result.emplace_back(field.name), ...); }, T::fields);
    return result;
  }

 private:
  static void decode_member(const Member& member, T& out, Reader& in) {
    const auto take = [&](const auto& field) {
      if (field.name != member.key) return false;
      in.inside(member.key, [&] {
        if (field.has_range() && !check_range(member.value, field.least, field.most, in)) return;
        json::decode(member.value, out.*(field.member), in);
      });
      return true;
    };
    if (std::apply([&](const auto&... field) { return (take(field) || ...); }, T::fields)) return;
    if (is_extra(member.key)) {
      if constexpr (requires { out.extras; }) out.extras.push_back(member);
      return;
    }
    if (in.unknown() == Unknown::Error) report_unknown(member, in);
  }

  static void report_unknown(const Member& member, Reader& in) {
    if constexpr (requires { T::ignored; }) {
      for (const std::string_view name : T::ignored) {
        if (name == member.key) return in.ignored_member(member);
      }
    }
    std::string_view hint;
    if constexpr (requires { T::unknown_hints; }) {
      for (const auto& [name, text] : T::unknown_hints) {
        if (name == member.key) hint = text;
      }
    }
    in.unknown_member(member, names(), hint);
  }

  template <class F>
  static void add_encoded(const F& field, const T& record, Value& object) {
    Value value = json::encode(record.*(field.member));
    if (field.is_extension && value == json::encode(T{}.*(field.member))) return;
    object.add(std::string(field.name), std::move(value));
  }

  template <class F>
  static void add_property(const F& field, const T& initial, Value& properties, Value& needed) {
    using Type = std::remove_cvref_t<decltype(initial.*(field.member))>;
    Value property = json::schema<Type>();
    const Value value = json::encode(initial.*(field.member));
    describe_property(property, field.doc, field.least, field.most,
                      field.is_required ? nullptr : &value);
    properties.add(std::string(field.name), std::move(property));
    if (field.is_required) needed.items.push_back(Value::string(std::string(field.name)));
  }
};

/// Reads a stored record: unknown members are ignored; the first problem is the failure.
template <class T>
Result<T> read_record(std::string_view text) {
  auto root = parse_record(text);
  if (!root) return pass(std::move(root));
  const Document document{"record", {}, {}};
  Diagnostics problems;
  Reader in(document, problems, Unknown::Ignore);
  T out{};
  decode(*root, out, in);
  if (!problems.has_errors()) return out;
  const Diagnostic& first = problems.all().front();
  return fail(FailureCode::Invalid, first.pointer + ": " + first.message);
}

/// The compact text of a record, fields in the order of its list.
template <class T>
std::string write_record(const T& record) {
  return to_text(encode(record));
}

}  // namespace cls::json
