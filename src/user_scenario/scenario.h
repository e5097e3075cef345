// SPDX-License-Identifier: Apache-2.0
// What a scenario.json says, as values: docs/formats/scenario-json.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/uri.h"
#include "json/fields.h"

namespace cls::user_scenario {

enum class WatchType : std::uint8_t { S3, Glue };

/// Where projects are deployed to: a work folder per placement.
struct Placement {
  std::optional<std::string> provider;
  std::optional<std::string> account;
  std::optional<std::string> region;
  std::optional<std::string> stage;

  /// `<account>-<region>-<stage|none>`; on one machine account and region are `local` and `home`.
  std::string folder() const {
    return account.value_or("local") + "-" + region.value_or("home") + "-" + stage.value_or("none");
  }

  static constexpr auto fields = std::tuple{
      json::optional("provider", &Placement::provider,
                     "of the project; here all of it runs on "
                     "this machine"),
      json::optional("account", &Placement::account, "account number"),
      json::optional("region", &Placement::region, "region"),
      json::optional("stage", &Placement::stage, "a prefix that keeps deployments apart")};
};

/// What an object consists of.
struct Lines {
  std::optional<std::string> header;
  std::string value = "%d,value";
  std::uint32_t numRecords = 20;

  static constexpr auto fields =
      std::tuple{json::optional("header", &Lines::header, "first line of each object"),
                 json::optional("value", &Lines::value, "a line; `%d` is its number, from 1"),
                 json::ranged("numRecords", &Lines::numRecords,
                              "lines of an object, without the header", 0, 1'000'000)};
};

/// Where objects arrive.
struct IngressStore {
  std::optional<std::string> region;
  std::string path;
  std::string objectName = "data-%04d-%d.txt";
  std::uint32_t uploadDelaySec = 300;
  std::uint32_t objectCount = 3;
  Lines record;

  Uri uri;            ///< of `path`, ending in `/`
  std::string place;  ///< file:line:column

  static constexpr auto fields = std::tuple{
      json::optional("region", &IngressStore::region, "of the store; not used on one machine"),
      json::required("path", &IngressStore::path, "where the objects are put"),
      json::optional("objectName", &IngressStore::objectName,
                     "name below `path`; the first number is the iteration, from 1, the second the "
                     "time in milliseconds since 1970"),
      json::ranged("uploadDelaySec", &IngressStore::uploadDelaySec,
                   "pause before every object but the first", 0, 604'800),
      json::ranged("objectCount", &IngressStore::objectCount, "how many objects", 0, 100'000),
      json::optional("record", &IngressStore::record, "what is in an object")};
};

/// Where objects are expected.
struct WatchedStore {
  WatchType watchType = WatchType::S3;
  std::optional<std::string> region;
  std::string path;
  std::uint32_t objectCount = 3;
  std::uint32_t pollingSleepSec = 60;
  std::uint32_t timeoutSec = 2700;

  Uri uri;
  std::string place;

  static constexpr auto fields = std::tuple{
      json::optional("watchType", &WatchedStore::watchType,
                     "`s3`: objects of a store; `glue`: partitions of a table, not on one machine"),
      json::optional("region", &WatchedStore::region, "of the store; not used on one machine"),
      json::required("path", &WatchedStore::path, "what is listed"),
      json::ranged("objectCount", &WatchedStore::objectCount, "how many objects are enough", 1,
                   1'000'000),
      json::ranged("pollingSleepSec", &WatchedStore::pollingSleepSec, "pause between two listings",
                   1, 86'400),
      json::ranged("timeoutSec", &WatchedStore::timeoutSec, "when to give up", 0, 604'800)};
};

struct Scenario {
  bool enabled = true;
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::vector<std::string> projectFiles;  ///< absolute once loaded
  std::vector<Placement> placements;
  std::vector<IngressStore> ingressStores;
  std::vector<WatchedStore> watchedStores;

  std::string file;       ///< as messages show it
  std::string directory;  ///< absolute, of the file

  static constexpr auto fields = std::tuple{
      json::optional("enabled", &Scenario::enabled, "`false`: read and checked, not run"),
      json::optional("name", &Scenario::name, "in reports and names of folders; else the folder's"),
      json::optional("description", &Scenario::description, "for people"),
      json::optional("projectFiles", &Scenario::projectFiles,
                     "what is deployed; relative to the scenario's file"),
      json::optional("placements", &Scenario::placements, "what is bootstrapped"),
      json::optional("ingressStores", &Scenario::ingressStores, "what arrives"),
      json::optional("watchedStores", &Scenario::watchedStores,
                     "what is expected, one after another")};
};

}  // namespace cls::user_scenario

namespace cls::json {

template <>
inline constexpr auto names_of<user_scenario::WatchType> = Names<user_scenario::WatchType, 2>{
    {{user_scenario::WatchType::S3, "s3"}, {user_scenario::WatchType::Glue, "glue"}}};

}  // namespace cls::json
