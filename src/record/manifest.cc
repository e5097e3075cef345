// SPDX-License-Identifier: Apache-2.0
#include "record/manifest.h"

#include <algorithm>

#include "base/format.h"

namespace cls::record {

namespace {

/// The bytes of json::write_record(), made without a tree: of members [first, end) in place of the
/// manifest's own.
std::string manifest_bytes(const Manifest& manifest, const ManifestMembers& members,
                           std::size_t first, std::size_t end) {
  std::string bytes = R"({"state":)";
  json::append_quoted(bytes, json::name_of(manifest.state));
  bytes += R"(,"comment":)";
  if (manifest.comment) {
    json::append_quoted(bytes, *manifest.comment);
  } else {
    bytes += "null";
  }
  bytes += R"(,"lotId":)";
  json::append_quoted(bytes, manifest.lotId);
  bytes += R"(,"uriType":)";
  json::append_quoted(bytes, json::name_of(manifest.uriType));
  bytes += R"(,"uris":[)";
  std::size_t text = bytes.size() + 2;
  for (std::size_t i = first; i < end; ++i) text += members.uri(i).size() + 3;
  bytes.reserve(text);
  for (std::size_t i = first; i < end; ++i) {
    if (i > first) bytes += ',';
    json::append_quoted(bytes, members.uri(i));
  }
  bytes += "]}";
  return bytes;
}

ManifestMembers members_of(const std::vector<std::string>& uris) {
  return {uris.size(), [&uris](std::size_t i) { return std::string_view(uris[i]); }};
}

}  // namespace

std::string write_manifest(const Manifest& manifest) {
  return manifest_bytes(manifest, members_of(manifest.uris), 0, manifest.uris.size());
}

Result<Manifest> read_manifest(std::string_view bytes) {
  auto manifest = json::read_record<Manifest>(bytes);
  if (manifest) return manifest;
  std::string_view message = manifest.error().message;
  if (message.starts_with(": ")) message.remove_prefix(2);
  return fail(manifest.error().code, format("no manifest: {}", message));
}

std::vector<Stored> manifest_objects(const Uri& uri, const Manifest& manifest,
                                     std::size_t part_limit) {
  if (manifest.uriType == UriType::manifest) part_limit = manifest.uris.size();
  return manifest_objects(uri, manifest, members_of(manifest.uris), part_limit);
}

std::vector<Stored> manifest_objects(const Uri& uri, const Manifest& manifest,
                                     const ManifestMembers& members, std::size_t part_limit) {
  std::vector<Stored> objects;
  if (members.count <= part_limit) {
    objects.push_back({uri, manifest_bytes(manifest, members, 0, members.count)});
    return objects;
  }
  const Places places{model::Placement{}};
  Manifest whole{.state = manifest.state,
                 .comment = manifest.comment,
                 .lotId = manifest.lotId,
                 .uriType = UriType::manifest,
                 .uris = {}};
  for (std::size_t first = 0; first < members.count; first += part_limit) {
    const std::size_t end = std::min(first + part_limit, members.count);
    const Uri at = places.manifest_part(uri, whole.uris.size());
    whole.uris.push_back(at.to_string());
    objects.push_back({at, manifest_bytes(manifest, members, first, end)});
  }
  objects.push_back({uri, write_manifest(whole)});
  return objects;
}

}  // namespace cls::record
