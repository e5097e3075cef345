// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/format.h"
#include "user_scenario/clock_file.h"
#include "user_scenario/drive.h"

namespace cls::user_scenario {

namespace {

/// Of one `cls run`, in real time: its workloads are real.
constexpr std::chrono::hours run_limit{2};
/// So many looks at the most while something is waited for.
constexpr int looks = 100;

class VirtualDrive final : public Drive {
 public:
  VirtualDrive(DriveSetup setup, ManualClock& clock, std::string clock_file)
      : setup_(std::move(setup)), clock_(clock), clock_file_(std::move(clock_file)) {}

  Result<> start() override { return follow(); }

  Instant now() const override { return clock_.now(); }

  /// What was due before is done before anything new arrives: lots are closed by then.
  Result<> wait_until(Instant until) override {
    const Instant now = clock_.now();
    if (until <= now) return setup_.stop.stop_requested() ? stopped() : Result<>{};
    clock_.advance(until - now);
    return run();
  }

  Result<> arrived() override { return run(); }

  std::chrono::seconds pause(std::chrono::seconds asked,
                             std::chrono::seconds limit) const override {
    return std::max(asked, limit / looks);
  }

  Result<> finish() override { return {}; }

  std::string note() const override {
    return is_incomplete_ ? "some lots ended missing or partial" : "";
  }

 private:
  static Result<> stopped() { return fail(FailureCode::Unavailable, std::string(stopped_words)); }

  /// Commands wait too, for files to be quiet and before they try again.
  Result<> follow() {
    const auto now = read_clock(setup_.commands.setup().files, clock_file_);
    if (!now) return fail(now.error().code, now.error().message);
    if (*now > clock_.now()) clock_.advance(*now - clock_.now());
    return {};
  }

  Result<> run() {
    auto& files = setup_.commands.setup().files;
    if (auto told = write_clock(files, clock_file_, clock_.now()); !told) return told;
    const auto ended = setup_.commands.run({"run", "--home", setup_.home, "--until-idle"},
                                           setup_.log_folder, setup_.stop, run_limit);
    if (!ended) return fail(ended.error().code, ended.error().message);
    if (auto followed = follow(); !followed) return followed;
    // As with `cls up`, a lot that fails is no end of it: what is watched decides.
    is_incomplete_ = ended->code == static_cast<int>(ExitCode::Incomplete);
    if (ended->code == 0 || is_incomplete_) return {};
    return fail(FailureCode::Unavailable,
                format("cls run ended with {}\n{}", ended->code, last_lines(ended->err)));
  }

  DriveSetup setup_;
  ManualClock& clock_;
  std::string clock_file_;
  bool is_incomplete_ = false;
};

}  // namespace

std::unique_ptr<Drive> virtual_drive(const DriveSetup& setup, ManualClock& clock,
                                     std::string clock_file) {
  return std::make_unique<VirtualDrive>(setup, clock, std::move(clock_file));
}

}  // namespace cls::user_scenario
