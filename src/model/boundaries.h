// SPDX-License-Identifier: Apache-2.0
// Boundaries: where lots begin.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <tuple>
#include <variant>

#include "model/component.h"

namespace cls::model {

/// As written; the plan knows no veryFrequent, because nothing runs it.
enum class DeclaredArrival : std::uint8_t { infrequent, frequent, veryFrequent };
enum class CatchUp : std::uint8_t { all, latest, none };

/// What both put listeners share.
struct PutListener : Component {
  SinkDataset dataset;
  UnitText lotUnit;
  DeclaredArrival eventArrival = DeclaredArrival::infrequent;
  LambdaProps runtimeProps{.memorySizeMB = 1024, .retryAttempts = 3, .timeoutMin = 15};
  PathFilter filter;
  std::optional<LotSource> lotSource;
  std::optional<std::string> keyRegex;
  std::optional<unsigned> settleSec;
  unsigned quietSec = 2;
  Lateness lateness = Lateness::nextLot;
  unsigned maxAheadLots = 1;
  Overwrites overwrites = Overwrites::accept;
  std::optional<EmptyLots> emptyLots;
  unsigned pollSec = 30;
  Labels labels;

  bool is_frequent() const { return eventArrival != DeclaredArrival::infrequent; }

  static constexpr auto head_fields = std::tuple_cat(
      Component::fields,
      std::tuple{
          json::required("dataset", &PutListener::dataset, "what it owns; the path it watches"),
          json::required("lotUnit", &PutListener::lotUnit, "how long a lot is"),
          json::optional("eventArrival", &PutListener::eventArrival,
                         "frequent: lots are closed by the clock; infrequent: by their objects")});
  static constexpr auto own_fields = std::tuple{
      json::extension("lotSource", &PutListener::lotSource,
                      "which time decides the lot; default arrivalTime where arrival is frequent, "
                      "else objectModifiedTime"),
      json::extension("keyRegex", &PutListener::keyRegex,
                      "RE2 with groups year month day hour minute second, or epoch; searched below "
                      "the dataset path"),
      json::extension("settleSec", &PutListener::settleSec,
                      "quiet time after an interval before its lot is closed; default 60 where "
                      "arrival is frequent, else 0",
                      0, 604800),
      json::extension("quietSec", &PutListener::quietSec,
                      "how long a file must be unchanged before it counts", 0, 3600),
      json::extension("lateness", &PutListener::lateness, "what becomes of a late object"),
      json::extension("maxAheadLots", &PutListener::maxAheadLots,
                      "an object's own time further ahead is not trusted", 0, 1000000),
      json::extension("overwrites", &PutListener::overwrites,
                      "what a member gone before it was taken means to an arc"),
      json::extension("emptyLots", &PutListener::emptyLots,
                      "whether lots without objects are published; default publish for aws:core: "
                      "types, else skip"),
      json::extension("pollSec", &PutListener::pollSec, "where changes cannot be watched", 1,
                      86400),
      json::extension("labels", &PutListener::labels, "texts that reports filter by")};
};

struct CorePutListenerBoundary : PutListener {
  static constexpr std::string_view type = "core:putListenerBoundary";
  static constexpr std::string_view doc = "Groups the objects that arrive below a path into lots.";
  static constexpr RunsOn runs{.local = true, .aws = true};

  /// The one that counts.
  LotSource lot_source() const {
    return lotSource.value_or(is_frequent() ? LotSource::arrivalTime
                                            : LotSource::objectModifiedTime);
  }

  static constexpr auto fields = std::tuple_cat(
      head_fields,
      std::tuple{
          json::optional("filter", &PutListener::filter, "which objects belong"),
          json::optional("runtimeProps", &PutListener::runtimeProps, "of its function (aws)")},
      own_fields);
};

struct InfrequentProps {
  LotSource lotSource = LotSource::objectModifiedTime;
  bool enableEventBridge = false;
  json::Extras extras;

  static constexpr std::array<std::string_view, 1> ignored{"keyRegex"};
  static constexpr auto fields = std::tuple{
      json::optional("lotSource", &InfrequentProps::lotSource, "which time decides the lot"),
      json::optional("enableEventBridge", &InfrequentProps::enableEventBridge,
                     "turn on the bucket's notifications from this stack (aws)")};
};

struct FrequentProps {
  unsigned queueFetchWaitSec = 0;
  json::Extras extras;

  static constexpr auto fields =
      std::tuple{json::ranged("queueFetchWaitSec", &FrequentProps::queueFetchWaitSec,
                              "long-poll seconds of the queue (aws)", 0, 20)};
};

struct AwsS3PutListenerBoundary : PutListener {
  static constexpr std::string_view type = "aws:core:s3PutListenerBoundary";
  static constexpr std::string_view doc = "Groups the objects put below an S3 path into lots.";
  static constexpr RunsOn runs{.local = true, .aws = true};

  InfrequentProps infrequent;
  FrequentProps frequent;

  /// The one that counts.
  LotSource lot_source() const {
    return lotSource.value_or(is_frequent() ? LotSource::arrivalTime : infrequent.lotSource);
  }

  static constexpr auto fields = std::tuple_cat(
      head_fields,
      std::tuple{
          json::optional("runtimeProps", &PutListener::runtimeProps, "of its function (aws)"),
          json::optional("infrequent", &AwsS3PutListenerBoundary::infrequent,
                         "of infrequent arrival"),
          json::optional("frequent", &AwsS3PutListenerBoundary::frequent, "of frequent arrival"),
          json::optional("filter", &PutListener::filter, "which objects belong")},
      own_fields);
};

struct CoreScheduleBoundary : Component {
  static constexpr std::string_view type = "core:scheduleBoundary";
  static constexpr std::string_view doc = "A lot per interval, without objects.";
  static constexpr RunsOn runs{};

  SinkDataset dataset;
  std::optional<UnitText> lotUnit;
  std::optional<std::string> cron;
  CatchUp catchUp = CatchUp::all;
  Labels labels;

  static constexpr auto fields = std::tuple_cat(
      Component::fields,
      std::tuple{
          json::required("dataset", &CoreScheduleBoundary::dataset, "what it owns"),
          json::optional("lotUnit", &CoreScheduleBoundary::lotUnit, "how long a lot is; or cron"),
          json::optional("cron", &CoreScheduleBoundary::cron, "when, five fields; or lotUnit"),
          json::optional("catchUp", &CoreScheduleBoundary::catchUp, "which missed lots are made"),
          json::extension("labels", &CoreScheduleBoundary::labels,
                          "texts that reports filter by")});
};

using Boundary = std::variant<Undecoded, CorePutListenerBoundary, CoreScheduleBoundary,
                              AwsS3PutListenerBoundary>;
extern template struct ComponentCodec<Boundary>;

}  // namespace cls::model

namespace cls::json {
template <>
inline constexpr auto names_of<model::DeclaredArrival> =
    Names<model::DeclaredArrival, 3>{{{model::DeclaredArrival::infrequent, "infrequent"},
                                      {model::DeclaredArrival::frequent, "frequent"},
                                      {model::DeclaredArrival::veryFrequent, "veryFrequent"}}};
template <>
inline constexpr auto names_of<model::CatchUp> =
    Names<model::CatchUp, 3>{{{model::CatchUp::all, "all"},
                              {model::CatchUp::latest, "latest"},
                              {model::CatchUp::none, "none"}}};
template <>
struct Codec<model::Boundary> : model::ComponentCodec<model::Boundary> {};
}  // namespace cls::json
