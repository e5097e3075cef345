// SPDX-License-Identifier: Apache-2.0
// Barriers: lots that wait for other lots.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <variant>

#include "model/component.h"

namespace cls::model {

/// How many of what a barrier waits for must be there: `all`, `any`, or `{"atLeast": n}`.
struct Requirement {
  enum class Mode : std::uint8_t { All, Any, AtLeast };
  Mode mode = Mode::All;
  unsigned count = 0;  ///< for AtLeast
};

struct CoreJoinBarrier : Component {
  static constexpr std::string_view type = "core:joinBarrier";
  static constexpr std::string_view doc = "Publishes a lot when its sources have published it.";
  static constexpr RunsOn runs{};

  json::Ordered<SourceDataset> sources;
  SinkDataset dataset;
  Requirement require;
  std::optional<std::string> deadline;

  static constexpr auto fields = std::tuple_cat(
      Component::fields,
      std::tuple{json::required("sources", &CoreJoinBarrier::sources, "role to dataset"),
                 json::required("dataset", &CoreJoinBarrier::dataset, "what it publishes"),
                 json::optional("require", &CoreJoinBarrier::require, "how many sources"),
                 json::optional("deadline", &CoreJoinBarrier::deadline,
                                "after the lot's end, ISO 8601, as PT2H")});
};

struct CoreRollupBarrier : Component {
  static constexpr std::string_view type = "core:rollupBarrier";
  static constexpr std::string_view doc = "Publishes a lot made of many lots of a finer unit.";
  static constexpr RunsOn runs{};

  SourceDataset source;
  SinkDataset dataset;
  std::optional<UnitText> lotUnit;
  std::optional<unsigned> window;
  Requirement require;

  static constexpr auto fields = std::tuple_cat(
      Component::fields,
      std::tuple{
          json::required("source", &CoreRollupBarrier::source, "whose lots"),
          json::required("dataset", &CoreRollupBarrier::dataset, "what it publishes"),
          json::optional("lotUnit", &CoreRollupBarrier::lotUnit, "the coarser unit; or window"),
          json::ranged("window", &CoreRollupBarrier::window, "a number of lots; or lotUnit", 1,
                       100000),
          json::optional("require", &CoreRollupBarrier::require, "how many of the lots")});
};

using Barrier = std::variant<Undecoded, CoreJoinBarrier, CoreRollupBarrier>;
extern template struct ComponentCodec<Barrier>;

}  // namespace cls::model

namespace cls::json {
template <>
struct Codec<model::Requirement> {
  static void decode(const Value& value, model::Requirement& out, Reader& in);
  static Value encode(const model::Requirement& requirement);
  static Value schema();
};
template <>
struct Codec<model::Barrier> : model::ComponentCodec<model::Barrier> {};
}  // namespace cls::json
