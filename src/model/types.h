// SPDX-License-Identifier: Apache-2.0
// The values every project file is made of: project, placement, datasets, path filter.
// Names and defaults: docs/formats/project.md.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/uri.h"
#include "json/fields.h"

namespace cls::model {

using Labels = std::map<std::string, std::string>;

/// A project's identity: name and version, used verbatim in keys.
struct ProjectId {
  std::string name;
  std::string version;

  std::string to_string() const { return name + "/" + version; }
  auto operator<=>(const ProjectId&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("name", &ProjectId::name, "unique name of the project"),
      json::required("version", &ProjectId::version, "version, by convention YYYYMMDD[-NN]")};
};

/// Where a project is deployed.
struct Placement {
  std::string provider;
  std::optional<std::string> stage;
  std::optional<std::string> account;
  std::optional<std::string> region;

  auto operator<=>(const Placement&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("provider", &Placement::provider, "local or aws"),
      json::optional("stage", &Placement::stage, "a prefix that keeps deployments apart"),
      json::optional("account", &Placement::account, "account number (aws)"),
      json::optional("region", &Placement::region, "region (aws)")};
};

/// A dataset's identity everywhere.
struct DatasetId {
  std::string name;
  std::string version;

  std::string to_string() const { return name + "/" + version; }
  auto operator<=>(const DatasetId&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("name", &DatasetId::name, "dataset name"),
                 json::required("version", &DatasetId::version, "dataset version")};
};

/// A dataset an arc reads.
struct SourceDataset {
  std::string name;
  std::string version;
  bool subscribe = true;
  Labels labels;
  json::Extras extras;

  DatasetId id() const { return {name, version}; }
  static constexpr std::array unknown_hints{std::pair<std::string_view, std::string_view>{
      "pathURI", "a source has no path of its own; leave it out, its owner's is used"}};
  static constexpr auto fields = std::tuple{
      json::required("name", &SourceDataset::name, "dataset name"),
      json::required("version", &SourceDataset::version, "dataset version"),
      json::optional("subscribe", &SourceDataset::subscribe, "run when a lot of it is published"),
      json::extension("labels", &SourceDataset::labels, "texts that reports filter by")};
};

/// A dataset a boundary or an arc owns and writes.
struct SinkDataset {
  std::string name;
  std::string version;
  std::string pathURI;
  Labels labels;
  json::Extras extras;

  DatasetId id() const { return {name, version}; }
  /// The path as a URI whose key ends in `/`; valid once the project was validated.
  Uri path() const;
  static constexpr std::array<std::string_view, 1> ignored{"publish"};
  static constexpr auto fields =
      std::tuple{json::required("name", &SinkDataset::name, "dataset name"),
                 json::required("version", &SinkDataset::version, "dataset version"),
                 json::required("pathURI", &SinkDataset::pathURI, "where its objects lie"),
                 json::extension("labels", &SinkDataset::labels, "texts that reports filter by")};
};

/// Includes and excludes of paths, Ant patterns.
struct PathFilter {
  std::vector<std::string> includes;
  std::vector<std::string> excludes;
  std::string pathSeparator = "/";
  bool ignoreCase = false;
  json::Extras extras;

  /// True if an object with this key belongs: relative patterns are matched against the key below
  /// `path_key` (which ends in `/` or is empty), patterns that begin with the separator against
  /// `/` + key. No includes: all are included.
  bool keeps(std::string_view key, std::string_view path_key) const;

  static constexpr auto fields = std::tuple{
      json::optional("includes", &PathFilter::includes, "patterns of what to take; none: all"),
      json::optional("excludes", &PathFilter::excludes, "patterns of what to leave out"),
      json::optional("pathSeparator", &PathFilter::pathSeparator, "one character"),
      json::optional("ignoreCase", &PathFilter::ignoreCase, "match without regard to case")};
};

/// Matches one Ant pattern (`?`, `*`, `**`, `{name}`, `{name:regex}`) against a path.
/// Vectors: docs/formats/project.md.
bool path_matches(std::string_view pattern, std::string_view path, char separator = '/',
                  bool ignore_case = false);

}  // namespace cls::model
