// SPDX-License-Identifier: Apache-2.0
#include "user_scenario/commands.h"

#include <algorithm>

#include "base/format.h"
#include "base/shell_word.h"
#include "base/text.h"

namespace cls::user_scenario {

namespace {

/// Kept of what one command prints, of either stream.
constexpr std::uint64_t output_limit = std::uint64_t{1} << 20U;
/// cls ends within ten seconds of a SIGTERM.
constexpr std::chrono::seconds grace{12};

std::string typed(const std::vector<std::string>& arguments) {
  std::string text = "cls";
  for (const auto& argument : arguments) {
    const bool is_plain = !argument.empty() && std::ranges::all_of(argument, [](const char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             std::string_view("-_./:,").find(c) != std::string_view::npos;
    });
    text += ' ' + (is_plain ? argument : shell_quoted(argument));
  }
  return text;
}

}  // namespace

void SharedLogs::append(const std::string& path, std::string_view text) {
  const std::lock_guard lock(mutex_);
  static_cast<void>(files_.append(path, text));
}

std::string last_lines(const std::string& text, std::size_t count) {
  auto lines = split(text, '\n');
  std::erase(lines, "");
  const std::size_t first = lines.size() > count ? lines.size() - count : 0;
  std::string last;
  for (std::size_t i = first; i < lines.size(); ++i) last += "  " + lines[i] + "\n";
  return last;
}

ProcessSpec Commands::background(const std::string& name,
                                 const std::vector<std::string>& arguments) const {
  ProcessSpec spec{.command = setup_.program,
                   .environment = setup_.environment,
                   .working_directory = setup_.folder,
                   .stdout_path = setup_.folder + "/" + name + ".out",
                   .stderr_path = setup_.folder + "/" + name + ".err",
                   .output_limit = output_limit,
                   .timeout = std::chrono::hours(24),
                   .grace = grace};
  spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
  return spec;
}

Result<Ended> Commands::run(const std::vector<std::string>& arguments,
                            const std::string& log_folder, const std::stop_token& stop,
                            std::chrono::seconds limit) {
  if (stop.stop_requested()) return fail(FailureCode::Unavailable, std::string(stopped_words));
  ProcessSpec spec = background("command", arguments);
  spec.timeout = limit;
  const auto take = [this](const std::string& path) {
    auto text = setup_.files.read(path, 0, std::nullopt);
    static_cast<void>(setup_.files.unlink(path));  // the next command's output begins anew
    return text ? std::move(*text) : std::string();
  };
  const auto result = setup_.processes.run(spec, stop, [](int) {});
  Ended ended{.code = result ? result->code : -1,
              .out = take(spec.stdout_path),
              .err = take(spec.stderr_path)};
  const std::string heading = format("== {}: {}\n", setup_.scenario, typed(arguments));
  setup_.logs.append(log_folder + "/out.log", heading + ended.out);
  setup_.logs.append(log_folder + "/err.log", heading + ended.err);
  if (!result) return fail(result.error().code, result.error().message);
  switch (result->end) {
    case ProcessEnd::Exited:
      return ended;
    case ProcessEnd::Stopped:
      return fail(FailureCode::Unavailable, std::string(stopped_words));
    case ProcessEnd::TimedOut:
      return fail(FailureCode::Unavailable,
                  format("{} was ended after {}\n{}", typed(arguments), readable_duration(limit),
                         last_lines(ended.err)));
    case ProcessEnd::Signalled:
      break;
  }
  return fail(FailureCode::Unavailable, format("{} was killed by signal {}\n{}", typed(arguments),
                                               ended.code, last_lines(ended.err)));
}

}  // namespace cls::user_scenario
