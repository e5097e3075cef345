// SPDX-License-Identifier: Apache-2.0
// ServiceNotify: tells the service manager that started this process how it does: the protocol of
// sd_notify(3), a datagram to $NOTIFY_SOCKET.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace cls {

/// Thread-safe. Without a manager that asks for it, nothing is sent.
class ServiceNotify {
 public:
  /// Reads NOTIFY_SOCKET (a path, or `@name` for an abstract one), WATCHDOG_USEC and WATCHDOG_PID.
  explicit ServiceNotify(
      const std::function<std::optional<std::string>(const std::string&)>& getenv);

  /// Sends assignments, one per line, as `READY=1`. That nobody takes it is no failure.
  void send(std::string_view assignments) const;
  /// How often `WATCHDOG=1` is expected of this process.
  std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }
  bool wanted() const { return !socket_.empty(); }

 private:
  std::string socket_;
  std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace cls
