// SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/format.h"
#include "user_scenario/drive.h"

namespace cls::user_scenario {

namespace {

/// Until it serves; machines are slow and shared.
constexpr std::chrono::seconds patience{120};
constexpr std::chrono::milliseconds look{20};

class LiveDrive final : public Drive {
 public:
  LiveDrive(DriveSetup setup, Clock& clock) : setup_(std::move(setup)), clock_(clock) {}

  Result<> start() override {
    spec_ = setup_.commands.background(
        "up", {"up", "--home", setup_.home, "--log", "text", "--log-level", "info"});
    thread_ = std::jthread([this](const std::stop_token& stop) {
      auto ended = setup_.commands.setup().processes.run(spec_, stop, [](int) {});
      const std::lock_guard lock(mutex_);
      ended_ = std::move(ended);
      changed_.notify_all();
    });
    const auto end = clock_.monotonic() + patience;
    while (log().find("serving") == std::string::npos) {
      if (clock_.monotonic() > end) {
        return fail(FailureCode::Unavailable,
                    format("cls up does not serve after {}", readable_duration(patience)));
      }
      if (auto waited = wait_for(look); !waited) return waited;
    }
    is_serving_ = true;
    return {};
  }

  Instant now() const override { return clock_.now(); }

  Result<> wait_until(Instant until) override { return wait_for(until - clock_.now()); }

  Result<> arrived() override { return {}; }

  std::chrono::seconds pause(std::chrono::seconds asked, std::chrono::seconds) const override {
    return asked;
  }

  Result<> finish() override {
    if (!thread_.joinable()) return {};
    const bool early = is_over();
    thread_.request_stop();
    thread_.join();
    auto& logs = setup_.commands.setup().logs;
    logs.append(setup_.log_folder + "/err.log",
                format("== {}: cls up\n", setup_.commands.setup().scenario) + log());
    // One that was ended before it served owes nothing, and what was told is not told again.
    if (!is_serving_ || is_told_) return {};
    if (early || !*ended_) return ended_early();
    const auto& result = **ended_;
    if (result.end == ProcessEnd::Stopped && result.code == 0) return {};
    return fail(FailureCode::Unavailable,
                format("cls up did not end by itself after SIGTERM: {}", result.code));
  }

 private:
  bool is_over() {
    const std::lock_guard lock(mutex_);
    return ended_.has_value();
  }

  Result<> ended_early() {
    is_told_ = true;
    if (!*ended_) return fail(ended_->error().code, ended_->error().message);
    return fail(FailureCode::Unavailable,
                format("cls up ended with {}\n{}", (*ended_)->code, last_lines(log())));
  }

  /// Ends early when the scenario is stopped, and when the engine has ended.
  Result<> wait_for(std::chrono::nanoseconds span) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, setup_.stop, span, [this] { return ended_.has_value(); });
    if (setup_.stop.stop_requested())
      return fail(FailureCode::Unavailable, std::string(stopped_words));
    return ended_ ? ended_early() : Result<>{};
  }

  std::string log() const {
    auto text = setup_.commands.setup().files.read(spec_.stderr_path, 0, std::nullopt);
    return text ? std::move(*text) : std::string();
  }

  DriveSetup setup_;
  Clock& clock_;
  ProcessSpec spec_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<Result<ProcessResult>> ended_;
  bool is_serving_ = false;
  bool is_told_ = false;  ///< that it ended early
  std::jthread thread_;
};

}  // namespace

std::unique_ptr<Drive> live_drive(const DriveSetup& setup, Clock& clock) {
  return std::make_unique<LiveDrive>(setup, clock);
}

}  // namespace cls::user_scenario
