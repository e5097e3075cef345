// SPDX-License-Identifier: Apache-2.0
// Manifests: exactly the objects of a lot. docs/formats/manifest.md.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/result.h"
#include "json/fields.h"
#include "record/places.h"

namespace cls::record {

enum class UriType : std::uint8_t { identifier, path, prefix, manifest };

/// Above this many members a manifest is split into parts.
inline constexpr std::size_t manifest_part_limit = 100'000;

}  // namespace cls::record

namespace cls::json {
template <>
inline constexpr auto names_of<record::UriType> =
    Names<record::UriType, 4>{{{record::UriType::identifier, "identifier"},
                               {record::UriType::path, "path"},
                               {record::UriType::prefix, "prefix"},
                               {record::UriType::manifest, "manifest"}}};
}  // namespace cls::json

namespace cls::record {

struct Manifest {
  ManifestState state = ManifestState::complete;
  std::optional<std::string> comment;
  std::string lotId;
  UriType uriType = UriType::identifier;
  std::vector<std::string> uris;

  bool operator==(const Manifest&) const = default;
  static constexpr auto fields = std::tuple{
      json::required("state", &Manifest::state, "complete, partial, empty or removed"),
      json::optional("comment", &Manifest::comment, "for people; revision n >= 2 begins with it"),
      json::required("lotId", &Manifest::lotId, "the lot"),
      json::optional("uriType", &Manifest::uriType, "what every entry of uris is"),
      json::required("uris", &Manifest::uris, "the members")};
};

/// Byte-compatible with the reference: compact, in field order, nulls written.
std::string write_manifest(const Manifest& manifest);
Result<Manifest> read_manifest(std::string_view bytes);

/// One object to store: its URI and bytes.
struct Stored {
  Uri uri;
  std::string bytes;
};
/// What has to be stored for a manifest with `members`, parts first, the manifest itself last: one
/// object up to `part_limit` members, else parts and a manifest of uriType `manifest`.
std::vector<Stored> manifest_objects(const Uri& uri, const Manifest& manifest,
                                     std::size_t part_limit = manifest_part_limit);

/// Members that are not all in memory as texts. What `uri` gives is valid until the next call.
struct ManifestMembers {
  std::size_t count = 0;
  std::function<std::string_view(std::size_t i)> uri = {};
};
/// The same of a manifest whose members are these; it has none itself, nor parts.
std::vector<Stored> manifest_objects(const Uri& uri, const Manifest& manifest,
                                     const ManifestMembers& members,
                                     std::size_t part_limit = manifest_part_limit);

}  // namespace cls::record
