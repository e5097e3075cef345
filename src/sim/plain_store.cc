// SPDX-License-Identifier: Apache-2.0
#include "sim/plain_store.h"

#include <algorithm>
#include <utility>

#include "base/format.h"
#include "base/hash.h"

namespace cls::sim {

using store::ListPage;
using store::ListRequest;
using store::Object;
using store::ObjectInfo;

namespace {

tl::unexpected<Failure> absent(const Uri& uri) {
  return fail(FailureCode::NotFound, format("no object {}", uri.to_string()));
}

tl::unexpected<Failure> conflict(const Uri& uri, std::string_view why) {
  return fail(FailureCode::Conflict, format("{}: {}", uri.to_string(), why));
}

ObjectInfo info_of(const Uri& uri, const Stored& stored) {
  return {.uri = uri,
          .size = stored.bytes->size(),
          .modified = stored.modified,
          .etag = stored.etag,
          .version_id = stored.version_id};
}

}  // namespace

const Stored* PlainStore::present(const Uri& uri) {
  const auto before = former_.find(uri);
  if (before != former_.end() && broken(PortBug::StaleReads)) return &before->second;
  return disk_.find(uri);
}

std::string PlainStore::set(const Uri& uri, std::shared_ptr<const std::string> bytes) {
  if (bug_ == PortBug::StaleReads) {
    if (const Stored* there = disk_.find(uri)) former_[uri] = *there;
  }
  Stored next{.bytes = std::move(bytes), .modified = stamp_(), .etag = {}};
  next.etag = md5_hex(*next.bytes);
  std::string etag = next.etag;
  last_change_ = disk_.apply(writer_, uri, std::move(next), later_);
  return etag;
}

void PlainStore::put_half(const Uri& uri, std::string_view bytes) {
  set(uri, std::make_shared<const std::string>(bytes.substr(0, bytes.size() / 2)));
}

Result<Object> PlainStore::get(const Uri& uri, const store::Range& range) {
  const Stored* there = present(uri);
  if (there == nullptr) return absent(uri);
  return Object{.info = info_of(uri, *there),
                .bytes = std::string(store::slice(*there->bytes, range))};
}

Result<ObjectInfo> PlainStore::get_pieces(const Uri& uri,
                                          const std::function<void(std::string_view)>& take) {
  const Stored* there = present(uri);
  if (there == nullptr) return absent(uri);
  const Stored kept = *there;
  take(*kept.bytes);
  return info_of(uri, kept);
}

Result<ObjectInfo> PlainStore::head(const Uri& uri) {
  const Stored* there = present(uri);
  if (there == nullptr) return absent(uri);
  return info_of(uri, *there);
}

Result<std::string> PlainStore::put(const Uri& uri, std::string_view bytes) {
  return set(uri, std::make_shared<const std::string>(bytes));
}

Result<std::string> PlainStore::put_if_absent(const Uri& uri, std::string_view bytes) {
  last_change_ = 0;
  if (disk_.find(uri) != nullptr && !broken(PortBug::AbsentOverwrites)) {
    return conflict(uri, "an object is already there");
  }
  return put(uri, bytes);
}

Result<std::string> PlainStore::replace_if(const Uri& uri, std::string_view etag,
                                           std::string_view bytes) {
  last_change_ = 0;
  const Stored* there = disk_.find(uri);
  if (there == nullptr) return conflict(uri, "it is absent");
  if (there->etag != etag && !broken(PortBug::LostCondition)) {
    return conflict(uri, "it has another ETag");
  }
  return put(uri, bytes);
}

Result<> PlainStore::delete_if(const Uri& uri, std::string_view etag) {
  last_change_ = 0;
  const Stored* there = disk_.find(uri);
  if (there == nullptr) return absent(uri);
  if (there->etag != etag) return conflict(uri, "it has another ETag");
  last_change_ = disk_.apply(writer_, uri, std::nullopt, later_);
  return {};
}

Result<> PlainStore::remove(const Uri& uri, store::Durable durable) {
  last_change_ = 0;
  if (disk_.find(uri) == nullptr) return {};
  last_change_ =
      disk_.apply(writer_, uri, std::nullopt, later_ || durable == store::Durable::Later);
  return {};
}

Result<ObjectInfo> PlainStore::copy_if_absent(const Uri& from, const Uri& to) {
  last_change_ = 0;
  const Stored* source = disk_.find(from);
  if (source == nullptr) return absent(from);
  if (disk_.find(to) != nullptr) return conflict(to, "an object is already there");
  set(to, source->bytes);
  return info_of(to, *disk_.find(to));
}

Result<ObjectInfo> PlainStore::copy_if(const Uri& from, const Uri& to, std::string_view etag) {
  last_change_ = 0;
  const Stored* source = disk_.find(from);
  if (source == nullptr) return absent(from);
  const auto bytes = source->bytes;
  if (auto written = replace_if(to, etag, *bytes); !written) return pass(std::move(written));
  return info_of(to, *disk_.find(to));
}

Result<ListPage> PlainStore::list(const ListRequest& request) {
  if (auto checked = store::check_request(request); !checked) return pass(std::move(checked));
  if (!request.delimiter.empty()) {
    return fail(FailureCode::Unsupported, "the simulated store lists without a delimiter");
  }
  const Disk::Bucket* objects = disk_.bucket(request.prefix);
  if (objects == nullptr) {
    return fail(FailureCode::NotFound, format("no bucket {}", request.prefix.bucket));
  }
  const std::string& prefix = request.prefix.key;
  auto at = request.start_after >= prefix ? objects->upper_bound(request.start_after)
                                          : objects->lower_bound(prefix);
  const auto first = bug_ == PortBug::StaleListing
                         ? listed_.try_emplace(request.prefix.to_string(), stamp_()).first->second
                         : Instant{};
  ListPage page;
  for (; at != objects->end() && at->first.starts_with(prefix); ++at) {
    const auto& [key, stored] = *at;
    if (bug_ == PortBug::StaleListing && stored.modified > first) continue;
    if (page.objects.size() == std::min(request.limit, page_)) {
      page.truncated = true;
      page.next_start_after = page.objects.back().uri.key;
      return page;
    }
    page.objects.push_back({.uri = {request.prefix.scheme, request.prefix.bucket, key},
                            .size = stored.bytes->size(),
                            .modified = stored.modified,
                            .etag = etags_ ? stored.etag : ""});
  }
  return page;
}

}  // namespace cls::sim
