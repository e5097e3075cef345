// SPDX-License-Identifier: Apache-2.0
#include "store/observed_store.h"

namespace cls::store {

void ObservedStore::count(std::uint64_t objects) {
  progress_.tell("objects", count_ += objects, 0);
}

Result<Object> ObservedStore::get(const Uri& uri, const Range& range) {
  count();
  return store_.get(uri, range);
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
