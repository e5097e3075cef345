// SPDX-License-Identifier: Apache-2.0
// How a command ended, in words: codes Exit, Signal, Timeout and Start. Rules: docs/workloads.md.
#pragma once

#include <optional>

#include "base/process_runner.h"
#include "work/attempt_folder.h"
#include "work/step.h"

namespace cls::work {

/// nullopt for exit status 0 (and for Stopped, which is no failure). Always retryable.
std::optional<flow::Failed> failure_of(const ProcessResult& result, const ProcessSpec& spec,
                                       const AttemptFolder& folder);

/// For a command that did not start. Retryable, because a program may be on its way, unless what
/// the arc declares can never be executed.
flow::Failed no_start(const Failure& failure);

}  // namespace cls::work
