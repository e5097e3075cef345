// SPDX-License-Identifier: Apache-2.0
// ChildProcess: fork and exec of one command, for PosixProcessRunner. Everything the child needs is
// made before fork(): between fork and exec only async-signal-safe calls are allowed, because other
// threads may have held any lock at that moment.
#pragma once

#include <sys/types.h>

#include "base/process_runner.h"
#include "base/unique_fd.h"

namespace cls {

/// A started child: leader of its own process group, not yet waited for.
struct ChildProcess {
  pid_t pid = -1;   ///< also the id of its process group
  UniqueFd exited;  ///< a pidfd: readable once the leader has ended
  UniqueFd output;  ///< non-blocking read ends of its stdout and stderr
  UniqueFd errors;
};

/// The file that `command` names: looked up in the PATH of `spec.environment`, or, with a slash in
/// it, below the working directory. NotFound and Denied say where it was sought.
Result<std::string> find_command(const ProcessSpec& spec);

/// Starts the command; `started` is called between fork and exec. On a failure, or when `started`
/// throws, no child is left behind. The child dies with the calling THREAD (PR_SET_PDEATHSIG is
/// bound to it), so the caller has to wait for it in this thread.
Result<ChildProcess> start_child(const ProcessSpec& spec, const ProcessRunner::Started& started);

}  // namespace cls
