// SPDX-License-Identifier: Apache-2.0
// ScriptedServer: a server of a test whose every connection behaves as the test says.
#pragma once

#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <csignal>
#include <functional>
#include <mutex>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "http/message.h"

namespace cls::http {

/// The server's end of one connection.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}

  /// Head and body of the next request; empty at the end.
  std::string read_request() {
    while (true) {
      const auto end = held_.find("\r\n\r\n");
      if (end != std::string::npos) {
        const auto size = end + 4 + length_in(held_.substr(0, end));
        while (held_.size() < size) {
          if (!more()) return {};
        }
        std::string request = held_.substr(0, size);
        held_.erase(0, size);
        return request;
      }
      if (!more()) return {};
    }
  }
  void send(const std::string& text) const {
    ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  /// An answer with a Content-Length.
  void answer(const std::string& status, const std::string& body,
              const std::string& headers = "") const {
    send("HTTP/1.1 " + status + "\r\n" + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  /// Reads once; false at the end.
  bool more() {
    std::array<char, 65536> bytes{};
    const auto count = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (count <= 0) return false;
    held_.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }
  /// The connection is reset once it is closed.
  void reset_at_end() const {
    const linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  int socket() const { return socket_; }

 private:
  static std::size_t length_in(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
  }

  int socket_;
  std::string held_;
};

/// Listens on 127.0.0.1. Connection n is for script n, or for the last one.
class ScriptedServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit ScriptedServer(std::vector<Script> scripts) : scripts_(std::move(scripts)) {
    std::signal(SIGPIPE, SIG_IGN);
    listening_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listening_.get(), any, size) != 0 || ::listen(listening_.get(), 64) != 0 ||
        ::getsockname(listening_.get(), any, &size) != 0) {
      throw std::runtime_error("no port to listen on");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer() {
    ::shutdown(listening_.get(), SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const auto& socket : sockets_) ::shutdown(socket.get(), SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
  }

  Origin origin() const { return {.tls = false, .host = "127.0.0.1", .port = port_}; }
  unsigned connections() const { return connections_; }

 private:
  void accept_all() {
    while (true) {
      UniqueFd socket(::accept(listening_.get(), nullptr, nullptr));
      if (!socket) return;
      const unsigned index = connections_++;
      const Script& script = scripts_.at(std::min<std::size_t>(index, scripts_.size() - 1));
      const int fd = socket.get();
      const std::lock_guard lock(mutex_);
      sockets_.push_back(std::move(socket));
      threads_.emplace_back([this, &script, fd, index] {
        Peer peer(fd);
        script(peer);
        const std::lock_guard done(mutex_);
        sockets_[index].reset();
      });
    }
  }

  std::vector<Script> scripts_;
  UniqueFd listening_;
  std::uint16_t port_ = 0;
  std::atomic<unsigned> connections_ = 0;
  std::mutex mutex_;
  std::vector<UniqueFd> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace cls::http
