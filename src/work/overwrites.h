// SPDX-License-Identifier: Apache-2.0
// Overwrites: the records of what an attempt is about to write over, and jobs that wait for them.
// docs/formats/claim.md.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "flow/workload.h"
#include "store/object_store.h"
#include "work/data_keys.h"

namespace cls::work {

using InTheWayOfJobs = std::map<std::size_t, InTheWay>;  ///< by job

/// The records of one attempt, numbered as they come. Not thread-safe.
class Overwrites {
 public:
  Overwrites(store::ObjectStore& store, const flow::WorkloadContext& context)
      : store_(store), context_(context) {}

  /// Durable when it returns: what it names may be written over then.
  Result<> put_on_record(const std::string& role, const InTheWayOfJobs& objects);

 private:
  store::ObjectStore& store_;
  const flow::WorkloadContext& context_;
  std::size_t stored_ = 0;
};

/// What one job came to.
struct JobDone {
  bool go_on = true;  ///< no further job starts otherwise
  std::optional<InTheWay> in_the_way = {};
};
/// Is called with the ETag of what it may write over, if any is on record.
using WritingJob = std::function<JobDone(std::size_t i, std::optional<std::string> recorded)>;

/// Jobs that could not be done, because what was in their way could not be written over.
struct LeftOver {
  Failure failure;
  std::vector<std::size_t> jobs;
};

/// for_each_job() with `context.arc.parallel` threads for one sink. Of all jobs that have something
/// in their way, that is put on record at once; then they are called again. So an attempt that
/// overwrites nothing waits for no record, and one that does waits once, unless others write there
/// at the same time.
std::optional<LeftOver> for_each_writing_job(std::size_t count,
                                             const flow::WorkloadContext& context,
                                             Overwrites& overwrites, const std::string& role,
                                             const WritingJob& job);

}  // namespace cls::work
