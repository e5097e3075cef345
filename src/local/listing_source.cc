// SPDX-License-Identifier: Apache-2.0
#include "local/listing_source.h"

#include "store/file_places.h"

namespace cls::local {

ScanResult ListingSource::scan(const Known& known) {
  ScanResult result(path_);
  const Instant seen = clock_.now();
  auto listed = store::for_each_object(store_, path_, [&](const store::ObjectInfo& info) {
    ++result.looked_at;
    // Others may use the bucket as files.
    if (store::is_hidden(info.uri.key)) return;
    record::ObjectVersion version{.size = info.size,
                                  .mtime = std::nullopt,
                                  .sha256 = std::nullopt,
                                  .etag = info.etag,
                                  .versionId = std::nullopt};
    // Some endpoints have none for files that were laid beside them, not put.
    if (info.etag.empty()) {
      version.etag.reset();
      version.mtime = format_instant(info.modified);
    }
    if (known(info.uri, version)) return;
    result.arrivals.add({.uri = info.uri,
                         .version = std::move(version),
                         .modified = info.modified,
                         .event = info.modified,
                         .first_seen = seen});
  });
  // What was listed before the failure is taken.
  if (!listed) result.unreadable.emplace(path_.to_string(), listed.error().message);
  return result;
}

ScanResult ListingSource::look(const std::vector<std::string>& whole,
                               const std::vector<std::string>& other, const Known& known) {
  if (whole.empty() && other.empty()) return ScanResult(path_);
  return scan(known);
}

}  // namespace cls::local
