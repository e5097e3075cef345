// SPDX-License-Identifier: Apache-2.0
#include "store/s3_answers.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"
#include "http/http_date.h"

namespace cls::store::s3_answers {

namespace {

constexpr std::array<std::string_view, 6> kept{"content-type",     "content-encoding",
                                               "content-language", "content-disposition",
                                               "cache-control",    "expires"};

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::string_view unquoted(std::string_view etag) {
  if (etag.size() > 1 && etag.front() == '"' && etag.back() == '"') {
    return etag.substr(1, etag.size() - 2);
  }
  return etag;
}

std::string etag_of(const http::Response& response) {
  return std::string(unquoted(response.headers.get("ETag")));
}

ObjectInfo info_of(const Uri& uri, const http::Response& response) {
  const auto& headers = response.headers;
  ObjectInfo info{.uri = uri, .size = 0, .modified = {}, .etag = etag_of(response)};
  info.size = number(headers.get("Content-Length"));
  // `bytes 0-9/1000`: the whole is what follows the slash.
  const auto range = headers.get("Content-Range");
  if (const auto slash = range.find('/'); slash != std::string_view::npos) {
    info.size = number(range.substr(slash + 1));
  }
  auto modified = http::parse_http_date(headers.get("Last-Modified"));
  if (!modified) modified = http::parse_http_date(headers.get("Date"));
  if (modified) info.modified = *modified;
  info.version_id = headers.get("X-Amz-Version-Id");
  return info;
}

http::Headers metadata_of(const http::Response& response) {
  http::Headers metadata;
  for (const auto& [name, value] : response.headers) {
    const std::string key = lower(name);
    const bool own = key.starts_with("x-amz-meta-");
    if (own || std::ranges::find(kept, key) != kept.end()) metadata.add(key, value);
  }
  return metadata;
}

}  // namespace cls::store::s3_answers
