// SPDX-License-Identifier: Apache-2.0
#include "http/listen_address.h"

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/format.h"

namespace cls::http {

namespace {

int family_of(std::string_view text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const std::string address(text);
  if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return AF_INET;
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1) return AF_INET6;
  return AF_UNSPEC;
}

}  // namespace

bool is_ip_address(std::string_view text) {
  return family_of(text) != AF_UNSPEC;
}

bool is_loopback(std::string_view address) {
  in_addr v4{};
  const std::string text(address);
  if (::inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, text.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

HeldPort::HeldPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int reuse = 1;
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);  // NOLINT(*-reinterpret-cast): sockets want it
  if (::bind(socket_.get(), any, size) != 0) return;
  if (::getsockname(socket_.get(), any, &size) == 0) number_ = ntohs(address.sin_port);
}

Result<ListenAddress> ListenAddress::parse(std::string_view text) {
  ListenAddress address;
  const auto refuse = [&] {
    return fail(
        FailureCode::Invalid,
        format("'{}' is no address to listen on; PORT, HOST:PORT or [IPv6]:PORT, where HOST "
               "is localhost or an address, and PORT is 0 (any that is free) to 65535",
               text));
  };
  std::string_view port = text;
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    port = text.substr(colon + 1);
    const bool bracketed = host.starts_with('[') && host.ends_with(']') && host.size() > 2;
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    const int family = family_of(host);
    if (!host.empty() && family != (bracketed ? AF_INET6 : AF_INET)) return refuse();
    if (!host.empty()) address.host = host;
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc{} || end != port.data() + port.size()) return refuse();
  return address;
}

std::string to_string(const ListenAddress& address) {
  const bool v6 = address.host.find(':') != std::string::npos;
  return v6 ? format("[{}]:{}", address.host, address.port)
            : format("{}:{}", address.host, address.port);
}

}  // namespace cls::http
