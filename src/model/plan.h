// SPDX-License-Identifier: Apache-2.0
// ProjectPlan: what the engine runs: the boundaries and arcs of a project with every default
// applied, whatever component type declared them. Made by plan_of() from a valid project.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lot/lot_unit.h"
#include "model/types.h"

namespace cls::model {

enum class EventArrival : std::uint8_t { infrequent, frequent };
enum class LotSource : std::uint8_t {
  arrivalTime,
  objectModifiedTime,
  eventTime,
  keyTimestampRegex
};
enum class Lateness : std::uint8_t { nextLot, reject };
enum class Overwrites : std::uint8_t { accept, fail };
enum class EmptyLots : std::uint8_t { skip, publish };
enum class OnConflict : std::uint8_t { beside, replace };
enum class ManifestMode : std::uint8_t { workload, collect };
/// Where a command with an image runs: by itself in the best there is here.
enum class Sandbox : std::uint8_t { automatic, container, process };

struct BoundaryPlan {
  std::string name;
  SinkDataset dataset;
  lot::LotUnit unit = lot::LotUnit::of_minutes(5).value();
  EventArrival arrival = EventArrival::infrequent;
  LotSource lot_source = LotSource::objectModifiedTime;
  std::string key_regex;  ///< RE2, named groups; only for keyTimestampRegex
  std::chrono::seconds settle{0};
  std::chrono::seconds quiet{2};
  Lateness lateness = Lateness::nextLot;
  unsigned max_ahead_lots = 1;
  Overwrites overwrites = Overwrites::accept;
  EmptyLots empty_lots = EmptyLots::skip;
  std::chrono::seconds poll{30};
  PathFilter filter;
  bool hide_unfinished = true;  ///< filter `.…`, `.…/`, `*.tmp`, `*.part`, `*.crdownload`
  Labels labels;
};

struct CopyPlan {
  struct Rename {
    std::string match;
    std::string to;
  };
  PathFilter filter;
  double partial_fraction = 0;  ///< fraction of objects that may fail
  OnConflict on_conflict = OnConflict::beside;
  std::vector<Rename> rename;
  json::Ordered<std::string> partition;
};

/// A value of an environment map; read when the workload starts, never stored.
struct EnvironmentValue {
  enum class From : std::uint8_t { Text, Environment, File };
  From from = From::Text;
  std::string text;  ///< the text, the variable's name or the file's path
};

struct CommandPlan {
  std::vector<std::string> command;
  std::map<std::string, EnvironmentValue> environment;
  std::string working_dir;  ///< absolute; empty: the attempt's own folder
  std::string image_path;   ///< absolute directory that its image is built of; empty: none
  std::string image;        ///< name of its image; empty: none
  Sandbox sandbox = Sandbox::automatic;
  double cpus = 0;  ///< of its container; 0: no limit
  ManifestMode manifest = ManifestMode::workload;
  std::uint64_t memory_mb = 0;  ///< 0: no limit
  OnConflict on_conflict = OnConflict::beside;
  bool fetch = false;  ///< sources that are no files here are fetched first
};

struct ArcPlan {
  std::string name;
  std::string type;
  json::Ordered<SourceDataset> sources;  ///< role → dataset, in the order of declaration
  json::Ordered<SinkDataset> sinks;
  unsigned attempts = 4;
  std::chrono::seconds backoff{2};
  std::chrono::seconds lease{60};
  std::chrono::seconds timeout{900};
  unsigned concurrency = 4;
  unsigned parallel = 4;
  json::Value workload_props = json::Value::object();  ///< as declared, for CLS_ARC_PROPS_JSON
  std::variant<CopyPlan, CommandPlan> workload;
  /// SHA-256 of the declaration (its JSON, and the files of workingDir or imagePath at deploy).
  std::string declaration;
  Labels labels;
};

struct ProjectPlan {
  ProjectId project;
  Placement placement;
  std::vector<std::string> buckets;
  std::vector<BoundaryPlan> boundaries;
  std::vector<ArcPlan> arcs;
};

}  // namespace cls::model

namespace cls::json {
template <>
inline constexpr auto names_of<model::EventArrival> = Names<model::EventArrival, 2>{
    {{model::EventArrival::infrequent, "infrequent"}, {model::EventArrival::frequent, "frequent"}}};
template <>
inline constexpr auto names_of<model::LotSource> =
    Names<model::LotSource, 4>{{{model::LotSource::arrivalTime, "arrivalTime"},
                                {model::LotSource::objectModifiedTime, "objectModifiedTime"},
                                {model::LotSource::eventTime, "eventTime"},
                                {model::LotSource::keyTimestampRegex, "keyTimestampRegex"}}};
template <>
inline constexpr auto names_of<model::Lateness> = Names<model::Lateness, 2>{
    {{model::Lateness::nextLot, "nextLot"}, {model::Lateness::reject, "reject"}}};
template <>
inline constexpr auto names_of<model::Overwrites> = Names<model::Overwrites, 2>{
    {{model::Overwrites::accept, "accept"}, {model::Overwrites::fail, "fail"}}};
template <>
inline constexpr auto names_of<model::EmptyLots> = Names<model::EmptyLots, 2>{
    {{model::EmptyLots::skip, "skip"}, {model::EmptyLots::publish, "publish"}}};
template <>
inline constexpr auto names_of<model::OnConflict> = Names<model::OnConflict, 2>{
    {{model::OnConflict::beside, "beside"}, {model::OnConflict::replace, "replace"}}};
template <>
inline constexpr auto names_of<model::Sandbox> =
    Names<model::Sandbox, 3>{{{model::Sandbox::automatic, "auto"},
                              {model::Sandbox::container, "container"},
                              {model::Sandbox::process, "process"}}};
template <>
inline constexpr auto names_of<model::ManifestMode> = Names<model::ManifestMode, 2>{
    {{model::ManifestMode::workload, "workload"}, {model::ManifestMode::collect, "collect"}}};
}  // namespace cls::json
