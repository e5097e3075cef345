// SPDX-License-Identifier: Apache-2.0
// Validation: what the fields of a project file cannot say alone. Every problem is found in one
// run, each with its place; nothing is read but what is handed in.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "model/load.h"

namespace cls::model {

/// A dataset of a project that is deployed already.
struct DeployedDataset {
  ProjectId owner;
  SinkDataset dataset;
  std::optional<lot::LotUnit> unit;  ///< of its lots, where known
  bool of_boundary = false;          ///< owned by a boundary, else by an arc or barrier
};

/// Asks what a placement (with local defaults filled in) holds; an empty function knows nothing.
struct Deployed {
  /// The owner of one dataset.
  std::function<std::optional<DeployedDataset>(const Placement&, const DatasetId&)> find;
  /// Every dataset there, for paths that overlap.
  std::function<std::vector<DeployedDataset>(const Placement&)> all;
};

/// Checks all documents of one run together.
void validate(const std::vector<LoadedDocument>& documents, const Options& options,
              const Deployed& deployed, Diagnostics& problems);

}  // namespace cls::model
