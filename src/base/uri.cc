// SPDX-License-Identifier: Apache-2.0
#include "base/uri.h"

#include <array>

#include "base/format.h"

namespace cls {

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_scheme(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool digit = c >= '0' && c <= '9';
    if (!lower && !digit && c != '+' && c != '-' && c != '.') return false;
  }
  return text.front() >= 'a' && text.front() <= 'z';
}

}  // namespace

Result<Uri> Uri::parse(std::string_view text) {
  const auto colon = text.find("://");
  if (colon == std::string_view::npos || !is_scheme(text.substr(0, colon))) {
    return fail(FailureCode::Invalid,
                format("'{}' is no URI; write it as s3://bucket/key or file:///path", text));
  }
  Uri uri;
  uri.scheme = text.substr(0, colon);
  const std::string_view rest = text.substr(colon + 3);
  const auto slash = rest.find('/');
  uri.bucket = rest.substr(0, slash);
  auto key = percent_decode(slash == std::string_view::npos ? "" : rest.substr(slash + 1));
  if (!key) return fail(FailureCode::Invalid, format("'{}': {}", text, key.error().message));
  uri.key = std::move(*key);
  if (uri.key.find('\0') != std::string::npos) {
    return fail(FailureCode::Invalid, format("'{}': a key cannot hold a NUL character", text));
  }
  if (uri.bucket.empty() && uri.scheme == "s3") {
    return fail(FailureCode::Invalid, format("'{}' names no bucket; write s3://bucket/key", text));
  }
  return uri;
}

std::string Uri::to_string() const {
  std::string text;
  text.reserve(scheme.size() + bucket.size() + key.size() + 4);
  text.append(scheme).append("://").append(bucket).append("/");
  append_percent_encoded(text, key);
  return text;
}

Uri Uri::child(std::string_view relative) const {
  Uri result = as_path();
  result.key += relative;
  return result;
}

Uri Uri::as_path() const {
  Uri result = *this;
  if (!result.key.empty() && !result.key.ends_with('/')) result.key += '/';
  return result;
}

bool key_in_path(std::string_view key, std::string_view path) {
  if (path.empty()) return true;
  if (!key.starts_with(path)) return false;
  return path.ends_with('/') || key.size() == path.size() || key[path.size()] == '/';
}

namespace {

/// What stands in a path as it is.
constexpr std::array<bool, 256> plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (std::size_t byte = 0x20; byte < plain.size(); ++byte) plain[byte] = byte != 0x7f;
  for (const char c : std::string_view(" \"#%<>?[\\]^`{|}"))
    plain[static_cast<unsigned char>(c)] = false;
  return plain;
}();

}  // namespace

void append_percent_encoded(std::string& text, std::string_view raw) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : raw) {
    const auto byte = static_cast<unsigned char>(c);
    if (plain_bytes[byte]) {
      text += c;
    } else {
      text += '%';
      text += digits[byte >> 4U];
      text += digits[byte & 15U];
    }
  }
}

std::string percent_encode_path(std::string_view raw) {
  std::string text;
  text.reserve(raw.size());
  append_percent_encoded(text, raw);
  return text;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string raw;
  raw.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      raw += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return fail(FailureCode::Invalid, "'%' is not followed by two hex digits; write %25 for it");
    }
    raw += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return raw;
}

}  // namespace cls
