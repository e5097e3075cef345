// SPDX-License-Identifier: Apache-2.0
// S3Store's listings.
#include <algorithm>

#include "base/format.h"
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

/// What S3 said, in our order, without what is not after `start_after`.
ListPage to_page(const ListRequest& request, s3_xml::Page found) {
  ListPage page;
  page.truncated = found.truncated;
  const auto is_after = [&](const std::string& key) {
    return request.start_after.empty() || key > request.start_after;
  };
  for (auto& entry : found.objects) {
    if (!is_after(entry.key)) continue;
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
    ListPage page = to_page(request, std::move(*found));
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

}  // namespace cls::store
