// SPDX-License-Identifier: Apache-2.0
// ListenAddress: where a server listens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace cls::http {

struct ListenAddress {
  std::string host = "127.0.0.1";  ///< an address; `localhost` is 127.0.0.1
  std::uint16_t port = 0;          ///< 0: any that is free

  /// `PORT`, `HOST:PORT`, `[HOST]:PORT`; HOST is localhost, an IPv4 address, or an IPv6 address in
  /// brackets. Nothing is looked up.
  static Result<ListenAddress> parse(std::string_view text);
  bool operator==(const ListenAddress&) const = default;
};

/// `host:port`, an IPv6 address in brackets.
std::string to_string(const ListenAddress& address);

/// A port of 127.0.0.1 for a server that has to be told one. As long as it lives nobody gets it who
/// asks for any port; the server can listen there if it allows the reuse of its address
/// (SO_REUSEADDR).
class HeldPort {
 public:
  HeldPort();
  /// 0: there was none.
  std::uint16_t number() const { return number_; }

 private:
  UniqueFd socket_;
  std::uint16_t number_ = 0;
};

/// True for an IPv4 address, or an IPv6 address without brackets.
bool is_ip_address(std::string_view text);
/// True for 127.0.0.0/8 and ::1.
bool is_loopback(std::string_view address);

}  // namespace cls::http
