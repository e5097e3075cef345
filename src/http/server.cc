// SPDX-License-Identifier: Apache-2.0
#include "http/server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "base/format.h"
#include "base/host.h"
#include "http/host_check.h"

namespace cls::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using Request = beast::http::request_parser<beast::http::empty_body>;
using Response = beast::http::response<beast::http::string_body>;

/// What all connections of a server share. Used by the server's thread.
struct Shared {
  ListenAddress address;
  Server::Handler handler;
  ServerLimits limits;
  std::string machine;
  std::size_t connections = 0;
};

/// One connection: a request, its answer, the end.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(asio::ip::tcp::socket socket, Shared& shared)
      : stream_(std::move(socket)), buffer_(shared.limits.header_bytes), shared_(shared) {
    ++shared_.connections;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { --shared_.connections; }

  void run() {
    // More than fits into the buffer is too much as well.
    request_.header_limit(static_cast<std::uint32_t>(shared_.limits.header_bytes));
    stream_.expires_after(shared_.limits.patience);
    beast::http::async_read_header(
        stream_, buffer_, request_,
        [self = shared_from_this()](error_code error, std::size_t) { self->answer(error); });
  }

 private:
  void answer(error_code error) {
    const bool too_long =
        error == beast::http::error::header_limit || error == beast::http::error::buffer_overflow;
    if (too_long) return send({431, "text/plain; charset=utf-8", "the header is too long\n"});
    if (error.category() ==
            beast::http::make_error_code(beast::http::error::bad_method).category() &&
        error != beast::http::error::end_of_stream &&
        error != beast::http::error::partial_message) {
      return send({400, "text/plain; charset=utf-8", "that is no HTTP request\n"});
    }
    if (error) return;  // gone, or too slow
    send(answer_to(request_.get()));
  }

  Answer answer_to(const Request::value_type& request) const {
    using beast::http::field;
    using beast::http::verb;
    if (request.count(field::host) != 1) return {400, "text/plain", "one Host header is needed\n"};
    const std::string_view host(request[field::host].data(), request[field::host].size());
    if (!answers_to(host, shared_.address.host, shared_.machine)) {
      return {421, "text/plain", "no server of that name is here\n"};
    }
    if (request.method() != verb::get && request.method() != verb::head) {
      return {405, "text/plain", "only GET and HEAD\n"};
    }
    const std::string target(request.target().data(), request.target().size());
    try {
      return shared_.handler(target.substr(0, target.find('?')));
    } catch (const std::exception& error) {  // the server's request handler
      return {500, "text/plain", std::string(error.what()) + "\n"};
    }
  }

  void send(Answer answer) {
    response_.result(answer.status);
    response_.version(11);
    response_.set(beast::http::field::content_type, answer.content_type);
    response_.set(beast::http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    if (answer.status == 405) response_.set(beast::http::field::allow, "GET, HEAD");
    response_.keep_alive(false);
    response_.body() = std::move(answer.body);
    response_.prepare_payload();
    serializer_.emplace(response_);
    serializer_->split(true);
    stream_.expires_after(shared_.limits.patience);
    const auto done = [self = shared_from_this()](error_code, std::size_t) { self->finish(); };
    // The answer to HEAD is that to GET without its body.
    if (request_.get().method() == beast::http::verb::head) {
      beast::http::async_write_header(stream_, *serializer_, done);
    } else {
      serializer_->split(false);
      beast::http::async_write(stream_, *serializer_, done);
    }
  }

  /// Says that nothing more comes, and reads what the client may still send: closed with bytes
  /// unread, the system would throw away an answer that is on its way.
  void finish() {
    error_code error;
    // One that is gone has nothing to say.
    if (stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error)) return;
    drain();
  }

  void drain() {
    if (drained_ > shared_.limits.header_bytes * 16) return;
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(1024),
                            [self = shared_from_this()](error_code error, std::size_t count) {
                              self->drained_ += count;
                              if (!error) self->drain();
                            });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  Shared& shared_;
  Request request_;
  Response response_;
  std::optional<beast::http::response_serializer<beast::http::string_body>> serializer_;
  std::size_t drained_ = 0;
};

class BeastServer final : public Server {
 public:
  BeastServer(ListenAddress address, Handler handler, ServerLimits limits)
      : shared_{.address = std::move(address),
                .handler = std::move(handler),
                .limits = limits,
                .machine = this_process().host},
        acceptor_(context_),
        pause_(context_) {}
  BeastServer(const BeastServer&) = delete;
  BeastServer& operator=(const BeastServer&) = delete;
  ~BeastServer() override {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  error_code listen() {
    error_code error;
    const auto host = asio::ip::make_address(shared_.address.host, error);
    const asio::ip::tcp::endpoint endpoint(host, shared_.address.port);
    if (!error) error = acceptor_.open(endpoint.protocol(), error);
    if (!error) error = acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) error = acceptor_.bind(endpoint, error);
    if (!error) error = acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return error;
    shared_.address.port = acceptor_.local_endpoint(error).port();
    accept();
    thread_ = std::thread([this] { context_.run(); });
    return error;
  }

  ListenAddress address() const override { return shared_.address; }

 private:
  void accept() {
    acceptor_.async_accept([this](error_code error, asio::ip::tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (error) return accept_later();
      // Beyond the limit it is closed at once.
      if (shared_.connections < shared_.limits.connections) {
        std::make_shared<Connection>(std::move(socket), shared_)->run();
      }
      accept();
    });
  }

  /// Without a free descriptor every try fails at once: no busy loop over it.
  void accept_later() {
    pause_.expires_after(std::chrono::milliseconds(500));
    pause_.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }

  Shared shared_;  // outlives the connections that the context still holds
  asio::io_context context_{1};
  asio::ip::tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  std::thread thread_;
};

FailureCode code_of(const error_code& error) {
  return error == asio::error::access_denied ? FailureCode::Denied : FailureCode::Unavailable;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::start(const ListenAddress& address, Handler handler,
                                              ServerLimits limits) {
  auto server = std::make_unique<BeastServer>(address, std::move(handler), limits);
  if (const auto error = server->listen()) {
    return fail(code_of(error),
                format("cannot listen on {}: {}", to_string(address), error.message()));
  }
  return server;
}

}  // namespace cls::http
