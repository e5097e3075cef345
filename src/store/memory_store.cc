// SPDX-License-Identifier: Apache-2.0
#include "store/memory_store.h"

#include "base/format.h"
#include "base/hash.h"

namespace cls::store {

namespace {

Result<> check_key(const Uri& uri) {
  if (!uri.key.empty()) return {};
  return fail(FailureCode::Invalid,
              format("{} names no object: the key is empty", uri.to_string()));
}

tl::unexpected<Failure> absent(const Uri& uri) {
  return fail(FailureCode::NotFound, format("no object {}", uri.to_string()));
}

tl::unexpected<Failure> changed(const Uri& uri, std::string_view wanted, std::string_view found) {
  return fail(FailureCode::Conflict,
              format("{} has another ETag: wanted {}, found {}", uri.to_string(), wanted, found));
}

tl::unexpected<Failure> nothing_with(const Uri& uri, std::string_view etag) {
  return fail(FailureCode::Conflict,
              format("no object {} with the ETag {}: it is absent", uri.to_string(), etag));
}

/// The first text after every text that starts with `prefix`, which ends in '/'.
std::string past(std::string prefix) {
  prefix.back() = '/' + 1;
  return prefix;
}

}  // namespace

Result<MemoryStore::Stored> MemoryStore::find(const Uri& uri) const {
  if (auto checked = check_key(uri); !checked) return pass(std::move(checked));
  const std::lock_guard lock(mutex_);
  const auto bucket = buckets_.find({uri.scheme, uri.bucket});
  if (bucket == buckets_.end()) return absent(uri);
  const auto object = bucket->second.find(uri.key);
  if (object == bucket->second.end()) return absent(uri);
  return object->second;
}

MemoryStore::Stored* MemoryStore::find_locked(const Uri& uri) {
  const auto bucket = buckets_.find({uri.scheme, uri.bucket});
  if (bucket == buckets_.end()) return nullptr;
  const auto object = bucket->second.find(uri.key);
  return object == bucket->second.end() ? nullptr : &object->second;
}

MemoryStore::Stored MemoryStore::make(std::shared_ptr<const std::string> bytes) {
  Stored stored{.bytes = std::move(bytes), .modified = clock_.now(), .etag = {}};
  if (stored.bytes->size() <= md5_etag_limit) {
    stored.etag = md5_hex(*stored.bytes);
    return stored;
  }
  const std::lock_guard lock(mutex_);
  stored.etag =
      format("{}-{}-{}", stored.bytes->size(), stored.modified.time_since_epoch().count(), ++made_);
  return stored;
}

Result<Object> MemoryStore::get(const Uri& uri, const Range& range) {
  auto stored = find(uri);
  if (!stored) return pass(std::move(stored));
  return Object{.info = {.uri = uri,
                         .size = stored->bytes->size(),
                         .modified = stored->modified,
                         .etag = stored->etag},
                .bytes = std::string(slice(*stored->bytes, range))};
}

Result<ObjectInfo> MemoryStore::get_pieces(const Uri& uri,
                                           const std::function<void(std::string_view)>& take) {
  auto stored = find(uri);
  if (!stored) return pass(std::move(stored));
  std::string_view rest = *stored->bytes;
  while (!rest.empty()) {
    const std::string_view piece = rest.substr(0, piece_limit);
    take(piece);
    rest.remove_prefix(piece.size());
  }
  return ObjectInfo{uri, stored->bytes->size(), stored->modified, stored->etag};
}

Result<ObjectInfo> MemoryStore::head(const Uri& uri) {
  auto stored = find(uri);
  if (!stored) return pass(std::move(stored));
  ObjectInfo info{uri, stored->bytes->size(), stored->modified, stored->etag};
  if (names_versions_) info.version_id = format_instant(stored->modified);
  return info;
}

Result<std::string> MemoryStore::put(const Uri& uri, std::string_view bytes) {
  if (auto checked = check_key(uri); !checked) return pass(std::move(checked));
  Stored stored = make(std::make_shared<const std::string>(bytes));
  std::string etag = stored.etag;
  const std::lock_guard lock(mutex_);
  buckets_[{uri.scheme, uri.bucket}].insert_or_assign(uri.key, std::move(stored));
  return etag;
}

Result<std::string> MemoryStore::put_if_absent(const Uri& uri, std::string_view bytes) {
  if (auto checked = check_key(uri); !checked) return pass(std::move(checked));
  const Stored stored = make(std::make_shared<const std::string>(bytes));
  std::string etag = stored.etag;
  const std::lock_guard lock(mutex_);
  if (!buckets_[{uri.scheme, uri.bucket}].try_emplace(uri.key, stored).second) {
    return fail(FailureCode::Conflict, format("{}: an object is already there", uri.to_string()));
  }
  return etag;
}

Result<std::string> MemoryStore::replace_if(const Uri& uri, std::string_view etag,
                                            std::string_view bytes) {
  if (auto checked = check_key(uri); !checked) return pass(std::move(checked));
  Stored stored = make(std::make_shared<const std::string>(bytes));
  const std::lock_guard lock(mutex_);
  Stored* there = find_locked(uri);
  if (there == nullptr) return nothing_with(uri, etag);
  if (there->etag != etag) return changed(uri, etag, there->etag);
  *there = std::move(stored);
  return there->etag;
}

Result<> MemoryStore::delete_if(const Uri& uri, std::string_view etag) {
  if (auto checked = check_key(uri); !checked) return checked;
  const std::lock_guard lock(mutex_);
  const Stored* there = find_locked(uri);
  if (there == nullptr) return absent(uri);
  if (there->etag != etag) return changed(uri, etag, there->etag);
  buckets_[{uri.scheme, uri.bucket}].erase(uri.key);
  return {};
}

Result<> MemoryStore::remove(const Uri& uri, Durable /*durable*/) {
  if (auto checked = check_key(uri); !checked) return checked;
  const std::lock_guard lock(mutex_);
  const auto bucket = buckets_.find({uri.scheme, uri.bucket});
  if (bucket != buckets_.end()) bucket->second.erase(uri.key);
  return {};
}

Result<ObjectInfo> MemoryStore::copy_to(const Uri& from, const Uri& to,
                                        const std::optional<std::string_view>& etag) {
  if (auto checked = check_key(to); !checked) return pass(std::move(checked));
  auto source = find(from);
  if (!source) return pass(std::move(source));
  Stored stored = make(source->bytes);
  ObjectInfo info{to, stored.bytes->size(), stored.modified, stored.etag};
  const std::lock_guard lock(mutex_);
  if (etag) {
    Stored* there = find_locked(to);
    if (there == nullptr) return nothing_with(to, *etag);
    if (there->etag != *etag) return changed(to, *etag, there->etag);
    *there = std::move(stored);
  } else if (!buckets_[{to.scheme, to.bucket}].try_emplace(to.key, std::move(stored)).second) {
    return fail(FailureCode::Conflict, format("{}: an object is already there", to.to_string()));
  }
  return info;
}

Result<ObjectInfo> MemoryStore::copy_if_absent(const Uri& from, const Uri& to) {
  return copy_to(from, to, std::nullopt);
}

Result<ObjectInfo> MemoryStore::copy_if(const Uri& from, const Uri& to, std::string_view etag) {
  return copy_to(from, to, etag);
}

Result<ListPage> MemoryStore::list(const ListRequest& request) {
  if (auto checked = check_request(request); !checked) return pass(std::move(checked));
  const std::lock_guard lock(mutex_);
  const auto bucket = buckets_.find({request.prefix.scheme, request.prefix.bucket});
  if (bucket == buckets_.end()) {
    return fail(FailureCode::NotFound, format("list {}: there is no bucket '{}'",
                                              request.prefix.to_string(), request.prefix.bucket));
  }
  const std::string& prefix = request.prefix.key;
  const Bucket& objects = bucket->second;
  auto at = objects.lower_bound(prefix);
  if (request.start_after >= prefix) at = objects.upper_bound(request.start_after);
  ListPage page;
  while (at != objects.end() && at->first.starts_with(prefix)) {
    const auto& [key, stored] = *at;
    const auto slash = request.delimiter.empty() ? std::string::npos : key.find('/', prefix.size());
    const std::string item = key.substr(0, slash == std::string::npos ? slash : slash + 1);
    const bool rolled = slash != std::string::npos;
    if (rolled && item <= request.start_after) {
      at = objects.lower_bound(past(item));
      continue;
    }
    if (page.objects.size() + page.prefixes.size() == request.limit) {
      page.truncated = true;
      return page;
    }
    page.next_start_after = item;
    if (rolled) {
      page.prefixes.push_back(item);
      at = objects.lower_bound(past(item));
    } else {
      page.objects.push_back({Uri{request.prefix.scheme, request.prefix.bucket, key},
                              stored.bytes->size(),
                              stored.modified,
                              {}});
      ++at;
    }
  }
  page.next_start_after.clear();
  return page;
}

}  // namespace cls::store
