// SPDX-License-Identifier: Apache-2.0
#include "http/sigv4.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/text.h"

namespace cls::http {

namespace {

/// Headers that are changed on the way, or belong to one connection.
constexpr std::array<std::string_view, 6> unsigned_headers{
    "user-agent",        "expect",     "x-amzn-trace-id",
    "transfer-encoding", "connection", "proxy-authorization"};

constexpr std::array<bool, 256> unreserved = [] {
  std::array<bool, 256> is{};
  constexpr std::string_view all =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  for (const char c : all) is[static_cast<unsigned char>(c)] = true;
  return is;
}();

/// `20130524T000000Z`
std::string amz_date(Instant at) {
  std::string text = format_instant_seconds(at);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

/// Without `//`, `.` and `..`; a `/` at the end stays.
std::string normalized(std::string_view path) {
  std::vector<std::string> kept;
  for (auto& segment : split(path, '/')) {
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!segment.empty() && segment != ".") {
      kept.push_back(std::move(segment));
    }
  }
  std::string text = "/" + join(kept, "/");
  if (text.size() > 1 && path.ends_with('/')) text += '/';
  return text;
}

/// Words with one space between.
std::string trimmed(std::string_view value) {
  static constexpr std::string_view spaces = " \t\n\v\f\r";
  std::string text;
  while (true) {
    const auto first = value.find_first_not_of(spaces);
    if (first == std::string_view::npos) return text;
    value.remove_prefix(first);
    const auto end = std::min(value.find_first_of(spaces), value.size());
    if (!text.empty()) text += ' ';
    text += value.substr(0, end);
    value.remove_prefix(end);
  }
}

struct CanonicalHeaders {
  std::string lines;
  std::string names;
};

CanonicalHeaders canonical(const Request& request) {
  std::vector<std::pair<std::string, std::string>> all{{"host", request.origin.host_header()}};
  for (const auto& [name, value] : request.headers) {
    std::string key = lower(name);
    if (std::ranges::find(unsigned_headers, key) != unsigned_headers.end()) continue;
    all.emplace_back(std::move(key), trimmed(value));
  }
  std::ranges::stable_sort(all, {}, &std::pair<std::string, std::string>::first);
  CanonicalHeaders headers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i].first == all[i - 1].first) {
      headers.lines.back() = ',';  // one line for all values of a name
      headers.lines.append(all[i].second).append("\n");
      continue;
    }
    headers.lines.append(all[i].first).append(":").append(all[i].second).append("\n");
    if (!headers.names.empty()) headers.names += ';';
    headers.names += all[i].first;
  }
  return headers;
}

std::string canonical_query(const Target& target) {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(target.query.size());
  for (const auto& [name, value] : target.query) {
    pairs.emplace_back(encode_strictly(name, Slash::Encode), encode_strictly(value, Slash::Encode));
  }
  std::ranges::sort(pairs);
  std::string text;
  for (const auto& [name, value] : pairs) {
    if (!text.empty()) text += '&';
    text.append(name).append("=").append(value);
  }
  return text;
}

}  // namespace

std::string encode_strictly(std::string_view raw, Slash slash) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  text.reserve(raw.size() + 16);
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    if (unreserved[byte] || (c == '/' && slash == Slash::Keep)) {
      text += c;
    } else {
      text += '%';
      text += digits[byte >> 4U];
      text += digits[byte & 15U];
    }
  }
  return text;
}

std::string Target::encoded() const {
  std::string text = encode_strictly(path, Slash::Keep);
  char separator = '?';
  for (const auto& [name, value] : query) {
    text += std::exchange(separator, '&');
    text += encode_strictly(name, Slash::Encode);
    text.append("=").append(encode_strictly(value, Slash::Encode));
  }
  return text;
}

std::string Signer::canonical_path(const std::string& path) const {
  if (rule_ == PathRule::S3) return encode_strictly(path, Slash::Keep);
  return encode_strictly(encode_strictly(normalized(path), Slash::Keep), Slash::Keep);
}

std::string Signer::key_of(const Credentials& credentials, const std::string& day) {
  const std::string wanted = day + "/" + credentials.secret;
  const std::lock_guard lock(mutex_);
  if (key_for_ != wanted) {
    key_ = hmac_sha256("AWS4" + credentials.secret, day);
    for (const std::string_view part : {std::string_view(region_), std::string_view(service_),
                                        std::string_view("aws4_request")}) {
      key_ = hmac_sha256(key_, part);
    }
    key_for_ = wanted;
  }
  return key_;
}

void Signer::sign(Request& request, const Target& target, const Credentials& credentials,
                  Instant now, std::string_view payload_hash) {
  const std::string date = amz_date(now);
  const std::string day = date.substr(0, 8);
  request.headers.remove("Authorization");
  request.headers.remove("X-Amz-Security-Token");
  request.headers.set("X-Amz-Date", date);
  if (rule_ == PathRule::S3) request.headers.set("X-Amz-Content-SHA256", std::string(payload_hash));
  if (!credentials.token.empty()) request.headers.add("X-Amz-Security-Token", credentials.token);
  const CanonicalHeaders headers = canonical(request);
  std::string text = request.method;
  text.append("\n").append(canonical_path(target.path));
  text.append("\n").append(canonical_query(target));
  text.append("\n").append(headers.lines).append("\n").append(headers.names);
  text.append("\n").append(payload_hash);
  const std::string scope = day + "/" + region_ + "/" + service_ + "/aws4_request";
  const std::string to_sign = "AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n" + sha256_hex(text);
  request.headers.add("Authorization",
                      "AWS4-HMAC-SHA256 Credential=" + credentials.id + "/" + scope +
                          ", SignedHeaders=" + headers.names +
                          ", Signature=" + hex_of(hmac_sha256(key_of(credentials, day), to_sign)));
}

}  // namespace cls::http
