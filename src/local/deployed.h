// SPDX-License-Identifier: Apache-2.0
// What is deployed in a home: read from its metadata records.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "flow/deployment.h"
#include "local/home.h"
#include "model/validate.h"

namespace cls::local {

/// Every project deployed in a home.
struct DeployedProjects {
  std::unique_ptr<const flow::Deployment> deployment;
  std::vector<std::string> broken;  ///< projects whose record cannot be read, with the reason
  std::string fingerprint;          ///< differs where another set of projects is deployed
};

/// The placements that have a metadata store below `stores/`, in order.
Result<std::vector<model::Placement>> placements_of(Home& home);

/// Reads all projects of all placements. A project that cannot be read is left out and named.
Result<DeployedProjects> read_deployed(Home& home);

/// Answers the questions of the validation from a deployment and the stored ownership records;
/// both must outlive the answer.
model::Deployed deployed_view(const flow::Deployment& deployment, store::ObjectStore& store);

}  // namespace cls::local
