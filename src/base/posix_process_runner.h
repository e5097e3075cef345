// SPDX-License-Identifier: Apache-2.0
// PosixProcessRunner: runs workloads as real processes.
#pragma once

#include "base/process_runner.h"

namespace cls {

/// The real one. Signals of the child are at their defaults, its stdin is /dev/null, no descriptor
/// but 0, 1, 2 is open in it, it dumps no core. The leader is killed by the kernel when the thread
/// that called run() dies, so with this process; what else is in its group is not, which is why
/// `started` gets the group's id.
class PosixProcessRunner final : public ProcessRunner {
 public:
  Result<ProcessResult> run(const ProcessSpec& spec, const std::stop_token& stop,
                            const Started& started) override;
};

}  // namespace cls
