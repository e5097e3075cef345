// SPDX-License-Identifier: Apache-2.0
#include "work/source_version.h"

#include "base/format.h"
#include "base/hash.h"

namespace cls::work {

Result<Digested> digest_object(store::ObjectStore& store, const Uri& uri) {
  Digest digest = Digest::sha256();
  auto info = store.get_pieces(uri, [&](std::string_view piece) { digest.update(piece); });
  if (!info) return pass(std::move(info));
  return Digested{std::move(*info), digest.hex()};
}

std::string describe(const store::ObjectInfo& info) {
  return format("size {}, etag {}", info.size, info.etag);
}

namespace {

Result<bool> is_version(store::ObjectStore& store, const store::ObjectInfo& found,
                        const record::ObjectVersion& version) {
  if (found.size != version.size) return false;
  if (version.etag && *version.etag == found.etag) return true;
  if (version.mtime && *version.mtime == format_instant(found.modified)) return true;
  if (!version.sha256) return !version.etag && !version.mtime;
  auto digested = digest_object(store, found.uri);
  if (!digested) return pass(std::move(digested));
  return digested->sha256 == *version.sha256;
}

}  // namespace

Result<SourceSight> look_at_source(store::ObjectStore& store, const flow::SourceMember& member) {
  auto found = store.head(member.uri);
  if (!found && found.error().code != FailureCode::NotFound) return pass(std::move(found));
  SourceSight sight;
  if (member.version) sight.version = *member.version;
  if (!found) {
    sight.vanished = "gone";
    return sight;
  }
  if (!member.version) {
    sight.version = {.size = found->size,
                     .mtime = format_instant(found->modified),
                     .sha256 = std::nullopt,
                     .etag = found->etag,
                     .versionId = std::nullopt};
    return sight;
  }
  auto same = is_version(store, *found, *member.version);
  if (!same && same.error().code == FailureCode::NotFound) {
    sight.vanished = "gone";
    return sight;
  }
  if (!same) return pass(std::move(same));
  if (!*same) sight.vanished = describe(*found);
  return sight;
}

}  // namespace cls::work
