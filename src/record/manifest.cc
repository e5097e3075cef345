// SPDX-License-Identifier: Apache-2.0
#include "record/manifest.h"

#include <algorithm>

#include "base/format.h"

namespace cls::record {

std::string write_manifest(const Manifest& manifest) {
  return json::write_record(manifest);
}

Result<Manifest> read_manifest(std::string_view bytes) {
  auto manifest = json::read_record<Manifest>(bytes);
  if (manifest) return manifest;
  std::string_view message = manifest.error().message;
  if (message.starts_with(": ")) message.remove_prefix(2);
  return fail(manifest.error().code, format("no manifest: {}", message));
}

std::vector<Stored> manifest_objects(const Uri& uri, Manifest manifest, std::size_t part_limit) {
  std::vector<Stored> objects;
  if (manifest.uris.size() <= part_limit || manifest.uriType == UriType::manifest) {
    objects.push_back({uri, write_manifest(manifest)});
    return objects;
  }
  const Places places{model::Placement{}};
  std::vector<std::string> parts;
  Manifest part = manifest;
  for (std::size_t first = 0; first < manifest.uris.size(); first += part_limit) {
    const std::size_t end = std::min(first + part_limit, manifest.uris.size());
    part.uris.assign(manifest.uris.begin() + static_cast<std::ptrdiff_t>(first),
                     manifest.uris.begin() + static_cast<std::ptrdiff_t>(end));
    const Uri at = places.manifest_part(uri, parts.size());
    parts.push_back(at.to_string());
    objects.push_back({at, write_manifest(part)});
  }
  manifest.uriType = UriType::manifest;
  manifest.uris = std::move(parts);
  objects.push_back({uri, write_manifest(manifest)});
  return objects;
}

}  // namespace cls::record
