// SPDX-License-Identifier: Apache-2.0
// What all components of a project file share: the base, where a type runs, and the small values
// that several types hold. Members are named as in the file. Types: resources.h, activities.h,
// boundaries.h, barriers.h, arcs.h.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "json/fields.h"
#include "lot/lot_unit.h"
#include "model/plan.h"
#include "model/types.h"

namespace cls::model {

/// Where a project is deployed to.
enum class Substrate : std::uint8_t { Local, Aws };

/// The lists of a project file.
enum class ComponentKind : std::uint8_t { Resource, Activity, Boundary, Barrier, Arc };

/// What knows a component type: the engine of one machine, the synthesis for AWS.
struct RunsOn {
  bool local = false;
  bool aws = false;

  constexpr bool on(Substrate substrate) const {
    return substrate == Substrate::Local ? local : aws;
  }
};

/// The head of every component.
struct Component {
  std::string declared_type;
  std::string name;
  bool exclude = false;
  json::Extras extras;

  static constexpr auto fields = std::tuple{
      json::required("type", &Component::declared_type, "the component type"),
      json::required("name", &Component::name, "unique among the components of its list"),
      json::optional("exclude", &Component::exclude, "leave it out; it claims no dataset")};
};

/// Stands in a list for a component that could not be read; the problem is reported.
struct Undecoded {};

/// A lot unit with the text it was written as, so that a writer gives that text back.
struct UnitText {
  std::string text;
  lot::LotUnit unit;

  bool operator==(const UnitText&) const = default;
};

enum class Architecture : std::uint8_t { Arm64, X86_64 };  // NOLINT(readability-identifier-naming)

/// How a Lambda function runs. A partial object keeps the defaults of the component that holds it.
struct LambdaProps {
  unsigned memorySizeMB = 512;
  unsigned retryAttempts = 0;
  unsigned timeoutMin = 5;
  Architecture architecture = Architecture::Arm64;
  json::Extras extras{};

  static constexpr auto fields = std::tuple{
      json::ranged("memorySizeMB", &LambdaProps::memorySizeMB, "memory", 128, 10240),
      json::ranged("retryAttempts", &LambdaProps::retryAttempts, "retries of the event target", 0,
                   185),
      json::ranged("timeoutMin", &LambdaProps::timeoutMin, "time limit in minutes", 1, 15),
      json::optional("architecture", &LambdaProps::architecture, "processor")};
};

/// How a batch job runs.
struct BatchProps {
  unsigned memorySizeMB = 1024;
  unsigned retryAttempts = 0;
  unsigned timeoutMin = 60;
  Architecture architecture = Architecture::X86_64;
  json::Extras extras;

  static constexpr auto fields = std::tuple{
      json::ranged("memorySizeMB", &BatchProps::memorySizeMB, "memory", 1, 122880),
      json::ranged("retryAttempts", &BatchProps::retryAttempts, "retries of the job", 0, 10),
      json::ranged("timeoutMin", &BatchProps::timeoutMin, "time limit in minutes", 1, 20160),
      json::optional("architecture", &BatchProps::architecture, "processor")};
};

/// The environment map of a workload.
using Environment = std::map<std::string, EnvironmentValue>;

/// Reads, writes and lists the alternatives of one kind of component. Variant is
/// `std::variant<Undecoded, …>`; defined in component_codec.h, instantiated once per kind.
struct ComponentType;
template <class Variant>
struct ComponentCodec {
  static void decode(const json::Value& value, Variant& out, json::Reader& in);
  static json::Value encode(const Variant& component);
  static json::Value schema();
  static void append_types(std::vector<ComponentType>& types);
};

}  // namespace cls::model

namespace cls::json {

template <>
inline constexpr auto names_of<model::Substrate> = Names<model::Substrate, 2>{
    {{model::Substrate::Local, "local"}, {model::Substrate::Aws, "aws"}}};
template <>
inline constexpr auto names_of<model::ComponentKind> =
    Names<model::ComponentKind, 5>{{{model::ComponentKind::Resource, "resource"},
                                    {model::ComponentKind::Activity, "activity"},
                                    {model::ComponentKind::Boundary, "boundary"},
                                    {model::ComponentKind::Barrier, "barrier"},
                                    {model::ComponentKind::Arc, "arc"}}};
template <>
inline constexpr auto names_of<model::Architecture> = Names<model::Architecture, 2>{
    {{model::Architecture::Arm64, "ARM_64"}, {model::Architecture::X86_64, "X86_64"}}};

template <>
struct Codec<model::UnitText> {
  static void decode(const Value& value, model::UnitText& out, Reader& in);
  static Value encode(const model::UnitText& unit) { return Value::string(unit.text); }
  static Value schema();
};

/// A text, or `{"fromEnv": "NAME"}`, or `{"fromFile": "PATH"}`.
template <>
struct Codec<model::EnvironmentValue> {
  static void decode(const Value& value, model::EnvironmentValue& out, Reader& in);
  static Value encode(const model::EnvironmentValue& value);
  static Value schema();
};

}  // namespace cls::json
