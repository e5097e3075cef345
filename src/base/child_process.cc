// SPDX-License-Identifier: Apache-2.0
#include "base/child_process.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"

namespace cls {

namespace {

constexpr const char* default_path = "/usr/local/bin:/usr/bin:/bin";
/// A script that another thread has just written may still be open for writing in a child that this
/// thread cannot see; exec says ETXTBSY until that child has executed something.
constexpr int busy_tries = 20;
constexpr long busy_wait_ns = 10'000'000;

enum class Stage : std::uint8_t { Parent, Directory, Limits, Streams, Exec };

/// What the child tells through its pipe when it cannot execute the command.
struct ChildFailure {
  Stage stage = Stage::Exec;
  int error = 0;
};

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

/// The same file at a descriptor that is none of the standard streams, which the child replaces.
UniqueFd above_streams(UniqueFd fd) {
  if (fd.get() > STDERR_FILENO || !fd) return fd;
  return UniqueFd(::fcntl(fd.get(), F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{-1, -1};
  const bool made = ::pipe2(ends.data(), O_CLOEXEC) == 0;
  Pipe pipe{above_streams(UniqueFd(ends[0])), above_streams(UniqueFd(ends[1]))};
  if (made && pipe.read && pipe.write) return pipe;
  return fail(FailureCode::Unavailable, format("make a pipe: {}", std::strerror(errno)));
}

bool is_file(const std::string& path) {
  struct stat info{};
  return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

std::string below(const std::string& directory, const std::string& name) {
  return directory.ends_with('/') ? directory + name : directory + "/" + name;
}

/// All that the child uses; made before fork, plain memory.
struct Prepared {
  std::string path;
  std::vector<std::string> environment;
  std::vector<char*> argv;
  std::vector<char*> envp;
  std::string directory;
  std::uint64_t memory_limit = 0;
  pid_t parent = 0;
  int null = -1;
  int output = -1;
  int errors = -1;
  int go = -1;
  int report = -1;
};

Result<> check_texts(const ProcessSpec& spec) {
  if (spec.command.empty() || spec.command.front().empty()) {
    return fail(FailureCode::Invalid, "the command is empty; its first element names a program");
  }
  for (const auto& argument : spec.command) {
    if (argument.find('\0') != std::string::npos) {
      return fail(FailureCode::Invalid,
                  format("an argument of '{}' holds a NUL character", spec.command.front()));
    }
  }
  for (const auto& [name, value] : spec.environment) {
    if (name.empty() || name.find_first_of(std::string_view("=\0", 2)) != std::string::npos) {
      return fail(FailureCode::Invalid, format("'{}' is no name of an environment variable", name));
    }
    if (value.find('\0') != std::string::npos) {
      return fail(FailureCode::Invalid,
                  format("the value of environment variable {} holds a NUL character", name));
    }
  }
  return {};
}

Prepared prepare(const ProcessSpec& spec, std::string path) {
  Prepared child;
  child.path = std::move(path);
  child.directory = spec.working_directory;
  child.memory_limit = spec.memory_limit;
  child.parent = ::getpid();
  for (const auto& [name, value] : spec.environment) {
    child.environment.push_back(format("{}={}", name, value));
  }
  // execve takes char* but does not write through it.
  for (const auto& argument : spec.command)
    child.argv.push_back(const_cast<char*>(argument.c_str()));
  child.argv.push_back(nullptr);
  for (auto& entry : child.environment) child.envp.push_back(entry.data());
  child.envp.push_back(nullptr);
  return child;
}

// ---- in the child: async-signal-safe calls only ----

[[noreturn]] void give_up(const Prepared& child, Stage stage) {
  const ChildFailure failure{stage, errno};
  const auto written = ::write(child.report, &failure, sizeof failure);
  ::_exit(written == sizeof failure ? 127 : 126);
}

void reset_signals() {
  struct sigaction plain{};
  plain.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) ::sigaction(signal, &plain, nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
}

void mark_close_on_exec() {
  constexpr unsigned first = 3;
  if (::syscall(SYS_close_range, first, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */) == 0) return;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t end = limit.rlim_cur < 65536 ? limit.rlim_cur : 65536;
  for (rlim_t fd = first; fd < end; ++fd) ::fcntl(static_cast<int>(fd), F_SETFD, FD_CLOEXEC);
}

bool set_limits(const Prepared& child) {
  const rlimit no_core{0, 0};
  if (::setrlimit(RLIMIT_CORE, &no_core) != 0) return false;
  if (child.memory_limit == 0) return true;
  const rlimit memory{child.memory_limit, child.memory_limit};
  return ::setrlimit(RLIMIT_DATA, &memory) == 0;
}

bool set_streams(const Prepared& child) {
  return ::dup2(child.null, STDIN_FILENO) >= 0 && ::dup2(child.output, STDOUT_FILENO) >= 0 &&
         ::dup2(child.errors, STDERR_FILENO) >= 0;
}

[[noreturn]] void run_child(const Prepared& child) {
  ::setpgid(0, 0);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) give_up(child, Stage::Parent);
  if (::getppid() != child.parent) ::_exit(126);  // died before the line above
  // Waits until the parent has recorded the process group; a parent that fails kills this process.
  char go = 0;
  ssize_t count = 0;
  do {
    count = ::read(child.go, &go, 1);
  } while (count < 0 && errno == EINTR);
  if (count != 1) ::_exit(126);
  reset_signals();
  if (!child.directory.empty() && ::chdir(child.directory.c_str()) != 0) {
    give_up(child, Stage::Directory);
  }
  if (!set_streams(child)) give_up(child, Stage::Streams);
  mark_close_on_exec();
  if (!set_limits(child)) give_up(child, Stage::Limits);
  for (int left = busy_tries; left > 0; --left) {
    ::execve(child.path.c_str(), child.argv.data(), child.envp.data());
    if (errno != ETXTBSY) break;
    const timespec pause{0, busy_wait_ns};
    ::nanosleep(&pause, nullptr);
    errno = ETXTBSY;
  }
  give_up(child, Stage::Exec);
}

// ---- in the parent ----

FailureCode code_of(int error) {
  if (error == ENOENT || error == ENOTDIR) return FailureCode::NotFound;
  if (error == EACCES || error == EPERM) return FailureCode::Denied;
  if (error == ENOEXEC || error == E2BIG) return FailureCode::Invalid;
  return FailureCode::Unavailable;
}

std::string hint_of(const ChildFailure& failure) {
  if (failure.error == ENOENT) {
    return "; the file is there, but the interpreter in its first line is not";
  }
  if (failure.error == ENOEXEC) {
    return "; a script needs a first line such as #!/bin/sh or #!/usr/bin/env python3";
  }
  if (failure.error == E2BIG) return "; its arguments or environment are too long";
  if (failure.error == ENOMEM) return "; the memory limit may be too low";
  return "";
}

tl::unexpected<Failure> explain(const ProcessSpec& spec, const std::string& path,
                                const ChildFailure& failure) {
  const char* reason = std::strerror(failure.error);
  const FailureCode code = code_of(failure.error);
  switch (failure.stage) {
    case Stage::Directory:
      return fail(code, format("cannot start '{}' in directory {}: {}", spec.command.front(),
                               spec.working_directory, reason));
    case Stage::Limits:
      return fail(code, format("cannot set a memory limit of {} bytes for '{}': {}",
                               spec.memory_limit, spec.command.front(), reason));
    case Stage::Exec:
      return fail(code, format("cannot execute {}: {}{}", path, reason, hint_of(failure)));
    case Stage::Parent:
    case Stage::Streams:
      break;
  }
  return fail(code, format("cannot start '{}': {}", spec.command.front(), reason));
}

void reap(pid_t pid) {
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

/// Ends and reaps a child that must not go on, unless it is let go.
class ChildGuard {
 public:
  explicit ChildGuard(pid_t pid) : pid_(pid) {}
  ChildGuard(const ChildGuard&) = delete;
  ChildGuard& operator=(const ChildGuard&) = delete;
  ~ChildGuard() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    reap(pid_);
  }
  void let_go() { pid_ = -1; }

 private:
  pid_t pid_;
};

/// Forks with all signals blocked, so that no handler of ours ever runs in the child.
pid_t fork_blocked(const Prepared& child) {
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) run_child(child);
  const int error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

/// What the child reported; nothing once it executes the command.
std::optional<ChildFailure> read_failure(const UniqueFd& report) {
  ChildFailure failure;
  ssize_t count = 0;
  do {
    count = ::read(report.get(), &failure, sizeof failure);
  } while (count < 0 && errno == EINTR);
  if (count != sizeof failure) return std::nullopt;
  return failure;
}

}  // namespace

Result<std::string> find_command(const ProcessSpec& spec) {
  const std::string& name = spec.command.front();
  const std::string& here = spec.working_directory;
  std::vector<std::string> candidates;
  std::string where = "in " + here;
  if (name.find('/') != std::string::npos) {
    candidates.push_back(name.starts_with('/') || here.empty() ? name : below(here, name));
    where = "at " + candidates.back();
  } else {
    const auto path = spec.environment.find("PATH");
    const std::string list = path == spec.environment.end() ? default_path : path->second;
    for (const auto& part : split(list, ':')) {
      candidates.push_back(below(part.starts_with('/') ? part : below(here, part), name));
    }
    where = "in PATH=" + list;
  }
  std::optional<std::string> not_executable;
  for (const auto& candidate : candidates) {
    if (!is_file(candidate)) continue;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    if (!not_executable) not_executable = candidate;
  }
  if (not_executable) {
    return fail(FailureCode::Denied,
                format("{} may not be executed; make it so with chmod +x", *not_executable));
  }
  return fail(FailureCode::NotFound, format("command '{}' was not found {}", name, where));
}

Result<ChildProcess> start_child(const ProcessSpec& spec, const ProcessRunner::Started& started) {
  if (auto checked = check_texts(spec); !checked) return pass(std::move(checked));
  auto path = find_command(spec);
  if (!path) return pass(std::move(path));
  std::array<Pipe, 4> pipes;  // output, errors, go, report
  for (auto& pipe : pipes) {
    auto made = make_pipe();
    if (!made) return pass(std::move(made));
    pipe = std::move(*made);
  }
  const UniqueFd null = above_streams(UniqueFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)));
  if (!null)
    return fail(FailureCode::Unavailable, format("open /dev/null: {}", std::strerror(errno)));
  Prepared child = prepare(spec, *path);
  child.null = null.get();
  child.output = pipes[0].write.get();
  child.errors = pipes[1].write.get();
  child.go = pipes[2].read.get();
  child.report = pipes[3].write.get();

  // The read ends do not block; they are the parent's alone.
  ::fcntl(pipes[0].read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(pipes[1].read.get(), F_SETFL, O_NONBLOCK);
  const pid_t pid = fork_blocked(child);
  if (pid < 0) return fail(FailureCode::Unavailable, format("fork: {}", std::strerror(errno)));
  ChildGuard guard(pid);
  ::setpgid(pid, pid);
  for (const std::size_t i : {0U, 1U, 3U}) pipes[i].write.reset();
  UniqueFd exited(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!exited)
    return fail(FailureCode::Unavailable, format("pidfd_open: {}", std::strerror(errno)));
  if (started) started(pid);
  if (::write(pipes[2].write.get(), "g", 1) != 1) {
    return fail(FailureCode::Unavailable, format("start '{}': {}", *path, std::strerror(errno)));
  }
  if (const auto failure = read_failure(pipes[3].read)) return explain(spec, *path, *failure);
  guard.let_go();
  return ChildProcess{.pid = pid,
                      .exited = std::move(exited),
                      .output = std::move(pipes[0].read),
                      .errors = std::move(pipes[1].read)};
}

}  // namespace cls
