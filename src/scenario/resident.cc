// SPDX-License-Identifier: Apache-2.0
#include "scenario/resident.h"

#include <fstream>
#include <iterator>

#include "base/clock.h"
#include "base/format.h"

namespace cls::scenario {

namespace {

constexpr std::chrono::seconds patience{60};
constexpr std::chrono::milliseconds look{20};
/// Ten are promised, of a machine that does nothing else.
constexpr std::chrono::seconds time_to_end{30};

}  // namespace

Resident::Resident(std::string program, const std::string& root,
                   std::map<std::string, std::string> environment)
    : spec_{.command = {std::move(program), "up"},
            .environment = std::move(environment),
            .working_directory = root,
            .stdout_path = root + "/up.out",
            .stderr_path = root + "/up.log",
            .timeout = std::chrono::hours(1),
            .grace = time_to_end} {}

Result<> Resident::start(const std::vector<std::string>& arguments) {
  spec_.command.insert(spec_.command.end(), arguments.begin(), arguments.end());
  thread_ = std::jthread([this](const std::stop_token& stop) {
    result_ = processes_.run(spec_, stop, [](int) {});
    over_ = true;
  });
  SystemClock clock;
  const auto end = clock.monotonic() + patience;
  while (log().find("serving") == std::string::npos) {
    if (over_ || clock.monotonic() > end) {
      return fail(FailureCode::Unavailable, format("cls up does not serve: {}", log()));
    }
    clock.sleep_for(look);
  }
  return {};
}

Result<> Resident::stop() {
  const bool early = over_;
  thread_.request_stop();
  thread_.join();
  if (!*result_) return fail(result_->error().code, result_->error().message);
  const auto& result = **result_;
  if (!early && result.end == ProcessEnd::Stopped && result.code == 0) return {};
  return fail(FailureCode::Conflict,
              format("cls up ended {} {}: {}", early ? "early, with" : "with", result.code, log()));
}

std::string Resident::log() const {
  std::ifstream in(spec_.stderr_path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace cls::scenario
