// SPDX-License-Identifier: Apache-2.0
// Health: whether the resident process does its work: the serve loop turns, and what it depends on
// answered the last time. Shown by /healthz and told to the service manager.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace cls::local {

/// Thread-safe. Times are of the monotonic clock.
class Health {
 public:
  enum class Event : std::uint8_t { Ready, Beat };

  /// `told` hears of every event, from the thread that serves; set before there is any.
  void listen(std::function<void(Event)> told);
  /// The serve loop turns at least this often, though nothing happens.
  void limit_silence(std::chrono::milliseconds most);
  std::optional<std::chrono::milliseconds> longest_silence() const;

  /// Everything is started and served from now on.
  void ready();
  /// The serve loop gets on; from its thread alone. Cheap.
  void beat(std::chrono::nanoseconds now);
  /// The next beat is due within this time.
  void expect(std::chrono::milliseconds within);

  /// What `subject` depends on did not answer, until well() says that it did. A damaged record is
  /// no such trouble: it is set aside, and that is no reason to start the process again.
  void trouble(const std::string& subject, const Failure& failure);
  void well(const std::string& subject);
  /// Forgets the troubles of what is no longer served.
  void forget_troubles();

  /// Why not all is well; empty where it is.
  std::vector<std::string> reasons(std::chrono::nanoseconds now) const;

 private:
  mutable std::mutex mutex_;
  std::function<void(Event)> told_;
  std::optional<std::chrono::milliseconds> longest_silence_;
  bool ready_ = false;
  std::chrono::nanoseconds last_beat_{};
  std::chrono::milliseconds expected_{0};
  std::map<std::string, std::string> troubles_;  ///< subject → what
};

}  // namespace cls::local
