// SPDX-License-Identifier: Apache-2.0
#include "http/host_check.h"

#include "base/text.h"
#include "http/listen_address.h"

namespace cls::http {

namespace {

/// The host of `host[:port]` without brackets; empty where that is not well formed.
std::string_view without_port(std::string_view header) {
  std::string_view port;
  std::string_view host = header;
  if (header.starts_with('[')) {
    const auto end = header.find(']');
    if (end == std::string_view::npos) return {};
    host = header.substr(1, end - 1);
    port = header.substr(end + 1);
  } else if (const auto colon = header.find(':'); colon != std::string_view::npos) {
    host = header.substr(0, colon);
    port = header.substr(colon);
  }
  const bool digits = port.find_first_not_of("0123456789", 1) == std::string_view::npos;
  if (!port.empty() && (port.front() != ':' || !digits)) return {};
  return host;
}

}  // namespace

bool answers_to(std::string_view host_header, std::string_view listening,
                std::string_view machine) {
  const std::string_view host = without_port(host_header);
  if (host.empty()) return false;
  if (lower(host) == "localhost" || is_loopback(host) || host == listening) return true;
  if (is_loopback(listening)) return false;
  return is_ip_address(host) || (!machine.empty() && lower(host) == lower(machine));
}

}  // namespace cls::http
