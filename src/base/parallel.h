// SPDX-License-Identifier: Apache-2.0
// A bounded number of threads over a list of jobs.
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace cls {

/// Calls `job(i)` for i in 0…count-1, each once, in order of their start, by at most `threads`
/// threads (at least one; no more than 64). No further job starts once a job returned false or
/// threw, or `stop` was requested. Returns when all that started have ended; throws what a job
/// threw first.
void for_each_job(std::size_t count, unsigned threads, const std::stop_token& stop,
                  const std::function<bool(std::size_t)>& job);

}  // namespace cls
