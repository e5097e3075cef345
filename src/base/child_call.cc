// SPDX-License-Identifier: Apache-2.0
#include "base/child_call.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/format.h"
#include "base/process_usage.h"
#include "base/standard_streams.h"
#include "base/unique_fd.h"

namespace cls {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// How often the memory of the child is looked at.
constexpr milliseconds look{50};

[[noreturn]] void be_child(const std::function<std::string()>& call, int out, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  int code = 1;
  try {
    code = write_stream(out, call()) == 0 ? 0 : 1;
  } catch (...) {  // nobody is here to catch it
    code = 1;
  }
  ::_exit(code);
}

/// Reads what the child returns until it ends or goes beyond a limit.
ChildReturn listen(int in, pid_t pid, const ChildLimits& limits) {
  ChildReturn result{.end = ChildEnd::Returned, .bytes = {}};
  const auto end = steady_clock::now() + limits.time;
  std::array<char, 65536> buffer{};
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left <= milliseconds(0)) return {ChildEnd::OutOfTime, {}};
    if (resident_bytes_of(pid) > limits.memory) return {ChildEnd::OutOfMemory, {}};
    pollfd readable{in, POLLIN, 0};
    const int ready = ::poll(&readable, 1, static_cast<int>(std::min(left, look).count()));
    if (ready <= 0) continue;
    const auto count = ::read(in, buffer.data(), buffer.size());
    if (count == 0) return result;
    if (count < 0 && errno != EINTR) return {ChildEnd::Died, {}};
    if (count > 0) result.bytes.append(buffer.data(), static_cast<std::size_t>(count));
    if (result.bytes.size() > limits.bytes) return {ChildEnd::TooLong, {}};
  }
}

}  // namespace

Result<ChildReturn> call_in_child(const std::function<std::string()>& call,
                                  const ChildLimits& limits) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(FailureCode::Unavailable, format("no pipe: {}", std::strerror(errno)));
  }
  const UniqueFd in(ends[0]);
  UniqueFd out(ends[1]);
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) {
    return fail(FailureCode::Unavailable, format("no process: {}", std::strerror(errno)));
  }
  if (pid == 0) be_child(call, out.get(), parent);
  out = UniqueFd();
  ChildReturn result = listen(in.get(), pid, limits);
  if (result.end != ChildEnd::Returned) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  const bool well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (result.end == ChildEnd::Returned && !well) return ChildReturn{};
  return result;
}

}  // namespace cls
