// SPDX-License-Identifier: Apache-2.0
#include "work/command_end.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/format.h"

namespace cls::work {

namespace {

/// The signals that end programs, by the numbers that Linux gives them.
constexpr std::array<std::pair<int, std::string_view>, 13> signal_names{{{1, "SIGHUP"},
                                                                         {2, "SIGINT"},
                                                                         {3, "SIGQUIT"},
                                                                         {4, "SIGILL"},
                                                                         {6, "SIGABRT"},
                                                                         {7, "SIGBUS"},
                                                                         {8, "SIGFPE"},
                                                                         {9, "SIGKILL"},
                                                                         {11, "SIGSEGV"},
                                                                         {13, "SIGPIPE"},
                                                                         {15, "SIGTERM"},
                                                                         {24, "SIGXCPU"},
                                                                         {25, "SIGXFSZ"}}};

std::string signal_text(int signal) {
  for (const auto& [number, name] : signal_names) {
    if (number == signal) return format("signal {} ({})", signal, name);
  }
  return format("signal {}", signal);
}

/// What happened, then the last lines of stderr, then where the whole of it is.
flow::Failed failed(std::string code, std::string what, const AttemptFolder& folder) {
  const std::string errors = folder.last_errors();
  what += errors.empty() ? "; it wrote nothing to stderr" : "; it says: " + errors;
  what += format(" (log: {})", folder.stderr_path());
  return end_attempt(std::move(code), std::move(what)).value();
}

}  // namespace

std::optional<flow::Failed> failure_of(const ProcessResult& result, const ProcessSpec& spec,
                                       const AttemptFolder& folder) {
  const std::string& program = spec.command.front();
  switch (result.end) {
    case ProcessEnd::Exited:
      if (result.code == 0) return std::nullopt;
      return failed("Exit", format("'{}' exited with status {}", program, result.code), folder);
    case ProcessEnd::Signalled:
      return failed("Signal", format("'{}' was ended by {}", program, signal_text(result.code)),
                    folder);
    case ProcessEnd::TimedOut:
      return failed("Timeout",
                    format("'{}' did not end within {} s (timeoutMin) and was ended", program,
                           spec.timeout.count()),
                    folder);
    case ProcessEnd::Stopped:
      break;
  }
  return std::nullopt;
}

flow::Failed no_start(const Failure& failure) {
  return end_for(failure, "Start", failure.message).value();
}

}  // namespace cls::work
