// SPDX-License-Identifier: Apache-2.0
#include "record/object_version.h"

#include <charconv>

#include "base/format.h"

namespace cls::record {

bool same_version(const ObjectVersion& a, const ObjectVersion& b) {
  if (a.versionId && b.versionId) return *a.versionId == *b.versionId;
  if (a.size != b.size) return false;
  if (a.sha256 && b.sha256) return *a.sha256 == *b.sha256;
  if (a.etag && b.etag) return *a.etag == *b.etag;
  return a.mtime == b.mtime;
}

std::string version_text(const ObjectVersion& version) {
  if (version.versionId) return format("{}:version:{}", version.size, *version.versionId);
  if (version.sha256) return format("{}:sha256:{}", version.size, *version.sha256);
  if (version.etag) return format("{}:etag:{}", version.size, *version.etag);
  return format("{}:mtime:{}", version.size, version.mtime.value_or(""));
}

std::optional<ObjectVersion> version_of_text(std::string_view text) {
  ObjectVersion version;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version.size);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const auto take = [&](std::string_view kind, std::optional<std::string>& into) {
    if (!text.starts_with(kind)) return false;
    into = text.substr(kind.size());
    return true;
  };
  if (take(":version:", version.versionId) || take(":sha256:", version.sha256) ||
      take(":etag:", version.etag) || take(":mtime:", version.mtime)) {
    return version;
  }
  return std::nullopt;
}

}  // namespace cls::record
