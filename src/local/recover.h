// SPDX-License-Identifier: Apache-2.0
// Recover: makes the index again from the records. docs/formats/home.md, "cls.db".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "flow/deployment.h"
#include "local/home.h"

namespace cls::local {

struct RecoverReport {
  std::uint64_t queued = 0;          ///< lots that are to be looked at
  std::uint64_t ended = 0;           ///< lots whose claim has ended and is noted
  std::vector<std::string> trouble;  ///< arcs and records that could not be read, and why
};

/// Deletes the index, and fills a new one by a sweep over all arcs of the deployment. Conflict
/// where a process is at work in the home: nothing is changed then.
Result<RecoverReport> recover(Home& home, const Clock& clock, const flow::Deployment& deployment);

}  // namespace cls::local
