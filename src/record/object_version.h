// SPDX-License-Identifier: Apache-2.0
// ObjectVersion: what makes an object (URI, version). docs/formats/ledger.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "base/time.h"
#include "json/fields.h"

namespace cls::record {

/// The version of an object as it was sighted. A file has size and mtime, and a SHA-256 unless it
/// is large or came in a large scan; an S3 object has size and ETag or a version id.
struct ObjectVersion {
  std::uint64_t size = 0;
  std::optional<std::string> mtime;  ///< RFC 3339, nanoseconds
  std::optional<std::string> sha256;
  std::optional<std::string> etag;
  std::optional<std::string> versionId;

  bool operator==(const ObjectVersion&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("size", &ObjectVersion::size, "bytes"),
      json::optional("mtime", &ObjectVersion::mtime, "of a file, nanoseconds"),
      json::optional("sha256", &ObjectVersion::sha256, "of a file; null where it was not taken"),
      json::optional("etag", &ObjectVersion::etag, "of an S3 object"),
      json::optional("versionId", &ObjectVersion::versionId, "of a versioned S3 object")};
};

/// True if two sightings of one URI are the same version: version ids where both have one; else the
/// sizes are equal and, where both hashes are known, these are; else ETags; else the mtimes.
bool same_version(const ObjectVersion& a, const ObjectVersion& b);

/// One text that stands for the version in revision hashes.
std::string version_text(const ObjectVersion& version);

/// As much of the version as its text says; nullopt for a text that version_text() does not give.
std::optional<ObjectVersion> version_of_text(std::string_view text);

}  // namespace cls::record
