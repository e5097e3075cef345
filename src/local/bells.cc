// SPDX-License-Identifier: Apache-2.0
#include "local/bells.h"

#include "base/format.h"

namespace cls::local {

Bells::Bells(std::string directory, const std::string& name, Log& log)
    : directory_(std::move(directory)) {
  auto bell = Bell::hang(directory_, name);
  if (bell) {
    bell_ = std::move(*bell);
  } else {
    log.warning(format("{}; what other processes do is noticed late", bell.error().message));
  }
}

Bells::~Bells() {
  stop();
}

void Bells::start(std::function<void(const Heard&)> heard) {
  const std::lock_guard lock(mutex_);
  if (bell_ == nullptr || listening_) return;
  heard_ = std::move(heard);
  listening_ = true;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Bells::stop() {
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(listening_, false)) return;
  }
  thread_.request_stop();
  bell_->wake();
  thread_.join();
  const std::lock_guard lock(mutex_);
  bell_.reset();
}

void Bells::ring(Ring ring) {
  const std::lock_guard lock(mutex_);
  if (listening_) {
    (ring == Ring::Work ? work_ : records_) = true;
    bell_->wake();
  } else {
    ring_bells(directory_, ring, bell_ == nullptr ? "" : bell_->name());
  }
}

void Bells::run(const std::stop_token& stop) {
  while (true) {
    const Heard heard = bell_->listen();
    const bool end = stop.stop_requested();
    // What was asked for before the end is rung all the same.
    if (records_.exchange(false)) ring_bells(directory_, Ring::Records, bell_->name());
    if (work_.exchange(false)) ring_bells(directory_, Ring::Work, bell_->name());
    if (end) return;
    if (heard.work || heard.records) heard_(heard);
  }
}

}  // namespace cls::local
