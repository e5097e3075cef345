// SPDX-License-Identifier: Apache-2.0
// Promise 2 where an arc was deployed with another sink dataset: revisions that it published before
// stand, or are kept, under the dataset that it had then.
#include <algorithm>
#include <set>

#include "flow/commit_check.h"
#include "flow/publisher.h"
#include "record/manifest.h"

namespace cls::flow {

namespace {

/// The first text after every one that starts with `prefix`, which ends in '/'.
std::string past(std::string prefix) {
  prefix.back() = '/' + 1;
  return prefix;
}

/// The dataset in `datasets/name=D/version=DV/…`.
std::optional<model::DatasetId> dataset_of(std::string_view key) {
  constexpr std::string_view name = "datasets/name=";
  constexpr std::string_view version = "/version=";
  if (!key.starts_with(name)) return std::nullopt;
  key.remove_prefix(name.size());
  const auto middle = key.find(version);
  if (middle == std::string_view::npos) return std::nullopt;
  const auto end = key.find('/', middle + version.size());
  if (end == std::string_view::npos) return std::nullopt;
  const auto begin = middle + version.size();
  return model::DatasetId{std::string(key.substr(0, middle)),
                          std::string(key.substr(begin, end - begin))};
}

}  // namespace

/// Found by a listing that leaps from each to the next.
const std::vector<model::DatasetId>& CommitCheck::all_datasets(const ArcRef& arc) {
  const auto& places = arc.project->places;
  Uri all = places.manifests_prefix({});
  all.key.resize(all.key.find('/') + 1);
  const auto [place, fresh] = datasets_.try_emplace(all.bucket);
  auto& datasets = place->second;
  std::string after;
  while (fresh) {
    const auto page =
        store_.list({.prefix = all, .delimiter = {}, .start_after = after, .limit = 1});
    if (!page || page->objects.empty()) break;
    const std::string& key = page->objects.front().uri.key;
    if (auto dataset = dataset_of(key)) {
      after = past(places.manifests_prefix(*dataset).key);
      datasets.push_back(std::move(*dataset));
    } else {
      after = key;
    }
  }
  return datasets;
}

/// True if what an attempt committed for the lot stands, byte for byte, under another dataset.
bool CommitCheck::stands_elsewhere(const ArcRef& arc, const lot::LotId& lot,
                                   const std::string& attempt, const Place& place) {
  const auto object = store_.get(
      arc.project->places.members(arc.project->plan.project, arc.arc->name, lot, attempt));
  const auto file = object ? record::read_members(object->bytes)
                           : Result<record::MembersFile>(fail(FailureCode::NotFound, ""));
  if (!file) return false;
  std::set<std::string> roles;
  for (const auto& [role, sink] : arc.arc->sinks) roles.insert(role);
  for (const auto& line : file->lines) roles.insert(line.role);
  // Nothing tells one manifest without members from another, but that nobody else, and no other
  // sink, writes there: this one does now, or did before.
  std::set<model::DatasetId> declared;
  for (const auto& one : arc.project->plan.boundaries) declared.insert(one.dataset.id());
  for (const auto& one : arc.project->plan.arcs) {
    for (const auto& [role, sink] : one.sinks) {
      if (&one != arc.arc || role != place.role) declared.insert(sink.id());
    }
  }
  bool found = false;
  const auto look = [&](const model::DatasetId& other, const store::ObjectInfo& info) {
    if (found || !info.uri.key.ends_with("/manifest.json")) return;
    const auto kept = store_.get(info.uri);
    const auto manifest = kept ? record::read_manifest(kept->bytes)
                               : Result<record::Manifest>(fail(FailureCode::NotFound, ""));
    if (!manifest || manifest->lotId != lot.to_string()) return;
    if (manifest->uris.empty() && declared.contains(other)) return;
    const record::ManifestKey key{
        .dataset = other, .lot = lot.to_string(), .state = manifest->state, .attempt = attempt};
    found = std::ranges::any_of(roles, [&](const std::string& role) {
      return is_made_by(arc, *kept, *manifest, *file, role, key, lot);
    });
  };
  for (const auto& other : all_datasets(arc)) {
    if (other == place.dataset) continue;
    Uri of_lot = arc.project->places.manifests_prefix(other);
    of_lot.key += "lot=" + lot.to_string() + "/";
    const auto listed = store::for_each_object(
        store_, of_lot, [&](const store::ObjectInfo& info) { look(other, info); });
    if (found || !listed) break;
  }
  return found;
}

/// How many attempts of the lot have what they committed under other datasets.
std::uint64_t CommitCheck::revisions_elsewhere(const ArcRef& arc, const lot::LotId& lot,
                                               const Place& place) {
  std::vector<std::string> attempts;
  const Uri prefix =
      arc.project->places.members_prefix(arc.project->plan.project, arc.arc->name, lot);
  const auto listed = store::for_each_object(store_, prefix, [&](const store::ObjectInfo& info) {
    if (auto attempt = record::attempt_of_members_key(info.uri.key)) {
      attempts.push_back(std::move(*attempt));
    }
  });
  if (!listed) return 0;
  return static_cast<std::uint64_t>(std::ranges::count_if(
      attempts, [&](const auto& attempt) { return stands_elsewhere(arc, lot, attempt, place); }));
}

/// True for a manifest of a dataset that the arc had before, as an attempt of the lot made it.
bool CommitCheck::is_of_former_dataset(const ArcRef& arc, const Uri& manifest,
                                       const record::ManifestKey& key, const record::Claim& claim) {
  const auto names_dataset = [&](const auto& sink) {
    const auto named = record::parse_manifest_key(sink.second.manifest);
    return !named || named->dataset == key.dataset;
  };
  if (claim.sinks.empty() || std::ranges::any_of(claim.sinks, names_dataset)) return false;
  const auto lot = lot::LotId::parse(claim.lot);
  const auto object = store_.get(manifest);
  const auto body = object ? record::read_manifest(object->bytes)
                           : Result<record::Manifest>(fail(FailureCode::NotFound, ""));
  if (!lot || !body || body->lotId != claim.lot) return false;
  std::vector<Uri> files;
  const auto listed = store::for_each_object(
      store_, arc.project->places.members_prefix(arc.project->plan.project, arc.arc->name, *lot),
      [&](const store::ObjectInfo& info) { files.push_back(info.uri); });
  return listed && any_gives(arc, files, *lot, *body, object->bytes);
}

bool CommitCheck::any_gives(const ArcRef& arc, const std::vector<Uri>& members_files,
                            const lot::LotId& lot, const record::Manifest& manifest,
                            std::string_view bytes) {
  return std::ranges::any_of(members_files, [&](const Uri& uri) {
    const auto members = store_.get(uri);
    const auto file = members ? record::read_members(members->bytes)
                              : Result<record::MembersFile>(fail(FailureCode::NotFound, ""));
    return file && is_given_by(*file, lot, manifest, bytes, arc.project->limits);
  });
}

/// True for a manifest that a members file of another arc gives.
bool CommitCheck::other_arc_made(const ArcRef& arc, const store::Object& object,
                                 const lot::LotId& lot) {
  const auto manifest = record::read_manifest(object.bytes);
  if (!manifest || manifest->lotId != lot.to_string()) return false;
  if (!other_members_) {
    other_members_.emplace();
    Uri all = members_prefix(arc);
    const std::string own = all.key;
    all.key.resize(all.key.find('/') + 1);
    const auto listed = store::for_each_object(store_, all, [&](const store::ObjectInfo& info) {
      const auto of_key = lot_of_members_key(info.uri.key);
      if (!of_key || info.uri.key.starts_with(own)) return;
      (*other_members_)[packed(*of_key)].push_back(info.uri);
    });
    if (!listed) return false;
  }
  const auto files = other_members_->find(packed(lot));
  return files != other_members_->end() &&
         any_gives(arc, files->second, lot, *manifest, object.bytes);
}

}  // namespace cls::flow
