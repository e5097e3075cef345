// SPDX-License-Identifier: Apache-2.0
#include "base/posix_process_runner.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/child_process.h"
#include "base/format.h"
#include "base/output_file.h"

namespace cls {

namespace {

using std::chrono::milliseconds;
using SteadyTime = std::chrono::steady_clock::time_point;

/// How long output is awaited from those who left the group (setsid) and outlive the leader.
constexpr milliseconds drain_time{500};

milliseconds to_milliseconds(const timeval& time) {
  return std::chrono::duration_cast<milliseconds>(std::chrono::seconds(time.tv_sec) +
                                                  std::chrono::microseconds(time.tv_usec));
}

/// Watches one child to its end. Used by one thread.
class Supervision {
 public:
  Supervision(const ProcessSpec& spec, ChildProcess child, OutputFile output, OutputFile errors)
      : spec_(spec),
        child_(std::move(child)),
        output_(std::move(output)),
        errors_(std::move(errors)),
        begin_(std::chrono::steady_clock::now()),
        due_(begin_ + spec.timeout) {}

  Supervision(const Supervision&) = delete;
  Supervision& operator=(const Supervision&) = delete;
  /// Nothing of the group outlives an exception.
  ~Supervision() {
    if (!reaped_) static_cast<void>(end_group());
  }

  ProcessResult watch(const UniqueFd& stop_event, const std::stop_token& stop) {
    while (!poll_once(stop_event)) {
      const auto now = std::chrono::steady_clock::now();
      if (!ending_ && (stop.stop_requested() || now >= due_)) {
        ending_ = stop.stop_requested() ? ProcessEnd::Stopped : ProcessEnd::TimedOut;
        due_ = now + spec_.grace;
        signal_group(SIGTERM);
        signal_group(SIGCONT);
      } else if (ending_ && now >= due_) {
        signal_group(SIGKILL);
        due_ = SteadyTime::max();
      }
    }
    ProcessResult result = end_group();
    drain();
    output_.finish();
    errors_.finish();
    result.dropped = output_.dropped() + errors_.dropped();
    return result;
  }

 private:
  void signal_group(int signal) const { ::kill(-child_.pid, signal); }

  int wait_milliseconds() const {
    if (due_ == SteadyTime::max()) return -1;
    const auto left = std::chrono::ceil<milliseconds>(due_ - std::chrono::steady_clock::now());
    return static_cast<int>(std::clamp<milliseconds::rep>(left.count(), 0, 60'000));
  }

  /// Takes output until something happens; true once the leader has ended.
  bool poll_once(const UniqueFd& stop_event) {
    // A negative descriptor is left out: of a closed pipe, and of a stop that was seen.
    std::array<pollfd, 4> watched{{{child_.exited.get(), POLLIN, 0},
                                   {child_.output.get(), POLLIN, 0},
                                   {child_.errors.get(), POLLIN, 0},
                                   {ending_ ? -1 : stop_event.get(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), wait_milliseconds()) <= 0) return false;
    if (watched[1].revents != 0 && !output_.take(child_.output)) child_.output.reset();
    if (watched[2].revents != 0 && !errors_.take(child_.errors)) child_.errors.reset();
    return watched[0].revents != 0;
  }

  /// Kills what is left of the group while its leader is still there to hold the id, then reaps.
  ProcessResult end_group() {
    signal_group(SIGKILL);
    int status = 0;
    rusage used{};
    while (::wait4(child_.pid, &status, 0, &used) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    ProcessResult result;
    result.end = WIFSIGNALED(status) ? ProcessEnd::Signalled : ProcessEnd::Exited;
    result.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    if (ending_) result.end = *ending_;
    result.wall =
        std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin_);
    result.user = to_milliseconds(used.ru_utime);
    result.system = to_milliseconds(used.ru_stime);
    result.max_rss = static_cast<std::uint64_t>(used.ru_maxrss) * 1024U;
    return result;
  }

  /// What is still in the pipes; they end by themselves unless somebody left the group.
  void drain() {
    due_ = std::chrono::steady_clock::now() + drain_time;
    const UniqueFd nobody;
    child_.exited.reset();
    while ((child_.output || child_.errors) && std::chrono::steady_clock::now() < due_) {
      poll_once(nobody);
    }
  }

  const ProcessSpec& spec_;
  ChildProcess child_;
  OutputFile output_;
  OutputFile errors_;
  SteadyTime begin_;
  SteadyTime due_;  ///< time-out; then, while ending, the time of SIGKILL
  std::optional<ProcessEnd> ending_;
  bool reaped_ = false;
};

}  // namespace

Result<ProcessResult> PosixProcessRunner::run(const ProcessSpec& spec, const std::stop_token& stop,
                                              const Started& started) {
  auto output = OutputFile::open(spec.stdout_path, spec.output_limit);
  if (!output) return pass(std::move(output));
  auto errors = OutputFile::open(spec.stderr_path, spec.output_limit);
  if (!errors) return pass(std::move(errors));
  const UniqueFd stop_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event) {
    return fail(FailureCode::Unavailable, format("eventfd: {}", std::strerror(errno)));
  }
  auto child = start_child(spec, started);
  if (!child) return pass(std::move(child));
  Supervision supervision(spec, std::move(*child), std::move(*output), std::move(*errors));
  const std::stop_callback wake(stop, [&stop_event] {
    // An eventfd that is full already wakes as well.
    static_cast<void>(::eventfd_write(stop_event.get(), 1));
  });
  return supervision.watch(stop_event, stop);
}

}  // namespace cls
