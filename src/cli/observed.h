// SPDX-License-Identifier: Apache-2.0
// What `cls up` tells about itself: /metrics and /healthz over HTTP, and the service manager.
#pragma once

#include <memory>
#include <string>

#include "base/service_notify.h"
#include "cli/app.h"
#include "cli/options.h"
#include "http/server.h"
#include "local/services.h"

namespace cls::cli {

/// The pages that --metrics asks for, as long as it lives; null without that option. Says where. An
/// Error where that cannot be: of usage for what is no address.
std::unique_ptr<http::Server> serve_pages(const Options& options, const local::Services& services);

/// Passes on to the service manager that the process is ready, turns, and ends. The serve loop's
/// beats are sent at most four times per period of the watchdog.
class ManagedService {
 public:
  ManagedService(const World& world, const local::Services& services);
  ManagedService(const ManagedService&) = delete;
  ManagedService& operator=(const ManagedService&) = delete;
  ~ManagedService();

  /// One line for `systemctl status`.
  void status(const std::string& text) const;
  void stopping() const;

 private:
  void beat();

  ServiceNotify notify_;
  const Clock& clock_;
  std::shared_ptr<local::Health> health_;
  bool ready_ = false;  ///< this and the next: of the serve loop's thread alone
  std::chrono::nanoseconds next_beat_{};
};

}  // namespace cls::cli
