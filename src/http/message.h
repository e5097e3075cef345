// SPDX-License-Identifier: Apache-2.0
// What a client sends and gets: origins, headers, requests, responses. Values only.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cls::http {

/// Where a request goes: `https://host:443`.
struct Origin {
  bool tls = true;
  std::string host;  ///< a name, or an address (IPv6 without brackets)
  std::uint16_t port = 443;

  /// What the Host header says: the port only where it is not the scheme's own.
  std::string host_header() const;
  std::string to_string() const;
  auto operator<=>(const Origin&) const = default;
};

/// An http or https URL; the path is as it was written, percent-encoded, and at least `/`.
struct Url {
  Origin origin;
  std::string path = "/";
  std::string query;  ///< without its `?`
  std::string user;   ///< `name:password`, percent-decoded; empty: none

  /// Invalid: other schemes, no host, a bad port, a fragment, control characters and spaces.
  static Result<Url> parse(std::string_view text);
};

struct Header {
  std::string name;  ///< compared in any case
  std::string value;
};

/// Headers in their order. Small: found by going through them.
class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> all) : all_(all) {}

  void add(std::string name, std::string value) {
    all_.push_back({std::move(name), std::move(value)});
  }
  /// Replaces all of that name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  /// The first of that name; empty where there is none.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;

  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }

 private:
  std::vector<Header> all_;
};

/// What a request sends: bytes, or so many that `piece` gives, from the start again at a new try.
struct Body {
  std::string_view bytes = {};  ///< outlive the call
  std::uint64_t size = 0;       ///< of what `piece` gives
  /// At most `most` bytes from `offset` on, at least one; called in order.
  std::function<Result<std::string>(std::uint64_t offset, std::size_t most)> piece = {};

  std::uint64_t length() const { return piece ? size : bytes.size(); }
};

struct Response {
  unsigned status = 0;
  Headers headers = {};
  std::string body = {};
  /// How often the request was sent: above 1, a former sending may have taken effect.
  unsigned tries = 1;
};

struct Request {
  std::string method = "GET";
  Origin origin;
  std::string target = "/";  ///< path and query, percent-encoded
  Headers headers = {};      ///< without Host and Content-Length
  Body body = {};
  /// Takes the body of a 2xx answer in pieces; else it comes as Response::body. Once it was called
  /// the request is not sent again.
  std::function<void(std::string_view)> take = {};
  /// The most bytes that are kept as Response::body; a longer one is Unavailable.
  std::uint64_t body_limit = std::uint64_t{8} << 20U;
  /// Called before each try, to sign.
  std::function<Result<>(Request&)> prepare = {};
  /// Says of an answer that it is to be tried again, beside those that always are.
  std::function<bool(const Response&)> retry = {};
};

}  // namespace cls::http
