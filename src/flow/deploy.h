// SPDX-License-Identifier: Apache-2.0
// The records of a deployed project: written by deploy, read by everybody, taken away by destroy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/arc_flow.h"
#include "record/subscription.h"

namespace cls::flow {

/// The metadata records of one project, as deploy stores them.
struct ProjectRecords {
  model::Placement placement;
  model::ProjectId project;
  std::string project_json;                               ///< canonical; its own `project.json`
  std::vector<std::pair<std::string, std::string>> arcs;  ///< name → JSON
  std::vector<std::pair<std::string, std::string>> boundaries;  ///< name → JSON
  std::vector<model::SinkDataset> datasets;                     ///< owned: of boundaries and sinks
};

/// From when on lots are an arc's own: nullopt is the store's time of the subscription record.
struct Since {
  bool all = false;
  std::optional<Instant> at;
};

/// Stores the records; a dataset another project owns is Conflict and nothing of that dataset is
/// changed. Subscriptions that exist keep their `since`.
Result<> store_project(store::ObjectStore& store, const Clock& clock, const ProjectRecords& records,
                       const Since& since, const std::string& by);

/// Deletes what the past of a deployed project has left in the record stores: manifests of its
/// datasets, claims, members files, states, ledgers, subscriptions; how many records. Data stays.
/// Nobody may be at work on the project. Cut off, what is left is whole, and it may be called
/// again.
Result<std::uint64_t> delete_records(store::ObjectStore& store, const Deployed& project);

/// The owner that a placement's store names for a dataset.
Result<std::optional<record::OwnedDataset>> stored_owner(store::ObjectStore& store,
                                                         const record::Places& places,
                                                         const model::DatasetId& dataset);

/// Takes the project's metadata records away; ledgers, claims, manifests and data stay. False where
/// the project is not deployed.
Result<bool> remove_project(store::ObjectStore& store, const record::Places& places,
                            const model::ProjectId& project);
/// The same for a project that was read: also where the list of its records is gone.
Result<bool> remove_project(store::ObjectStore& store, const Deployed& project);

/// Reads a subscription; nullopt where none was written. A null `since` is resolved to the store's
/// time of the record and stored.
Result<std::optional<SubscriptionView>> read_subscription(store::ObjectStore& store,
                                                          const Uri& uri);

/// Switches a boundary or an arc on or off, whoever else changes the record meanwhile; `since`
/// stays as it is. False where it was so already; NotFound where it was never deployed.
Result<bool> set_enabled(store::ObjectStore& store, const Clock& clock, const Uri& uri,
                         bool enabled, const std::string& by);

/// project.json of every project deployed in a placement: URI and text.
Result<std::vector<std::pair<Uri, std::string>>> stored_projects(store::ObjectStore& store,
                                                                 const record::Places& places);

}  // namespace cls::flow
