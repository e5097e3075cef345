// SPDX-License-Identifier: Apache-2.0
// Client: sends requests over kept connections, again where that may help.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "http/message.h"
#include "http/proxy.h"
#include "http/wire.h"

namespace cls::http {

/// When and how often a request is sent again.
struct RetryPolicy {
  unsigned tries = 6;
  std::chrono::milliseconds first{100};  ///< the longest wait before the second try; doubles
  std::chrono::milliseconds longest{10'000};
  /// The longest that `Retry-After` is followed.
  std::chrono::seconds longest_asked{60};
};

struct ClientLimits {
  WireLimits wire = {};
  std::chrono::milliseconds whole{900'000};  ///< of one try
  std::size_t connections = 64;              ///< to one origin; who needs one more waits
  std::chrono::seconds idle{20};             ///< a connection unused for longer is not used again
  RetryPolicy retry = {};
};

/// Thread-safe: each call blocks its thread. Answers of any status are Responses; a Failure is
/// Unavailable where no try got an answer, Denied where the server's certificate is not trusted, or
/// what `prepare` and the body gave.
class Client {
 public:
  virtual ~Client() = default;
  /// Tries again, after a wait of random length, what got no answer, or 408, 429, 500, 502, 503 or
  /// 504, or what Request::retry says.
  virtual Result<Response> send(Request request) = 0;

  /// All of it outlives the client. `random` gives numbers in [0, 1).
  static std::unique_ptr<Client> make(Clock& clock, const Environment& getenv,
                                      ClientLimits limits = {},
                                      std::function<double()> random = {});
};

}  // namespace cls::http
