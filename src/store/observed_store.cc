// SPDX-License-Identifier: Apache-2.0
#include "store/observed_store.h"

namespace cls::store {

namespace {

/// Where an object lies, with a slash at the end.
std::string directory_of(const Uri& uri) {
  return uri.bucket + "/" + uri.key.substr(0, uri.key.rfind('/') + 1);
}

}  // namespace

void ObservedStore::count(std::uint64_t objects) {
  const auto all = count_ += objects;
  if (read_ >= expected_) progress_.tell("objects", all, 0);
}

void ObservedStore::expect(std::string things, const std::vector<Expected>& expected) {
  expected_ = read_ = 0;
  directories_.clear();
  std::uint64_t total = 0;
  for (const auto& one : expected) {
    static_cast<void>(for_each_object(*this, one.prefix, [&](const ObjectInfo& info) {
      const bool is_right_there =
          info.uri.key.find('/', one.prefix.key.size()) == std::string::npos;
      if (is_right_there && (!one.counts || one.counts(info))) total += one.times;
    }));
    directories_.insert(directory_of(one.prefix));
  }
  things_ = std::move(things);
  expected_ = total;
}

void ObservedStore::note_read(const Uri& uri) {
  if (read_ >= expected_ || !directories_.contains(directory_of(uri))) return;
  const auto read = ++read_;
  if (read <= expected_) progress_.tell(things_, read, expected_);
}

Result<Object> ObservedStore::get(const Uri& uri, const Range& range) {
  count();
  auto object = store_.get(uri, range);
  if (object) note_read(uri);
  return object;
}

Result<ObjectInfo> ObservedStore::get_pieces(const Uri& uri,
                                             const std::function<void(std::string_view)>& take) {
  count();
  return store_.get_pieces(uri, take);
}

Result<ObjectInfo> ObservedStore::head(const Uri& uri) {
  count();
  return store_.head(uri);
}

Result<std::string> ObservedStore::put(const Uri& uri, std::string_view bytes) {
  count();
  return store_.put(uri, bytes);
}

Result<std::string> ObservedStore::put_if_absent(const Uri& uri, std::string_view bytes) {
  count();
  return store_.put_if_absent(uri, bytes);
}

Result<std::string> ObservedStore::replace_if(const Uri& uri, std::string_view etag,
                                              std::string_view bytes) {
  count();
  return store_.replace_if(uri, etag, bytes);
}

std::vector<WriteResults> ObservedStore::write(const std::vector<WriteStep>& steps) {
  for (const auto& step : steps) count(step.size());
  return store_.write(steps);
}

Result<> ObservedStore::delete_if(const Uri& uri, std::string_view etag) {
  count();
  return store_.delete_if(uri, etag);
}

Result<> ObservedStore::remove(const Uri& uri, Durable durable) {
  count();
  return store_.remove(uri, durable);
}

Result<> ObservedStore::remove_all(const std::vector<Uri>& uris, Durable durable) {
  count(uris.size());
  return store_.remove_all(uris, durable);
}

Result<ObjectInfo> ObservedStore::copy_if_absent(const Uri& from, const Uri& to) {
  count();
  return store_.copy_if_absent(from, to);
}

Result<ObjectInfo> ObservedStore::copy_if(const Uri& from, const Uri& to, std::string_view etag) {
  count();
  return store_.copy_if(from, to, etag);
}

Result<ObjectInfo> ObservedStore::copy_version_if_absent(const ObjectInfo& from, const Uri& to) {
  count();
  return store_.copy_version_if_absent(from, to);
}

Result<ListPage> ObservedStore::list(const ListRequest& request) {
  auto page = store_.list(request);
  if (page) count(page->objects.size());
  return page;
}

}  // namespace cls::store
