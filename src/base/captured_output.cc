// SPDX-License-Identifier: Apache-2.0
#include "base/captured_output.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child_process.h"
#include "base/format.h"

extern char** environ;  // NOLINT(readability-redundant-declaration): POSIX has it in no header

namespace cls {

namespace {

/// False at the end of the pipe.
bool take(const UniqueFd& pipe, std::string& into) {
  std::array<char, 4096> bytes{};
  const auto count = ::read(pipe.get(), bytes.data(), bytes.size());
  if (count < 0) return errno == EAGAIN || errno == EINTR;
  into.append(bytes.data(), static_cast<std::size_t>(count));
  return count > 0;
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

/// Reads both pipes to their end; the reason why not.
std::string read_all(ChildProcess& child, const CaptureLimits& limits, std::string& output,
                     std::string& errors) {
  const auto due = std::chrono::steady_clock::now() + limits.time;
  while (child.output || child.errors) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(due - std::chrono::steady_clock::now());
    if (left.count() <= 0) return format("took more than {} s", limits.time.count() / 1000);
    std::array<pollfd, 2> watched{
        {{child.output.get(), POLLIN, 0}, {child.errors.get(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), static_cast<int>(left.count())) < 0) continue;
    if (watched[0].revents != 0 && !take(child.output, output)) child.output.reset();
    if (watched[1].revents != 0 && !take(child.errors, errors)) child.errors.reset();
    if (output.size() > limits.bytes) return format("printed more than {} bytes", limits.bytes);
    if (errors.size() > limits.bytes) errors.erase(0, errors.size() / 2);
  }
  return {};
}

}  // namespace

ProcessEnvironment whole_environment() {
  ProcessEnvironment all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text(*entry);
    const auto equals = text.find('=');
    if (equals != std::string::npos && equals > 0) {
      all.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return all;
}

Result<std::string> captured_output(const std::vector<std::string>& command,
                                    const CaptureLimits& limits,
                                    const std::optional<ProcessEnvironment>& environment) {
  ProcessSpec spec{.command = command,
                   .environment = environment ? *environment : whole_environment(),
                   .working_directory = "/",
                   .stdout_path = {},
                   .stderr_path = {}};
  auto child = start_child(spec, [](int) {});
  if (!child) return pass(std::move(child));
  std::string output;
  std::string errors;
  std::string wrong = read_all(*child, limits, output, errors);
  if (!wrong.empty()) ::kill(-child->pid, SIGKILL);
  int status = 0;
  while (::waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (wrong.empty() && WIFSIGNALED(status)) wrong = format("died by signal {}", WTERMSIG(status));
  if (wrong.empty() && WEXITSTATUS(status) != 0) {
    wrong = format("ended with status {}", WEXITSTATUS(status));
  }
  if (wrong.empty()) return output;
  if (const auto line = last_line(errors); !line.empty()) wrong += ": " + line;
  return fail(FailureCode::Unavailable, format("{} {}", command.front(), wrong));
}

}  // namespace cls
