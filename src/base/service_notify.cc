// SPDX-License-Identifier: Apache-2.0
#include "base/service_notify.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/unique_fd.h"

namespace cls {

namespace {

std::optional<std::int64_t> number_of(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return number;
}

}  // namespace

ServiceNotify::ServiceNotify(
    const std::function<std::optional<std::string>(const std::string&)>& getenv) {
  const auto socket = getenv("NOTIFY_SOCKET").value_or("");
  const bool named = socket.starts_with('/') || socket.starts_with('@');
  if (!named || socket.size() < 2 || socket.size() >= sizeof(sockaddr_un::sun_path)) return;
  socket_ = socket;
  const auto period = number_of(getenv("WATCHDOG_USEC"));
  const auto whose = number_of(getenv("WATCHDOG_PID"));
  if (period && *period > 0 && whose.value_or(::getpid()) == ::getpid()) {
    watchdog_ = std::chrono::microseconds(*period);
  }
}

void ServiceNotify::send(std::string_view assignments) const {
  if (socket_.empty()) return;
  const UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(static_cast<char*>(address.sun_path), socket_.data(), socket_.size());
  if (socket_.front() == '@') address.sun_path[0] = '\0';  // an abstract name
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  // What the manager does not take now it does not take later: never wait for it.
  static_cast<void>(::sendto(fd.get(), assignments.data(), assignments.size(),
                             MSG_NOSIGNAL | MSG_DONTWAIT,
                             reinterpret_cast<const sockaddr*>(&address), length));
}

}  // namespace cls
