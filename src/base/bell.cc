// SPDX-License-Identifier: Apache-2.0
#include "base/bell.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <string_view>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

#include "base/format.h"

namespace cls {

namespace {

constexpr std::string_view ending = ".bell";
/// How long one waits for the room of a bell that is full.
constexpr suseconds_t full_wait_us = 500'000;

/// The address of a socket in an open directory: its path would often be longer than an address
/// may be (108 bytes).
Result<sockaddr_un> address_of(const UniqueFd& directory, const std::string& name) {
  const std::string path = format("/proc/self/fd/{}/{}", directory.get(), name);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(FailureCode::Invalid, format("{}: the name of a socket is too long", name));
  }
  path.copy(static_cast<char*>(address.sun_path), path.size());
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

UniqueFd open_directory(const std::string& path) {
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

/// The names of all bells in a directory.
std::vector<std::string> bells_in(const UniqueFd& directory) {
  std::vector<std::string> names;
  // closedir closes its descriptor, so it gets one of its own.
  const int own = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* stream = own < 0 ? nullptr : ::fdopendir(own);
  if (stream == nullptr) {
    if (own >= 0) ::close(own);
    return names;
  }
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name(entry->d_name);
    if (name.ends_with(ending)) names.emplace_back(name);
  }
  ::closedir(stream);
  return names;
}

}  // namespace

Bell::Bell(UniqueFd directory, std::string name, UniqueFd socket, UniqueFd woken)
    : directory_(std::move(directory)),
      name_(std::move(name)),
      socket_(std::move(socket)),
      woken_(std::move(woken)) {}

Bell::~Bell() {
  ::unlinkat(directory_.get(), name_.c_str(), 0);
}

Result<std::unique_ptr<Bell>> Bell::hang(const std::string& directory, const std::string& name) {
  const auto failed = [&](std::string_view doing) {
    return fail(FailureCode::Unavailable,
                format("{} a socket in {}: {}", doing, directory, std::strerror(errno)));
  };
  UniqueFd folder = open_directory(directory);
  if (!folder) return failed("make");
  std::string file = name + std::string(ending);
  const auto address = address_of(folder, file);
  if (!address) return tl::unexpected(address.error());
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return failed("make");
  if (::bind(socket.get(), generic(*address), sizeof *address) != 0) return failed("bind");
  UniqueFd woken(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!woken) {
    ::unlinkat(folder.get(), file.c_str(), 0);
    return failed("make an event for");
  }
  return std::unique_ptr<Bell>(
      new Bell(std::move(folder), std::move(file), std::move(socket), std::move(woken)));
}

Heard Bell::listen(std::optional<std::chrono::milliseconds> most) {
  std::array<pollfd, 2> watched{{{socket_.get(), POLLIN, 0}, {woken_.get(), POLLIN, 0}}};
  const int wait = most ? static_cast<int>(most->count()) : -1;
  while (::poll(watched.data(), watched.size(), wait) < 0 && errno == EINTR) {
  }
  Heard heard;
  std::uint64_t count = 0;
  heard.woken = ::read(woken_.get(), &count, sizeof count) == sizeof count;
  std::uint8_t byte = 0;
  while (::recv(socket_.get(), &byte, 1, 0) >= 0) {
    // What is not known, as from a newer cls, may be anything.
    if (byte != static_cast<std::uint8_t>(Ring::Work)) heard.records = true;
    heard.work = true;
  }
  return heard;
}

void Bell::wake() {
  // An event that is full wakes as well.
  static_cast<void>(::eventfd_write(woken_.get(), 1));
}

unsigned ring_bells(const std::string& directory, Ring ring, const std::string& but) {
  const UniqueFd folder = open_directory(directory);
  if (!folder) return 0;
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return 0;
  const timeval most{.tv_sec = 0, .tv_usec = full_wait_us};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
  const int flags = MSG_NOSIGNAL | (ring == Ring::Work ? MSG_DONTWAIT : 0);
  const auto byte = static_cast<std::uint8_t>(ring);
  unsigned rung = 0;
  for (const auto& name : bells_in(folder)) {
    if (name == but) continue;
    const auto address = address_of(folder, name);
    if (!address) continue;
    if (::sendto(socket.get(), &byte, 1, flags, generic(*address), sizeof *address) == 1 ||
        errno == EAGAIN) {
      ++rung;
    } else if (errno == ECONNREFUSED) {
      // Its process was killed.
      ::unlinkat(folder.get(), name.c_str(), 0);
    }
  }
  return rung;
}

}  // namespace cls
