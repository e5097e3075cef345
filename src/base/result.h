// SPDX-License-Identifier: Apache-2.0
// Result<T>: the channel for failures that the caller is expected to branch on.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace cls {

/// Why an operation did not happen, coarse enough to branch on.
enum class FailureCode : std::uint8_t {
  NotFound,     ///< what was named does not exist
  Conflict,     ///< a condition (absent, ETag) did not hold
  Invalid,      ///< the text or value given is not well formed
  Denied,       ///< no permission, read-only
  NoSpace,      ///< disk or quota full; may be mended
  Unavailable,  ///< passing trouble: throttled, timed out, locked, I/O error; try again
  Unsupported,  ///< this implementation cannot do it, ever
};

/// A failure with a message that says what, where, and what would be right.
struct Failure {
  FailureCode code = FailureCode::Invalid;
  std::string message;
};

template <class T = void>
using Result = tl::expected<T, Failure>;

/// Makes the failing side of a Result: `return fail(FailureCode::NotFound, "no object s3://b/k");`
inline tl::unexpected<Failure> fail(FailureCode code, std::string message) {
  return tl::unexpected<Failure>(Failure{code, std::move(message)});
}

/// Passes the failure of `result` on as the failure of another Result type.
template <class T>
tl::unexpected<Failure> pass(Result<T>&& result) {
  return tl::unexpected<Failure>(std::move(result).error());
}

}  // namespace cls
