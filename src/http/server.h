// SPDX-License-Identifier: Apache-2.0
// Server: a small HTTP/1.1 server for a few pages that a process tells about itself. It reads no
// bodies, keeps no connection open after the answer, and is bounded in everything that a client can
// make grow. Boost.Beast is in server.cc alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "http/listen_address.h"

namespace cls::http {

/// Limits of one server.
struct ServerLimits {
  std::size_t connections = 32;  ///< further ones are closed at once
  std::size_t header_bytes = 8192;
  std::chrono::milliseconds patience{10'000};  ///< for the request; the same again for the answer
};

struct Answer {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body = {};
};

/// Listens as long as it lives. A thread of its own waits and answers, one request at a time.
class Server {
 public:
  /// The answer to a GET of a path (without its query); 404 says there is none. Called from the
  /// server's thread; what it throws is answered with 500.
  using Handler = std::function<Answer(const std::string& path)>;

  /// Unavailable where the address cannot be listened on, Denied where that is not allowed.
  static Result<std::unique_ptr<Server>> start(const ListenAddress& address, Handler handler,
                                               ServerLimits limits = {});
  virtual ~Server() = default;
  /// Where it listens; the port is never 0.
  virtual ListenAddress address() const = 0;
};

}  // namespace cls::http
