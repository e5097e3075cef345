// SPDX-License-Identifier: Apache-2.0
// exchange(): one request and its answer over a wire. Boost.Beast is in exchange.cc alone.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "http/message.h"
#include "http/wire.h"

namespace cls::http {

/// When a try has to be over.
struct Deadline {
  const Clock& clock;
  std::chrono::nanoseconds at{};

  bool passed() const { return clock.monotonic() >= at; }
};

struct Exchanged {
  std::optional<Response> response = {};
  Failure failure = {};   ///< where there is no response
  bool answered = false;  ///< a byte of an answer came
  bool fed = false;       ///< Request::take was called
  bool reusable = false;  ///< the wire may be used again
};

/// Sends `request` with `target` in its first line and reads the answer.
Exchanged exchange(Wire& wire, const Request& request, const std::string& target,
                   const Deadline& deadline);

/// Asks a proxy for a tunnel to `to`; `credentials` is the value of Proxy-Authorization, or empty.
Result<> open_tunnel(Wire& wire, const Origin& to, const std::string& credentials,
                     const Deadline& deadline);

}  // namespace cls::http
