// SPDX-License-Identifier: Apache-2.0
// Deployer: from checked project files to the records that say what is deployed in a home; and what
// would change.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/diagnostics.h"
#include "flow/deploy.h"
#include "local/home.h"
#include "model/load.h"
#include "operate/project_diff.h"

namespace cls::local {

/// Reports directories that an arc needs on this machine (`workingDir`, `imagePath`) and that are
/// not there, each at its place. `working_directory` is where relative file names are meant from.
void check_directories(FileSystem& files, const std::vector<model::LoadedDocument>& documents,
                       const std::string& working_directory, Diagnostics& problems);

struct DeployRequest {
  const std::vector<model::LoadedDocument>& documents;  ///< valid, and checked as above
  flow::Since since;
  std::string by;                 ///< who, for the subscriptions' history
  std::string working_directory;  ///< of the command
  Progress* progress = nullptr;   ///< is told of the files that are hashed; null: nobody is
};

/// One project as it was deployed.
struct DeployedProject {
  model::ProjectId project;
  model::Placement placement;
  std::size_t boundaries = 0;
  std::size_t arcs = 0;
  std::uint64_t retried = 0;  ///< lots set to be tried again because their arc has changed
};

/// Stores the records of every project of the request, makes its buckets, sets lots of arcs that
/// have changed to be tried again, and rings the home's bell. Nothing is stored of a project whose
/// dataset another one owns (Conflict).
Result<std::vector<DeployedProject>> deploy(Home& home, const Clock& clock,
                                            const DeployRequest& request);

/// What the request would deploy.
Result<std::unique_ptr<const flow::Deployment>> planned(Home& home, const DeployRequest& request);

/// What deploy() would change, of each project of the request. Nothing is written.
Result<std::vector<operate::ProjectDiff>> compare(Home& home, const DeployRequest& request);

}  // namespace cls::local
