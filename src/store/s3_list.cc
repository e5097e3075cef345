// SPDX-License-Identifier: Apache-2.0
// S3Store's requests about many objects: listings and deletions.
#include <algorithm>

#include "base/format.h"
#include "base/hash.h"
#include "http/base64.h"
#include "store/s3_store.h"
#include "store/s3_xml.h"

namespace cls::store {

namespace {

constexpr std::size_t most_keys = 1000;
/// The last character there is: `a/` and this is after all keys below `a/`.
constexpr std::string_view last_character = "\xf4\x8f\xbf\xbf";

/// Where a listing of S3 begins so that what lies below a rolled-up prefix is not read again.
std::string begin_after(const ListRequest& request) {
  const bool rolled = !request.delimiter.empty() && request.start_after.ends_with('/') &&
                      request.start_after.size() > request.prefix.key.size();
  return rolled ? request.start_after + std::string(last_character) : request.start_after;
}

S3Request page_request(const ListRequest& request, const std::string& token) {
  const Uri bucket{request.prefix.scheme, request.prefix.bucket, ""};
  S3Request asked{.uri = bucket,
                  .query = {{"list-type", "2"},
                            {"encoding-type", "url"},
                            {"max-keys", format("{}", std::min(request.limit, most_keys))}},
                  .answers_document = true};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) asked.query.emplace_back(name, value);
  };
  add("prefix", request.prefix.key);
  add("delimiter", request.delimiter);
  add("continuation-token", token);
  if (token.empty()) add("start-after", begin_after(request));
  return asked;
}

/// The digest itself, not its text.
std::string md5_of(std::string_view bytes) {
  const std::string hex = md5_hex(bytes);
  std::string digest;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    digest += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return digest;
}

/// True for the name that versitygw lists for the moment in which it replaces an object NAME:
/// `.NAME.sgwtmp.` and digits. Nobody wrote it, and it is gone before it can be read.
bool is_passing(std::string_view key) {
  constexpr std::string_view mark = ".sgwtmp.";
  const std::string_view name = key.substr(key.rfind('/') + 1);
  const auto at = name.rfind(mark);
  if (!name.starts_with('.') || at == std::string_view::npos || at == 0) return false;
  const std::string_view number = name.substr(at + mark.size());
  return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
}

/// What S3 said, in our order, without what is not after `start_after`.
ListPage to_page(const ListRequest& request, s3_xml::Page found, bool by_versitygw) {
  ListPage page;
  page.truncated = found.truncated;
  const auto is_after = [&](const std::string& key) {
    return request.start_after.empty() || key > request.start_after;
  };
  for (auto& entry : found.objects) {
    if (!is_after(entry.key) || (by_versitygw && is_passing(entry.key))) continue;
    page.objects.push_back(
        {.uri = {request.prefix.scheme, request.prefix.bucket, std::move(entry.key)},
         .size = entry.size,
         .modified = entry.modified,
         .etag = std::move(entry.etag)});
  }
  for (auto& prefix : found.prefixes) {
    if (is_after(prefix)) page.prefixes.push_back(std::move(prefix));
  }
  std::ranges::sort(page.objects, {}, [](const ObjectInfo& info) { return info.uri.key; });
  std::ranges::sort(page.prefixes);
  return page;
}

}  // namespace

Result<ListPage> S3Store::list(const ListRequest& request) {
  if (auto checked = check_request(request); !checked) return pass(std::move(checked));
  for (std::string token;;) {
    auto answer = client_.send(page_request(request, token));
    if (!answer) return pass(std::move(answer));
    auto found = s3_xml::read_page(answer->body);
    if (!found) {
      return fail(FailureCode::Unavailable,
                  format("list {}: {}", request.prefix.to_string(), found.error().message));
    }
    const std::string next = found->token;
    const bool by_versitygw = answer->headers.get("Server") == "VERSITYGW";
    ListPage page = to_page(request, std::move(*found), by_versitygw);
    // All that was found was rolled up before: the next page has what is wanted.
    const bool empty = page.objects.empty() && page.prefixes.empty();
    if (empty && page.truncated && !next.empty() && next != token) {
      token = next;
      continue;
    }
    if (empty) page.truncated = false;
    if (!page.truncated) return page;
    if (!page.objects.empty()) page.next_start_after = page.objects.back().uri.key;
    if (!page.prefixes.empty()) {
      page.next_start_after = std::max(page.next_start_after, page.prefixes.back());
    }
    return page;
  }
}

Result<> S3Store::remove_all(const std::vector<Uri>& uris, Durable durable) {
  const auto elsewhere = [&](const Uri& uri) { return uri.bucket != uris.front().bucket; };
  if (std::ranges::any_of(uris, elsewhere)) return ObjectStore::remove_all(uris, durable);
  for (std::size_t begin = 0; begin < uris.size(); begin += most_keys) {
    std::vector<std::string> keys;
    for (std::size_t i = begin; i < std::min(begin + most_keys, uris.size()); ++i) {
      keys.push_back(uris[i].key);
    }
    const std::string body = s3_xml::delete_request(keys);
    const Uri bucket{uris.front().scheme, uris.front().bucket, ""};
    auto answer = client_.send({.method = "POST",
                                .uri = bucket,
                                .query = {{"delete", ""}},
                                .headers = {{"Content-MD5", http::base64(md5_of(body))}},
                                .body = body,
                                .answers_document = true});
    if (!answer) return pass(std::move(answer));
    const auto undeleted = s3_xml::read_undeleted(answer->body);
    if (undeleted.empty()) continue;
    const auto& [key, error] = undeleted.front();
    return fail(error.code == "AccessDenied" ? FailureCode::Denied : FailureCode::Unavailable,
                format("delete {}: {}: {}", Uri{bucket.scheme, bucket.bucket, key}.to_string(),
                       error.code, error.message));
  }
  return {};
}

}  // namespace cls::store
