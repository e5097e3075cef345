// SPDX-License-Identifier: Apache-2.0
// What a copy arc copies on one lot, and to which keys. Rules: docs/workloads.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "flow/workload.h"

namespace cls::work {

/// One object to copy.
struct CopyJob {
  std::size_t source = 0;  ///< index into the context's sources
  flow::SourceMember member;
  Uri target;
};

class CopyNames;

/// Jobs that are made when they are asked for: 8 bytes each. Read by any number of threads.
class CopyJobs {
 public:
  /// `context` and `names` outlive the jobs.
  CopyJobs(const flow::WorkloadContext& context, std::shared_ptr<const CopyNames> names, Uri to);

  std::size_t size() const { return refs_.size(); }
  CopyJob operator[](std::size_t i) const;
  /// Adds the member of a source; how its key cannot be named.
  Result<> add(std::size_t source, std::size_t member);
  /// Each key once: an object that two sources list is copied once, two objects that would become
  /// one are a Conflict. The order stays.
  Result<> drop_twins();

 private:
  struct Ref {
    std::uint32_t source = 0;
    std::uint32_t member = 0;
  };
  Result<Uri> target_of(std::size_t source, const Uri& uri) const;
  Uri uri_of(Ref ref) const;

  const flow::WorkloadContext* context_;
  std::shared_ptr<const CopyNames> names_;
  std::vector<Uri> from_;  ///< the path of each source that is subscribed
  Uri to_;
  std::vector<Ref> refs_;
};

/// The jobs for one sink: every member of every subscribed source that the filter keeps, rebased
/// from its dataset's path to the sink's, renamed, partitioned. Invalid: a member outside of its
/// dataset's path, a bad `rename`, a key that cannot be. Conflict: two objects for one key.
Result<CopyJobs> copy_jobs(const flow::WorkloadContext& context, const model::CopyPlan& plan,
                           const model::SinkDataset& sink);

/// The key of `uri` below `path`, segment by segment: `s3://b/in` has no part in `s3://b/input/y`.
Result<std::string> relative_to(const Uri& uri, const Uri& path);

}  // namespace cls::work
