// SPDX-License-Identifier: Apache-2.0
#include "store/file_reader.h"

#include <algorithm>

#include "base/format.h"
#include "base/hash.h"

namespace cls::store {

namespace {

/// A writer in place is usually done within a few reads; who appends for ever is not waited for.
constexpr int read_attempts = 8;

std::string large_etag(const FileStatus& status) {
  return format("{}-{}-{}", status.size, status.modified.time_since_epoch().count(), status.inode);
}

bool same_content(const FileStatus& a, const FileStatus& b) {
  return a.size == b.size && a.modified == b.modified;
}

tl::unexpected<Failure> written_meanwhile(const Uri& uri) {
  return fail(FailureCode::Unavailable,
              format("{} was written to in place while it was read; try again when its writer is "
                     "done",
                     uri.to_string()));
}

/// The bytes that `range` names and the whole's ETag; without a range the ETag alone.
Result<Object> read_stable(const Uri& uri, OpenFile& file, const Range* range) {
  for (int attempt = 0; attempt < read_attempts; ++attempt) {
    const auto before = file.status();
    if (!before) return about(uri, before.error());
    Object object{{uri, before->size, before->modified, {}}, {}};
    const bool large = before->size > md5_etag_limit;
    std::uint64_t whole = before->size;
    if (large) {
      object.info.etag = large_etag(*before);
      if (range != nullptr) {
        auto bytes = file.read(range->offset, range->length);
        if (!bytes) return about(uri, bytes.error());
        object.bytes = std::move(*bytes);
      }
    } else {
      auto bytes = file.read();
      if (!bytes) return about(uri, bytes.error());
      whole = bytes->size();
      object.info.etag = md5_hex(*bytes);
      const bool all = range != nullptr && range->offset == 0 && !range->length;
      if (range != nullptr)
        object.bytes = all ? std::move(*bytes) : std::string(slice(*bytes, *range));
    }
    const auto after = file.status();
    if (!after) return about(uri, after.error());
    if (whole == before->size && same_content(*before, *after)) return object;
  }
  return written_meanwhile(uri);
}

}  // namespace

tl::unexpected<Failure> FileReader::not_found(const FilePlace& place) const {
  const std::string uri = place.uri.to_string();
  if (!place.whole_machine()) {
    const auto root = files_.status(place.root, true);
    if (!root && root.error().code == FailureCode::NotFound) {
      return fail(FailureCode::NotFound,
                  format("no object {}: there is no bucket '{}' (no directory {})", uri,
                         place.uri.bucket, place.root));
    }
  }
  return fail(FailureCode::NotFound, format("no object {} (no file {})", uri, place.path));
}

Result<std::unique_ptr<OpenFile>> FileReader::open(const FilePlace& place) const {
  auto real = places_.real_path_inside(place, place.path);
  if (!real && real.error().code == FailureCode::NotFound) return not_found(place);
  if (!real) return about(place.uri, real.error());
  auto file = files_.open(*real);
  if (!file && file.error().code == FailureCode::NotFound) return not_found(place);
  if (!file) return about(place.uri, file.error());
  const auto status = (*file)->status();
  if (!status) return about(place.uri, status.error());
  if (status->kind != FileKind::File) {
    return fail(FailureCode::NotFound,
                format("no object {}: {} is {}, not a file", place.uri.to_string(), place.path,
                       status->kind == FileKind::Directory ? "a directory" : "a special file"));
  }
  return file;
}

Result<Object> FileReader::get(const FilePlace& place, const Range& range) const {
  auto file = open(place);
  if (!file) return pass(std::move(file));
  return read_stable(place.uri, **file, &range);
}

Result<ObjectInfo> FileReader::head(const FilePlace& place) const {
  auto file = open(place);
  if (!file) return pass(std::move(file));
  auto object = read_stable(place.uri, **file, nullptr);
  if (!object) return pass(std::move(object));
  return std::move(object->info);
}

Result<ObjectInfo> FileReader::describe(const Uri& uri, const std::string& path) const {
  auto file = files_.open(path);
  if (!file) return about(uri, file.error());
  auto object = read_stable(uri, **file, nullptr);
  if (!object) return pass(std::move(object));
  return std::move(object->info);
}

Result<ObjectInfo> FileReader::get_pieces(const FilePlace& place,
                                          const std::function<void(std::string_view)>& take) const {
  auto file = open(place);
  if (!file) return pass(std::move(file));
  const auto before = (*file)->status();
  if (!before) return about(place.uri, before.error());
  const bool large = before->size > md5_etag_limit;
  Digest digest = Digest::md5();
  std::uint64_t done = 0;
  while (done < before->size) {
    auto piece = (*file)->read(done, std::min(piece_limit, before->size - done));
    if (!piece) return about(place.uri, piece.error());
    if (piece->empty()) return written_meanwhile(place.uri);
    if (!large) digest.update(*piece);
    take(*piece);
    done += piece->size();
  }
  const auto after = (*file)->status();
  if (!after) return about(place.uri, after.error());
  if (!same_content(*before, *after)) return written_meanwhile(place.uri);
  return ObjectInfo{place.uri, before->size, before->modified,
                    large ? large_etag(*before) : digest.hex()};
}

}  // namespace cls::store
