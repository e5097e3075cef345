// SPDX-License-Identifier: Apache-2.0
#include "store/file_store.h"

#include <utility>

#include "base/format.h"

namespace cls::store {

namespace {

template <class T>
bool is_absent(const Result<T>& result) {
  return !result && result.error().code == FailureCode::NotFound;
}

/// The lowest path at or above `path` where something is, a link that leads nowhere included.
Result<std::string> existing_part(FileSystem& files, std::string path) {
  while (true) {
    const auto status = files.status(path, false);
    if (status) return path;
    if (!is_absent(status) || path == "/") return tl::unexpected<Failure>(status.error());
    path = parent_path(path);
  }
}

}  // namespace

FileStore::FileStore(FileSystem& files, FileStoreLayout layout)
    : files_(files),
      places_(files, std::move(layout)),
      reader_(files, places_),
      locks_(files),
      writer_(files, places_, reader_, locks_),
      listing_(files, places_) {}

Result<Object> FileStore::get(const Uri& uri, const Range& range) {
  auto place = places_.place(uri);
  if (!place) return pass(std::move(place));
  return reader_.get(*place, range);
}

Result<ObjectInfo> FileStore::get_pieces(const Uri& uri,
                                         const std::function<void(std::string_view)>& take) {
  auto place = places_.place(uri);
  if (!place) return pass(std::move(place));
  return reader_.get_pieces(*place, take);
}

Result<ObjectInfo> FileStore::head(const Uri& uri) {
  auto place = places_.place(uri);
  if (!place) return pass(std::move(place));
  return reader_.head(*place);
}

std::vector<WriteResults> FileStore::write(const std::vector<WriteStep>& steps) {
  return FileGroup({places_, reader_, locks_, writer_}, steps).run();
}

Result<std::string> FileStore::write_one(const Write& write) {
  return std::move(this->write({{write}}).front().front());
}

Result<std::string> FileStore::put(const Uri& uri, std::string_view bytes) {
  auto place = places_.place(uri);
  if (!place) return pass(std::move(place));
  auto written = writer_.write(*place, Install::Over, {.bytes = bytes});
  if (!written) return pass(std::move(written));
  return std::move(written->etag);
}

Result<std::string> FileStore::put_if_absent(const Uri& uri, std::string_view bytes) {
  return write_one({.uri = uri, .bytes = std::string(bytes)});
}

Result<std::string> FileStore::replace_if(const Uri& uri, std::string_view etag,
                                          std::string_view bytes) {
  return write_one({.uri = uri, .bytes = std::string(bytes), .etag = std::string(etag)});
}

Result<std::string> FileStore::present(const FilePlace& place) {
  auto directory = places_.real_path_inside(place, place.directory());
  if (is_absent(directory)) return reader_.not_found(place);
  if (!directory) return about(place.uri, directory.error());
  std::string path = path_in(*directory, place.name());
  const auto status = files_.status(path, false);
  if (is_absent(status) || (status && status->kind == FileKind::Directory)) {
    return reader_.not_found(place);
  }
  if (!status) return about(place.uri, status.error());
  return path;
}

Result<> FileStore::delete_if(const Uri& uri, std::string_view etag) {
  auto place = places_.place(uri);
  if (!place) return pass(std::move(place));
  auto path = present(*place);
  if (!path) return pass(std::move(path));
  auto guard = locks_.take(*place);
  if (is_absent(guard)) return reader_.not_found(*place);
  if (!guard) return pass(std::move(guard));
  auto current = reader_.head(*place);
  if (!current) return pass(std::move(current));
  if (auto same = check_etag(*current, etag); !same) return same;
  auto left = take_away(*place, *path, std::move(*guard));
  if (!left) return pass(std::move(left));
  return settle_removal(*place, std::move(*left));
}

Result<> FileStore::remove(const Uri& uri, Durable durable) {
  auto place = places_.place(uri);
  if (!place) return pass(std::move(place));
  auto path = present(*place);
  if (is_absent(path)) return {};
  if (!path) return pass(std::move(path));
  auto guard = locks_.take_if_possible(*place);
  if (is_absent(guard)) return {};
  if (!guard) return pass(std::move(guard));
  auto left = take_away(*place, *path, std::move(*guard));
  if (is_absent(left)) return {};
  if (!left) return pass(std::move(left));
  return durable == Durable::Later ? Result<>{} : settle_removal(*place, std::move(*left));
}

Result<std::string> FileStore::take_away(const FilePlace& place, const std::string& path,
                                         FileGuard guard) {
  if (auto gone = files_.unlink(path); !gone) {
    if (is_absent(gone)) return reader_.not_found(place);
    return fail(gone.error().code,
                format("{} cannot be deleted: {}", place.uri.to_string(), gone.error().message));
  }
  guard = FileGuard{};
  const std::string directory = place.directory();
  return place.whole_machine() ? directory : writer_.remove_empty(directory, place.root);
}

Result<> FileStore::settle_removal(const FilePlace& place, std::string directory) {
  while (true) {
    auto synced = files_.sync({directory});
    if (synced) return {};
    if (!is_absent(synced) || directory == "/") {
      return fail(FailureCode::Unavailable,
                  format("{} is deleted, but may come back after a power failure: {}",
                         place.uri.to_string(), synced.error().message));
    }
    directory = parent_path(directory);  // somebody else removed it
  }
}

Result<std::string> FileStore::source_path(const Uri& from) {
  auto source = places_.place(from);
  if (!source) return pass(std::move(source));
  auto path = places_.real_path_inside(*source, source->path);
  if (is_absent(path)) return reader_.not_found(*source);
  if (!path) return about(from, path.error());
  const auto status = files_.status(*path, true);
  if (is_absent(status) || (status && status->kind != FileKind::File)) {
    return reader_.not_found(*source);
  }
  if (!status) return about(from, status.error());
  return path;
}

Result<ObjectInfo> FileStore::copy_if_absent(const Uri& from, const Uri& to) {
  auto path = source_path(from);
  if (!path) return pass(std::move(path));
  auto target = places_.place(to);
  if (!target) return pass(std::move(target));
  return writer_.write(*target, Install::IfAbsent, {.source = *path});
}

Result<ObjectInfo> FileStore::copy_if(const Uri& from, const Uri& to, std::string_view etag) {
  auto path = source_path(from);
  if (!path) return pass(std::move(path));
  auto target = places_.place(to);
  if (!target) return pass(std::move(target));
  // As replace_if: compared without the lock first, so that who loses writes nothing.
  if (auto same = check_version(reader_, *target, etag); !same) return pass(std::move(same));
  auto staged = writer_.stage(*target, Install::OverLocked, {.source = *path});
  if (!staged) return pass(std::move(staged));
  if (auto synced = writer_.sync(staged->unsynced); !synced) {
    writer_.discard(*staged);
    return about(to, synced.error());
  }
  auto guard = lock_version(locks_, reader_, *target, etag);
  if (!guard) {
    writer_.discard(*staged);
    return pass(std::move(guard));
  }
  auto installed = writer_.install(*target, *staged, Install::OverLocked, std::move(*guard));
  if (!installed) return pass(std::move(installed));
  if (auto synced = writer_.sync({staged->real}); !synced) {
    return FileWriter::not_durable(*target, synced.error());
  }
  return std::move(staged->info);
}

Result<std::string> FileStore::local_path(const Uri& uri) {
  auto place = places_.place(uri);
  if (!place) return pass(std::move(place));
  if (place->whole_machine()) return place->path;
  auto existing = existing_part(files_, place->path);
  if (!existing) return about(uri, existing.error());
  if (path_inside(*existing, place->root)) {
    auto inside = places_.real_path_inside(*place, *existing);
    if (is_absent(inside)) {
      return fail(FailureCode::Denied, format("{}: {} is a symbolic link that leads nowhere",
                                              uri.to_string(), *existing));
    }
    if (!inside) return about(uri, inside.error());
  }
  return place->path;
}

Result<> FileStore::check_locks(const std::string& scheme, const std::string& bucket) {
  auto root = places_.root(scheme, bucket);
  if (!root) return pass(std::move(root));
  if (root->empty()) {
    return fail(FailureCode::Invalid,
                "file:/// has no single place for locks; keep records in a bucket");
  }
  auto existing = existing_part(files_, *root);
  if (!existing) return pass(std::move(existing));
  auto proved = locks_.prove(path_in(*existing, writer_.temp_name()));
  if (proved) return proved;
  return fail(proved.error().code,
              format("locks of {}://{}: {}", scheme, bucket, proved.error().message));
}

}  // namespace cls::store
