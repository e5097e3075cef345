// SPDX-License-Identifier: Apache-2.0
#include "store/routed_store.h"

#include <algorithm>
#include <random>

#include "base/format.h"

namespace cls::store {

namespace {

/// A file of this process's that is removed when it is no longer needed.
class ScratchFile {
 public:
  ScratchFile(FileSystem& disk, const std::string& directory)
      : disk_(disk),
        path_(format("{}/fetched-{:08x}{:08x}{:08x}", directory, random(), random(), random())) {}
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  // One that cannot be removed is removed by `cls up`.
  ~ScratchFile() { static_cast<void>(disk_.unlink(path_)); }

  const std::string& path() const { return path_; }

 private:
  static unsigned random() { return std::random_device()(); }

  FileSystem& disk_;
  std::string path_;
};

}  // namespace

ObjectStore& RoutedStore::of(const Uri& uri) {
  if (s3_.has(uri)) return s3_;
  return files_;
}

Result<Object> RoutedStore::get(const Uri& uri, const Range& range) {
  return of(uri).get(uri, range);
}
Result<ObjectInfo> RoutedStore::get_pieces(const Uri& uri,
                                           const std::function<void(std::string_view)>& take) {
  return of(uri).get_pieces(uri, take);
}
Result<ObjectInfo> RoutedStore::head(const Uri& uri) {
  return of(uri).head(uri);
}
Result<std::string> RoutedStore::put(const Uri& uri, std::string_view bytes) {
  return of(uri).put(uri, bytes);
}
Result<std::string> RoutedStore::put_if_absent(const Uri& uri, std::string_view bytes) {
  return of(uri).put_if_absent(uri, bytes);
}
Result<std::string> RoutedStore::replace_if(const Uri& uri, std::string_view etag,
                                            std::string_view bytes) {
  return of(uri).replace_if(uri, etag, bytes);
}
Result<> RoutedStore::delete_if(const Uri& uri, std::string_view etag) {
  return of(uri).delete_if(uri, etag);
}
Result<> RoutedStore::remove(const Uri& uri, Durable durable) {
  return of(uri).remove(uri, durable);
}
Result<> RoutedStore::remove_all(const std::vector<Uri>& uris, Durable durable) {
  const auto on_s3 = [this](const Uri& uri) { return s3_.has(uri); };
  if (std::ranges::all_of(uris, on_s3)) return s3_.remove_all(uris, durable);
  return ObjectStore::remove_all(uris, durable);
}
Result<ListPage> RoutedStore::list(const ListRequest& request) {
  return of(request.prefix).list(request);
}

/// Steps that are all of one store go there at once: it may have a faster way for them.
std::vector<WriteResults> RoutedStore::write(const std::vector<WriteStep>& steps) {
  std::size_t on_s3 = 0;
  std::size_t all = 0;
  for (const auto& step : steps) {
    all += step.size();
    for (const auto& one : step) on_s3 += s3_.has(one.uri) ? 1 : 0;
  }
  if (on_s3 == 0) return files_.write(steps);
  if (on_s3 == all) return s3_.write(steps);
  return ObjectStore::write(steps);
}

Result<ObjectInfo> RoutedStore::copy_if_absent(const Uri& from, const Uri& to) {
  if (s3_.has(from) == s3_.has(to)) return of(from).copy_if_absent(from, to);
  return s3_.has(to) ? bring_to_s3(from, to, {}) : bring_to_files(from, to, {});
}

Result<ObjectInfo> RoutedStore::copy_version_if_absent(const ObjectInfo& from, const Uri& to) {
  if (s3_.has(from.uri) != s3_.has(to)) return ObjectStore::copy_version_if_absent(from, to);
  return of(to).copy_version_if_absent(from, to);
}

Result<ObjectInfo> RoutedStore::copy_if(const Uri& from, const Uri& to, std::string_view etag) {
  if (s3_.has(from) == s3_.has(to)) return of(from).copy_if(from, to, etag);
  return s3_.has(to) ? bring_to_s3(from, to, etag) : bring_to_files(from, to, etag);
}

Result<ObjectInfo> RoutedStore::bring_to_s3(const Uri& from, const Uri& to, Over over) {
  auto info = files_.head(from);
  if (!info) return pass(std::move(info));
  const auto read = [&](const Range& range) -> Result<std::string> {
    auto object = files_.get(from, range);
    if (!object) return pass(std::move(object));
    if (object->info.etag != info->etag) {
      return fail(FailureCode::Unavailable,
                  format("{} was changed while it was copied", from.to_string()));
    }
    return std::move(object->bytes);
  };
  return s3_.bring({.info = *info, .read = read}, to, over);
}

Result<ObjectInfo> RoutedStore::bring_to_files(const Uri& from, const Uri& to, Over over) {
  auto head = s3_.head(from);
  if (!head) return pass(std::move(head));
  if (head->size > md5_etag_limit) return bring_by_file(from, to, over);
  auto object = s3_.get(from);
  if (!object) return pass(std::move(object));
  auto etag =
      over ? files_.replace_if(to, *over, object->bytes) : files_.put_if_absent(to, object->bytes);
  if (!etag) return pass(std::move(etag));
  return files_.head(to);
}

Result<ObjectInfo> RoutedStore::bring_by_file(const Uri& from, const Uri& to, Over over) {
  const ScratchFile scratch(disk_, scratch_);
  Result<> written;
  auto fetched = s3_.get_pieces(from, [&](std::string_view piece) {
    if (written) written = disk_.append(scratch.path(), piece);
  });
  if (!fetched) return pass(std::move(fetched));
  if (!written) return pass(std::move(written));
  const Uri file{"file", "", scratch.path().substr(1)};
  return over ? files_.copy_if(file, to, *over) : files_.copy_if_absent(file, to);
}

}  // namespace cls::store
