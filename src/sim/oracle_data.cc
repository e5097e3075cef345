// SPDX-License-Identifier: Apache-2.0
// What the oracle sees of manifests and data while they are written.
#include <algorithm>

#include "base/format.h"
#include "base/hash.h"
#include "record/manifest.h"
#include "record/overwrites.h"
#include "sim/oracle.h"

namespace cls::sim {

std::string text_after(const std::string& key, std::string_view label) {
  const auto at = key.find(label);
  if (at == std::string::npos) return {};
  const auto begin = at + label.size();
  return key.substr(begin, key.find('/', begin) - begin);
}

std::string lot_of_manifest(const std::string& uri) {
  return uri.substr(0, uri.find("/state="));
}

/// What a manifest lists, in its parts too; nullopt where a part is not there.
std::optional<std::vector<std::string>> Oracle::members_in(const record::Manifest& manifest) const {
  if (manifest.uriType != record::UriType::manifest) return manifest.uris;
  std::vector<std::string> members;
  for (const auto& text : manifest.uris) {
    const auto uri = Uri::parse(text);
    const Stored* stored = uri ? whole(*uri) : nullptr;
    if (stored == nullptr) return std::nullopt;
    const auto part = record::read_manifest(*stored->bytes);
    if (!part) return std::nullopt;
    members.insert(members.end(), part->uris.begin(), part->uris.end());
  }
  return members;
}

/// Of a manifest with very many members; it is found by the manifest that lists it.
void Oracle::part_changed(const Change& change) {
  if (change.before) violated(2, change.uri.to_string() + " was changed or removed");
}

/// What stands there, or stood there before it was spoiled.
const Stored* Oracle::whole(const Uri& uri) const {
  const auto spoiled = spoiled_.find(uri);
  return spoiled != spoiled_.end() ? &spoiled->second : ask_.find(uri);
}

void Oracle::outside_changed(const Change& change) {
  if (spoiled_.erase(change.uri) > 0) return;  // it is put back
  if (!change.before) return older_published(change);
  spoiled_[change.uri] = *change.before;
  spoiled_once_.insert(change.uri);
}

/// A lot that an older tool publishes is one of its dataset's, at once and from then on.
void Oracle::older_published(const Change& change) {
  const auto key = record::parse_manifest_key(change.uri.key);
  if (!key || !key->state) return;  // a part
  older_.insert(change.uri);
  if (!lot::LotId::parse(key->lot)) return;  // a stray
  bodies_[change.uri].push_back(*change.after->bytes);
}

bool Oracle::is_older(const std::string& uri) const {
  return std::ranges::any_of(older_, [&](const Uri& one) {
    const std::string text = one.to_string();
    return uri.starts_with(text.substr(0, text.rfind('/') + 1));  // the same, or a part beside it
  });
}

void Oracle::deletes(bool so) {
  deletes_ = so;
  taken_.clear();  // nobody is at work, and no line says of anything that it was taken in
}

/// What is known of a record that its project is deleted with is forgotten.
void Oracle::deleted(const Change& change) {
  const std::string& key = change.uri.key;
  const std::string uri = change.uri.to_string();
  spoiled_.erase(change.uri);
  if (key.starts_with("arrivals/")) {
    logs_.erase(text_after(key, "boundary="));
  } else if (key.starts_with("claims/")) {
    claims_.erase(change.uri);
    epochs_.erase(change.uri);
  } else if (key.starts_with("datasets/")) {
    bodies_.erase(change.uri);
    committed_.erase(uri);
    revisions_.erase(uri.substr(0, uri.find("/state=")));
    older_.erase(change.uri);
  }
}

void Oracle::manifest_changed(const Change& change) {
  const auto key = record::parse_manifest_key(change.uri.key);
  if (!key || !key->state) return part_changed(change);
  const bool kept = *key->state == record::ManifestState::removed ||
                    *key->state == record::ManifestState::partial;
  if (!kept) return public_manifest_changed(change, key->dataset.name.starts_with("in"));
  if (change.before && (!change.after || change.after->etag != change.before->etag)) {
    violated(2, change.uri.to_string() + " was changed or removed");
  }
}

void Oracle::public_manifest_changed(const Change& change, bool of_boundary) {
  const std::string uri = change.uri.to_string();
  if (!change.after) return violated(2, uri + " was removed");
  if (change.before && change.before->etag == change.after->etag) return;
  const auto body = record::read_manifest(*change.after->bytes);
  if (!body) return violated(6, format("{}: {}", uri, body.error().message));
  bodies_[change.uri].push_back(*change.after->bytes);
  if (of_boundary) {
    const bool of_older = older_.erase(change.uri) > 0;
    if (change.before && !of_older) violated(2, uri + " was changed");
    const auto dataset = text_after(change.uri.key, "name=");
    if (!logs_["b" + dataset.substr(2)].closed.contains(body->lotId)) {
      violated(4, uri + " was published before its lot was closed");
    }
    return;
  }
  if (!committed_[uri].contains(sha256_hex(*change.after->bytes))) {
    violated(5, uri + " was published without a commit");
  }
  const auto members = members_in(*body);
  if (!members) violated(4, uri + " was published before its parts");
  for (const auto& member : members.value_or(std::vector<std::string>())) {
    const auto place = Uri::parse(member);
    if (place && ask_.find(*place) != nullptr) continue;
    violated(4, format("{} was published before its member {}", uri, member));
  }
}

/// What is on record there may be written over from now on.
void Oracle::overwrites_changed(const Change& change) {
  if (change.before) return violated(2, change.uri.to_string() + " was changed or removed");
  const auto file = record::read_overwrites(*change.after->bytes);
  if (!file) return violated(6, format("{}: {}", change.uri.to_string(), file.error().message));
  for (const auto& line : file->lines) recorded_.emplace(line.uri, line.superseded);
}

void Oracle::data_changed(const Change& change) {
  const std::string uri = change.uri.to_string();
  if (!change.after) return violated(5, uri + " was removed");
  if (!change.before || change.before->etag == change.after->etag) return;
  if (recorded_.contains({uri, change.before->etag})) return;
  violated(5, uri + " was overwritten, and no record said so before");
}

}  // namespace cls::sim
