// SPDX-License-Identifier: Apache-2.0
// Attempt retention: which folders of attempts are kept, and the removal of the others. The rule is
// in docs/operations.md.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <set>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "flow/deployment.h"
#include "store/object_store.h"

namespace cls::local {

struct RetentionLimits {
  std::chrono::seconds age = std::chrono::hours(14 * 24);
  std::uint64_t bytes = std::uint64_t{1} << 30U;
};

/// What the claims of the deployed arcs say about attempts.
struct ClaimedAttempts {
  std::set<std::string> running;
  std::set<std::string> unfinished;  ///< the last ones of lots that are not complete
};

/// Reads all claims; a damaged one says nothing. A failure where a store does not answer.
Result<ClaimedAttempts> claimed_attempts(store::ObjectStore& store,
                                         const flow::Deployment& deployment);

/// One look through the folder of all attempts.
struct RetentionPass {
  std::string directory;
  RetentionLimits limits;
  const ClaimedAttempts* claimed = nullptr;
  Instant now;  ///< by the clock that stamps files
  /// True if a process group that runs this attempt lives.
  std::function<bool(const std::string& attempt, int group)> lives;
  std::function<bool()> stop;
};

struct RetentionReport {
  std::uint64_t removed = 0;
  std::uint64_t bytes = 0;
  std::uint64_t failed = 0;  ///< folders that could not be removed
  std::string failure;       ///< of the first of these
};

/// Removes what is too old or too much. Looks at the oldest 200,000 folders.
RetentionReport keep_attempts(FileSystem& files, const RetentionPass& pass);

}  // namespace cls::local
