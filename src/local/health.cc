// SPDX-License-Identifier: Apache-2.0
#include "local/health.h"

#include "base/format.h"

namespace cls::local {

namespace {

/// How long a beat may be overdue: one publication on a slow disk, one large segment.
constexpr std::chrono::seconds overdue{60};

}  // namespace

void Health::listen(std::function<void(Event)> told) {
  const std::lock_guard lock(mutex_);
  told_ = std::move(told);
}

void Health::limit_silence(std::chrono::milliseconds most) {
  const std::lock_guard lock(mutex_);
  longest_silence_ = most;
}

std::optional<std::chrono::milliseconds> Health::longest_silence() const {
  const std::lock_guard lock(mutex_);
  return longest_silence_;
}

void Health::ready() {
  std::function<void(Event)> told;
  {
    const std::lock_guard lock(mutex_);
    ready_ = true;
    told = told_;
  }
  if (told) told(Event::Ready);
}

void Health::beat(std::chrono::nanoseconds now) {
  std::function<void(Event)> told;
  {
    const std::lock_guard lock(mutex_);
    // Files are looked at by the million: only some beats count.
    if (expected_.count() == 0 && now - last_beat_ < std::chrono::milliseconds(100)) return;
    last_beat_ = now;
    expected_ = std::chrono::milliseconds(0);
    told = told_;
  }
  if (told) told(Event::Beat);
}

void Health::expect(std::chrono::milliseconds within) {
  const std::lock_guard lock(mutex_);
  expected_ = within;
}

void Health::trouble(const std::string& subject, const Failure& failure) {
  if (failure.code == FailureCode::Invalid || failure.code == FailureCode::NotFound) return;
  const std::lock_guard lock(mutex_);
  troubles_[subject] = failure.message;
}

void Health::well(const std::string& subject) {
  const std::lock_guard lock(mutex_);
  troubles_.erase(subject);
}

void Health::forget_troubles() {
  const std::lock_guard lock(mutex_);
  troubles_.clear();
}

std::vector<std::string> Health::reasons(std::chrono::nanoseconds now) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> reasons;
  if (!ready_) reasons.emplace_back("not everything is started yet");
  const auto silent = now - last_beat_;
  if (ready_ && silent > expected_ + overdue) {
    reasons.push_back(format("the serve loop has not turned for {} s",
                             std::chrono::duration_cast<std::chrono::seconds>(silent).count()));
  }
  for (const auto& [subject, what] : troubles_) reasons.push_back(format("{}: {}", subject, what));
  return reasons;
}

}  // namespace cls::local
