// SPDX-License-Identifier: Apache-2.0
#include "store/object_store.h"

#include <algorithm>

#include "base/format.h"

namespace cls::store {

std::vector<WriteResults> ObjectStore::write(const std::vector<WriteStep>& steps) {
  std::vector<WriteResults> done;
  for (const auto& step : steps) {
    auto& results = done.emplace_back();
    for (const auto& one : step) {
      results.push_back(one.etag ? replace_if(one.uri, *one.etag, one.bytes)
                                 : put_if_absent(one.uri, one.bytes));
    }
    const auto failed = [](const auto& result) { return !result.has_value(); };
    if (std::ranges::any_of(results, failed)) break;
  }
  return done;
}

Result<> ObjectStore::remove_all(const std::vector<Uri>& uris, Durable durable) {
  for (const auto& uri : uris) {
    if (auto removed = remove(uri, durable); !removed) return removed;
  }
  return {};
}

Result<ObjectInfo> ObjectStore::copy_version_if_absent(const ObjectInfo& from, const Uri& to) {
  return fail(FailureCode::Unsupported, format("copying {} to {} proves nothing of what is copied",
                                               from.uri.to_string(), to.to_string()));
}

Result<> check_request(const ListRequest& request) {
  if (!request.delimiter.empty() && request.delimiter != "/") {
    return fail(FailureCode::Invalid,
                format("list {}: the delimiter is '{}'; only '/' or none can be used",
                       request.prefix.to_string(), request.delimiter));
  }
  if (request.limit == 0) {
    return fail(FailureCode::Invalid, format("list {}: the limit is 0; it must be at least 1",
                                             request.prefix.to_string()));
  }
  return {};
}

std::string_view slice(std::string_view bytes, const Range& range) {
  const std::uint64_t start = std::min<std::uint64_t>(range.offset, bytes.size());
  return bytes.substr(start, range.length.value_or(bytes.size()));
}

Result<> for_each_object(ObjectStore& store, const Uri& prefix,
                         const std::function<void(const ObjectInfo&)>& take) {
  // Large pages: a file store walks from the bucket's directory to the page's start each time.
  ListRequest request{.prefix = prefix, .limit = 10'000};
  while (true) {
    auto page = store.list(request);
    if (!page) return pass(std::move(page));
    for (const auto& object : page->objects) take(object);
    if (!page->truncated) return {};
    if (page->next_start_after <= request.start_after) {
      return fail(FailureCode::Unavailable, format("list {}: the page after '{}' does not move on",
                                                   prefix.to_string(), request.start_after));
    }
    request.start_after = page->next_start_after;
  }
}

}  // namespace cls::store
