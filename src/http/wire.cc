// SPDX-License-Identifier: Apache-2.0
#include "http/wire.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <vector>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/format.h"
#include "base/unique_fd.h"
#include "http/listen_address.h"

namespace cls::http {

namespace {

using std::chrono::milliseconds;

/// Where systems keep the certificates that they trust.
constexpr std::array<const char*, 5> bundles{
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem"};

std::string tls_words() {
  std::string words;
  while (const unsigned long code = ERR_get_error()) {
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    const std::string_view all(text.data());
    if (!words.empty()) words += ", ";
    words += all.substr(all.rfind(':') + 1);
  }
  return words.empty() ? "no reason given" : words;
}

void limit(int fd, int option, milliseconds span) {
  timeval value{};
  value.tv_sec = static_cast<decltype(value.tv_sec)>(span.count() / 1000);
  value.tv_usec = static_cast<decltype(value.tv_usec)>(span.count() % 1000 * 1000);
  ::setsockopt(fd, SOL_SOCKET, option, &value, sizeof value);
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Result<Addresses> addresses_of(const Origin& to) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (is_ip_address(to.host) ? AI_NUMERICHOST : AI_ADDRCONFIG);
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(to.host.c_str(), format("{}", to.port).c_str(), &hints, &list);
  if (error == 0) return Addresses(list);
  return fail(FailureCode::Unavailable,
              format("{}: there is no address for the host '{}': {}; is the endpoint right?",
                     to.to_string(), to.host, ::gai_strerror(error)));
}

std::string words_of(int error) {
  // With a time limit on the socket that is what its passing is called.
  if (error == EAGAIN || error == EINPROGRESS) return "timed out";
  return std::generic_category().message(error);
}

}  // namespace

struct Trust::Context {
  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> ssl;
};

struct Trust::State {
  Environment getenv;
  std::mutex mutex;
  std::optional<Context> context;

  Result<> load(SSL_CTX* ssl) const {
    for (const char* name : {"AWS_CA_BUNDLE", "SSL_CERT_FILE"}) {
      const auto path = getenv(name);
      if (!path || path->empty()) continue;
      if (SSL_CTX_load_verify_locations(ssl, path->c_str(), nullptr) == 1) return {};
      return fail(FailureCode::Unavailable,
                  format("{} is {}, which gives no certificates: {}", name, *path, tls_words()));
    }
    const auto directory = getenv("SSL_CERT_DIR");
    if (directory && !directory->empty()) {
      if (SSL_CTX_load_verify_locations(ssl, nullptr, directory->c_str()) == 1) return {};
    }
    for (const char* path : bundles) {
      if (SSL_CTX_load_verify_locations(ssl, path, nullptr) == 1) return {};
    }
    ERR_clear_error();
    return fail(FailureCode::Unavailable,
                "no certificates to trust for https: install the package ca-certificates, or set "
                "SSL_CERT_FILE to a file of them");
  }
};

Trust::Trust(Environment getenv) : state_(std::make_unique<State>()) {
  state_->getenv = std::move(getenv);
}
Trust::~Trust() = default;

Result<const Trust::Context*> Trust::context() {
  const std::lock_guard lock(state_->mutex);
  if (!state_->context) {
    Context context;
    context.ssl.reset(SSL_CTX_new(TLS_client_method()));
    if (!context.ssl) return fail(FailureCode::Unavailable, "TLS: " + tls_words());
    SSL_CTX* ssl = context.ssl.get();
    SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(ssl, SSL_MODE_AUTO_RETRY);
    if (auto loaded = state_->load(ssl); !loaded) return pass(std::move(loaded));
    state_->context = std::move(context);
  }
  return &*state_->context;
}

struct Wire::Parts {
  struct Free {
    void operator()(SSL* handle) const { SSL_free(handle); }
  };
  UniqueFd socket;
  std::string name;
  std::unique_ptr<SSL, Free> ssl;
};

Wire::Wire(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Wire::~Wire() = default;

Failure Wire::trouble(std::string_view doing, int error) const {
  return {FailureCode::Unavailable, format("{}: {}: {}", parts_->name, doing, words_of(error))};
}

Result<std::unique_ptr<Wire>> Wire::connect(const Origin& to, const WireLimits& limits) {
  auto addresses = addresses_of(to);
  if (!addresses) return pass(std::move(addresses));
  int error = ECONNREFUSED;
  for (const addrinfo* one = addresses->get(); one != nullptr; one = one->ai_next) {
    UniqueFd socket(::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol));
    if (!socket) {
      error = errno;
      continue;
    }
    limit(socket.get(), SO_SNDTIMEO, limits.connect);
    if (::connect(socket.get(), one->ai_addr, one->ai_addrlen) != 0) {
      error = errno;
      continue;
    }
    limit(socket.get(), SO_SNDTIMEO, limits.silence);
    limit(socket.get(), SO_RCVTIMEO, limits.silence);
    const int yes = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    auto parts = std::make_unique<Parts>();
    parts->socket = std::move(socket);
    parts->name = to.to_string();
    return std::unique_ptr<Wire>(new Wire(std::move(parts)));
  }
  return fail(FailureCode::Unavailable, format("{}: cannot connect: {}; is the endpoint right?",
                                               to.to_string(), words_of(error)));
}

Result<> Wire::secure(const std::string& host, const Trust::Context& trust) {
  ERR_clear_error();
  parts_->ssl.reset(SSL_new(trust.ssl.get()));
  SSL* ssl = parts_->ssl.get();
  if (ssl == nullptr) return fail(FailureCode::Unavailable, "TLS: " + tls_words());
  if (is_ip_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  } else {
    SSL_set1_host(ssl, host.c_str());
    SSL_set_tlsext_host_name(ssl, host.c_str());
  }
  SSL_set_fd(ssl, parts_->socket.get());
  errno = 0;
  const int done = SSL_connect(ssl);
  if (done == 1) return {};
  const int error = errno;
  const int reason = SSL_get_error(ssl, done);
  if (const long verified = SSL_get_verify_result(ssl); verified != X509_V_OK) {
    return fail(FailureCode::Denied,
                format("{}: its certificate is not trusted: {}; a private authority's goes into "
                       "the file that SSL_CERT_FILE names",
                       parts_->name, X509_verify_cert_error_string(verified)));
  }
  if (reason == SSL_ERROR_SSL) {
    return fail(FailureCode::Unavailable,
                format("{}: TLS failed: {}; is it https there?", parts_->name, tls_words()));
  }
  return tl::unexpected(trouble("TLS failed", error == 0 ? ECONNRESET : error));
}

Result<> Wire::write(std::string_view bytes) {
  while (!bytes.empty()) {
    long written = 0;
    errno = 0;
    if (parts_->ssl) {
      ERR_clear_error();
      std::size_t count = 0;
      const bool done = SSL_write_ex(parts_->ssl.get(), bytes.data(), bytes.size(), &count) == 1;
      written = done ? static_cast<long>(count) : -1;
    } else {
      written = ::send(parts_->socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      return tl::unexpected(trouble("sending", errno == 0 ? ECONNRESET : errno));
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::size_t> Wire::read(char* into, std::size_t most) {
  for (;;) {
    errno = 0;
    if (!parts_->ssl) {
      const auto count = ::recv(parts_->socket.get(), into, most, 0);
      if (count >= 0) return static_cast<std::size_t>(count);
    } else {
      ERR_clear_error();
      std::size_t count = 0;
      const int done = SSL_read_ex(parts_->ssl.get(), into, most, &count);
      if (done == 1) return count;
      if (SSL_get_error(parts_->ssl.get(), done) == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    }
    if (errno == EINTR) continue;
    return tl::unexpected(trouble("waiting for an answer", errno == 0 ? ECONNRESET : errno));
  }
}

bool Wire::is_idle() const {
  char next = 0;
  const auto count = ::recv(parts_->socket.get(), &next, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace cls::http
