// SPDX-License-Identifier: Apache-2.0
// Subscription, dataset ownership and the other metadata records. docs/formats/metadata.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "json/fields.h"
#include "model/types.h"

namespace cls::record {

struct SubscriptionChange {
  std::string at;
  std::string by;
  bool enabled = true;
  std::optional<std::string> since;
  std::string reason;

  bool operator==(const SubscriptionChange&) const = default;
  static constexpr auto fields =
      std::tuple{json::required("at", &SubscriptionChange::at, "when"),
                 json::required("by", &SubscriptionChange::by, "who"),
                 json::required("enabled", &SubscriptionChange::enabled, "new value"),
                 json::optional("since", &SubscriptionChange::since, "new value"),
                 json::required("reason", &SubscriptionChange::reason, "deploy, enable, disable")};
};

/// `since` null means: the store's time of this record, not yet filled in.
struct Subscription {
  std::uint64_t version = 1;
  bool enabled = true;
  std::optional<std::string> since;
  std::vector<SubscriptionChange> history;

  bool operator==(const Subscription&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("version", &Subscription::version, "format version, 1"),
      json::required("enabled", &Subscription::enabled, "takes part"),
      json::optional("since", &Subscription::since, "lots ready from here on are its own"),
      json::required("history", &Subscription::history, "every change")};
};

/// `dataset.json`: who owns a dataset.
struct OwnedDataset {
  model::ProjectId owner;
  model::SinkDataset dataset;

  static constexpr auto fields =
      std::tuple{json::required("owner", &OwnedDataset::owner, "project"),
                 json::required("dataset", &OwnedDataset::dataset, "dataset with its path")};
};

/// Event 1.1: a lot of a dataset is available.
struct LotEvent {
  model::SinkDataset dataset;
  std::string lot;
  std::string manifest;
  std::string datasetId;

  static constexpr auto fields =
      std::tuple{json::required("dataset", &LotEvent::dataset, "the producing dataset"),
                 json::required("lot", &LotEvent::lot, "lot id"),
                 json::required("manifest", &LotEvent::manifest, "URI of the manifest"),
                 json::optional("datasetId", &LotEvent::datasetId, "name/version, for patterns")};
};

/// `home.json` of a local home.
struct HomeRecord {
  std::uint64_t version = 1;
  std::string id;
  std::string createdBy;

  static constexpr auto fields =
      std::tuple{json::required("version", &HomeRecord::version, "format version, 1"),
                 json::required("id", &HomeRecord::id, "ULID"),
                 json::required("createdBy", &HomeRecord::createdBy, "cls version")};
};

}  // namespace cls::record
