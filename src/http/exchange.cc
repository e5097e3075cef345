// SPDX-License-Identifier: Apache-2.0
#include "http/exchange.h"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include "base/format.h"

namespace cls::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;
using Parser = beast::http::response_parser<beast::http::buffer_body>;

constexpr std::size_t buffer_size = std::size_t{64} << 10U;
constexpr std::uint32_t header_limit = 32U << 10U;
/// A server may send some answers that only say that it is at work.
constexpr int most_interim = 10;

/// A wire as Beast reads from it.
class Stream {
 public:
  Stream(Wire& wire, const Deadline& deadline) : wire_(wire), deadline_(deadline) {}

  template <class Buffers>
  std::size_t read_some(const Buffers& buffers, error_code& error) {
    const asio::mutable_buffer into = *asio::buffer_sequence_begin(buffers);
    if (deadline_.passed()) {
      failure = {FailureCode::Unavailable, "the whole took too long"};
      error = asio::error::timed_out;
      return 0;
    }
    auto count = wire_.read(static_cast<char*>(into.data()), into.size());
    if (!count) {
      failure = count.error();
      error = asio::error::connection_reset;
      return 0;
    }
    error = *count == 0 ? error_code(asio::error::eof) : error_code();
    answered = answered || *count > 0;
    return *count;
  }

  /// Beast wants this one to be there; it uses the other.
  template <class Buffers>
  std::size_t read_some(const Buffers& buffers) {
    error_code error;
    const std::size_t count = read_some(buffers, error);
    if (error) throw boost::system::system_error(error);
    return count;
  }

  Failure failure;
  bool answered = false;

 private:
  Wire& wire_;
  const Deadline& deadline_;
};

std::string head_of(const Request& request, const std::string& target) {
  std::string head;
  head.reserve(1024);
  head.append(request.method).append(" ").append(target).append(" HTTP/1.1\r\nHost: ");
  head.append(request.origin.host_header()).append("\r\n");
  for (const auto& [name, value] : request.headers) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  const std::uint64_t length = request.body.length();
  const bool has_body = length > 0 || request.method == "PUT" || request.method == "POST";
  if (has_body) head.append(format("Content-Length: {}\r\n", length));
  return head.append("\r\n");
}

/// A line break in a header would begin another one.
Result<> check(const Request& request) {
  const auto bad = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
  for (const auto& [name, value] : request.headers) {
    if (!std::ranges::any_of(value, bad)) continue;
    return fail(FailureCode::Invalid,
                format("the header {} holds a line break or a NUL character", name));
  }
  return {};
}

Result<> send(Wire& wire, const Request& request, const std::string& target,
              const Deadline& deadline) {
  std::string text = head_of(request, target);
  const Body& body = request.body;
  if (!body.piece && body.bytes.size() <= buffer_size) {
    return wire.write(text.append(body.bytes));
  }
  if (auto written = wire.write(text); !written) return written;
  for (std::uint64_t at = 0; at < body.length();) {
    if (deadline.passed()) return fail(FailureCode::Unavailable, "the whole took too long");
    const std::size_t most = static_cast<std::size_t>(
        std::min<std::uint64_t>(std::uint64_t{256} << 10U, body.length() - at));
    std::string made;
    if (body.piece) {
      auto piece = body.piece(at, most);
      if (!piece) return pass(std::move(piece));
      if (piece->empty()) return fail(FailureCode::Conflict, "what is to be sent became shorter");
      made = std::move(*piece);
    }
    const std::string_view bytes =
        body.piece ? std::string_view(made) : body.bytes.substr(at, most);
    if (auto written = wire.write(bytes); !written) return written;
    at += bytes.size();
  }
  return {};
}

/// Reads one answer.
class Reader {
 public:
  Reader(Wire& wire, const Request& request, const Deadline& deadline)
      : request_(request), stream_(wire, deadline) {}

  Exchanged read() {
    for (int interim = 0; interim < most_interim; ++interim) {
      Parser parser;
      parser.header_limit(header_limit);
      parser.body_limit(boost::none);
      if (request_.method == "HEAD") parser.skip(true);
      error_code error;
      beast::http::read_header(stream_, buffer_, parser, error);
      if (error) return failed(error);
      if (parser.get().result_int() / 100 == 1) continue;
      return read_body(parser);
    }
    return failed(beast::http::error::unexpected_body);
  }

 private:
  Exchanged read_body(Parser& parser) {
    Response response = head(parser);
    const bool feeds = request_.take && response.status / 100 == 2;
    std::array<char, buffer_size> piece;  // NOLINT(*-member-init): written before it is read
    while (!parser.is_done()) {
      auto& body = parser.get().body();
      body.data = piece.data();
      body.size = piece.size();
      error_code error;
      beast::http::read_some(stream_, buffer_, parser, error);
      if (error == beast::http::error::need_buffer) error = {};
      if (error) return failed(error);
      const std::string_view got(piece.data(), piece.size() - body.size);
      if (got.empty()) continue;
      if (feeds) {
        fed_ = true;
        request_.take(got);
        continue;
      }
      response.body += got;
      if (response.body.size() > request_.body_limit) {
        stream_.failure = {FailureCode::Unavailable,
                           format("the answer is longer than {} bytes", request_.body_limit)};
        return failed(asio::error::message_size);
      }
    }
    return {.response = std::move(response),
            .answered = true,
            .fed = fed_,
            .reusable = parser.keep_alive() && !parser.need_eof() && buffer_.size() == 0};
  }

  static Response head(const Parser& parser) {
    Response response{.status = parser.get().result_int()};
    for (const auto& field : parser.get()) {
      response.headers.add(std::string(field.name_string()), std::string(field.value()));
    }
    return response;
  }

  Exchanged failed(const error_code& error) {
    Failure failure = std::move(stream_.failure);
    if (failure.message.empty()) {
      const bool closed = error == beast::http::error::end_of_stream ||
                          error == beast::http::error::partial_message;
      failure = {FailureCode::Unavailable,
                 closed ? format("{}: the connection was closed before the end of the answer",
                                 request_.origin.to_string())
                        : format("{}: that is no answer of HTTP: {}", request_.origin.to_string(),
                                 error.message())};
    }
    return {.failure = std::move(failure), .answered = stream_.answered, .fed = fed_};
  }

  const Request& request_;
  Stream stream_;
  beast::flat_static_buffer<buffer_size> buffer_;
  bool fed_ = false;
};

}  // namespace

Exchanged exchange(Wire& wire, const Request& request, const std::string& target,
                   const Deadline& deadline) {
  if (auto checked = check(request); !checked) return {.failure = checked.error()};
  const auto sent = send(wire, request, target, deadline);
  if (!sent && sent.error().code != FailureCode::Unavailable) return {.failure = sent.error()};
  // A server that refuses a body answers before it has all of it.
  auto reader = std::make_unique<Reader>(wire, request, deadline);
  Exchanged done = reader->read();
  if (sent) return done;
  done.reusable = false;
  if (!done.response) done.failure = sent.error();
  return done;
}

Result<> open_tunnel(Wire& wire, const Origin& to, const std::string& credentials,
                     const Deadline& deadline) {
  Request request{.method = "CONNECT", .origin = to};
  const bool v6 = to.host.find(':') != std::string::npos;
  const std::string target = format("{}:{}", v6 ? "[" + to.host + "]" : to.host, to.port);
  if (!credentials.empty()) request.headers.add("Proxy-Authorization", credentials);
  if (auto sent = send(wire, request, target, deadline); !sent) return sent;
  // Only the head: what follows a 200 is the tunnel's.
  request.method = "HEAD";
  const auto reader = std::make_unique<Reader>(wire, request, deadline);
  const Exchanged done = reader->read();
  if (!done.response) return tl::unexpected(done.failure);
  if (done.response->status / 100 == 2) return {};
  return fail(done.response->status == 407 ? FailureCode::Denied : FailureCode::Unavailable,
              format("the proxy refuses a tunnel to {}: status {}{}", target, done.response->status,
                     done.response->status == 407
                         ? "; its name and password go into HTTPS_PROXY=http://name:password@host"
                         : ""));
}

}  // namespace cls::http
