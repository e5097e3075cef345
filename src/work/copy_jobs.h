// SPDX-License-Identifier: Apache-2.0
// What a copy arc copies on one lot, and to which keys. Rules: docs/workloads.md.
#pragma once

#include <cstddef>
#include <vector>

#include "flow/workload.h"

namespace cls::work {

/// One object to copy.
struct CopyJob {
  std::size_t source = 0;  ///< index into the context's sources
  const flow::SourceMember* member = nullptr;
  Uri target;
};

/// The jobs for one sink: every member of every subscribed source that the filter keeps, rebased
/// from its dataset's path to the sink's, renamed, partitioned. Invalid: a member outside of its
/// dataset's path, a bad `rename`, a key that cannot be. Conflict: two objects for one key.
Result<std::vector<CopyJob>> copy_jobs(const flow::WorkloadContext& context,
                                       const model::CopyPlan& plan, const model::SinkDataset& sink);

/// The key of `uri` below `path`, segment by segment: `s3://b/in` has no part in `s3://b/input/y`.
Result<std::string> relative_to(const Uri& uri, const Uri& path);

}  // namespace cls::work
