// SPDX-License-Identifier: Apache-2.0
// Wire: one TCP connection, with TLS or without, whose every step has a time limit. OpenSSL is in
// wire.cc alone.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace cls::http {

/// Which certificates are trusted: read once, at the first connection that needs it. Thread-safe.
class Trust {
 public:
  using Environment = std::function<std::optional<std::string>(const std::string&)>;

  /// Of the file that AWS_CA_BUNDLE or SSL_CERT_FILE names, or of the directory SSL_CERT_DIR, else
  /// of where systems keep them.
  explicit Trust(Environment getenv);
  Trust(const Trust&) = delete;
  Trust& operator=(const Trust&) = delete;
  ~Trust();

  struct Context;
  /// Unavailable says what to set where there are no certificates.
  Result<const Context*> context();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct WireLimits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds silence{30'000};  ///< of a read or write without any progress
};

/// Not thread-safe. Failures are Unavailable, and name the host. SIGPIPE has to be ignored.
class Wire {
 public:
  /// Connects to `host`, trying its addresses in turn.
  static Result<std::unique_ptr<Wire>> connect(const Origin& to, const WireLimits& limits);
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  ~Wire();

  /// Begins TLS: the certificate has to be trusted and be the host's.
  Result<> secure(const std::string& host, const Trust::Context& trust);

  Result<> write(std::string_view bytes);
  /// At least one byte; 0 at the end.
  Result<std::size_t> read(char* into, std::size_t most);
  /// True if nothing came since the last answer, as the end would have.
  bool is_idle() const;

 private:
  struct Parts;
  explicit Wire(std::unique_ptr<Parts> parts);
  Failure trouble(std::string_view doing, int error) const;

  std::unique_ptr<Parts> parts_;
};

}  // namespace cls::http
