// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

namespace cls {

namespace {

ExitCode exit_code_of(FailureCode code) {
  switch (code) {
    case FailureCode::NoSpace:
    case FailureCode::Unavailable:
      return ExitCode::Temporary;
    case FailureCode::Denied:
    case FailureCode::NotFound:
    case FailureCode::Conflict:
    case FailureCode::Invalid:
    case FailureCode::Unsupported:
      return ExitCode::Failed;
  }
  return ExitCode::Failed;
}

}  // namespace

Error::Error(const Failure& failure)
    : message_(failure.message), exit_code_(exit_code_of(failure.code)) {}

void Error::add_frame(const std::string& doing) {
  message_ = doing + ": " + message_;
}

}  // namespace cls
