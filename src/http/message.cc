// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <algorithm>
#include <charconv>

#include "base/format.h"
#include "base/text.h"
#include "base/uri.h"

namespace cls::http {

namespace {

char lower_of(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower_of, lower_of);
}

constexpr std::uint16_t port_of(bool tls) {
  return tls ? 443 : 80;
}

tl::unexpected<Failure> no_url(std::string_view text, std::string_view why) {
  return fail(FailureCode::Invalid,
              format("'{}' is no URL: {}; write it as https://host[:port]/path", text, why));
}

bool is_host(std::string_view host, bool bracketed) {
  if (host.empty() || host.size() > 255) return false;
  return std::ranges::all_of(host, [&](char c) {
    const bool plain = (c >= '0' && c <= '9') || (lower_of(c) >= 'a' && lower_of(c) <= 'z');
    return plain || c == '-' || c == '.' || c == '_' || (bracketed && c == ':');
  });
}

/// Takes `host[:port]` apart.
bool read_authority(std::string_view text, Origin& origin) {
  const bool bracketed = text.starts_with('[');
  const auto end = bracketed ? text.find(']') : text.find(':');
  std::string_view rest;
  if (bracketed) {
    if (end == std::string_view::npos) return false;
    rest = text.substr(end + 1);
    origin.host = lower(text.substr(1, end - 1));
  } else {
    origin.host = lower(text.substr(0, end));
    if (end != std::string_view::npos) rest = text.substr(end);
  }
  if (!is_host(origin.host, bracketed)) return false;
  if (rest.empty()) return true;
  const auto [stop, error] =
      std::from_chars(rest.data() + 1, rest.data() + rest.size(), origin.port);
  return rest.front() == ':' && error == std::errc{} && stop == rest.data() + rest.size() &&
         origin.port != 0;
}

}  // namespace

std::string Origin::host_header() const {
  const bool v6 = host.find(':') != std::string::npos;
  std::string text = v6 ? "[" + host + "]" : host;
  if (port != port_of(tls)) text += format(":{}", port);
  return text;
}

std::string Origin::to_string() const {
  return (tls ? "https://" : "http://") + host_header();
}

Result<Url> Url::parse(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    url.origin.tls = false;
  } else {
    return no_url(text, "it begins neither with https:// nor with http://");
  }
  url.origin.port = port_of(url.origin.tls);
  const auto bad = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  if (std::ranges::any_of(text, bad)) return no_url(text, "it holds spaces or control characters");
  if (rest.find('#') != std::string_view::npos) return no_url(text, "it has a fragment (#)");
  const auto slash = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, slash);
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    auto user = percent_decode(authority.substr(0, at));
    // Its text is not repeated: it is a secret.
    if (!user) return fail(FailureCode::Invalid, "the user in the URL is not percent-encoded");
    url.user = std::move(*user);
    authority.remove_prefix(at + 1);
  }
  if (!read_authority(authority, url.origin)) {
    return no_url(url.user.empty() ? text : authority, "its host or port is none");
  }
  if (slash == std::string_view::npos) return url;
  rest.remove_prefix(slash);
  const auto question = rest.find('?');
  if (question != 0) url.path = rest.substr(0, question);
  if (question != std::string_view::npos) url.query = rest.substr(question + 1);
  return url;
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(all_, [&](const Header& header) { return same_name(header.name, name); });
}

std::string_view Headers::get(std::string_view name) const {
  for (const auto& header : all_) {
    if (same_name(header.name, name)) return header.value;
  }
  return {};
}

bool Headers::has(std::string_view name) const {
  return std::ranges::any_of(all_,
                             [&](const Header& header) { return same_name(header.name, name); });
}

}  // namespace cls::http
