// SPDX-License-Identifier: Apache-2.0
// Step: a part of an attempt that gives a value or ends the attempt.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

#include "base/result.h"
#include "flow/workload.h"

namespace cls::work {

template <class T = void>
using Step = tl::expected<T, flow::Failed>;

/// Ends the attempt; it is tried again.
inline tl::unexpected<flow::Failed> end_attempt(std::string code, std::string message) {
  return tl::unexpected<flow::Failed>(
      flow::Failed{.code = std::move(code), .message = std::move(message), .partial = {}});
}

/// Ends the attempt for something that another attempt would meet again.
inline tl::unexpected<flow::Failed> end_for_good(std::string code, std::string message) {
  auto failed = end_attempt(std::move(code), std::move(message));
  failed.value().retryable = false;
  return failed;
}

/// Ends the attempt for a failure of the store or the file system: for good where the name or value
/// itself is refused.
inline tl::unexpected<flow::Failed> end_for(const Failure& failure, std::string code,
                                            std::string message) {
  const bool for_good = failure.code == FailureCode::Invalid;
  return for_good ? end_for_good(std::move(code), std::move(message))
                  : end_attempt(std::move(code), std::move(message));
}

/// Passes the failure of one step on as that of another.
template <class T>
tl::unexpected<flow::Failed> pass_failed(Step<T>&& step) {
  return tl::unexpected<flow::Failed>(std::move(step).error());
}

/// The sinks that were gathered, all or up to a failure.
struct Gathered {
  std::vector<flow::SinkOutput> sinks;
  std::optional<flow::Failed> failed;
};

}  // namespace cls::work
