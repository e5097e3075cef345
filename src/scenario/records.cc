// SPDX-License-Identifier: Apache-2.0
#include "scenario/records.h"

#include <array>

#include "base/format.h"
#include "base/hash.h"
#include "base/text.h"
#include "record/subscription.h"

namespace cls::scenario {

namespace {

Uri prefix_of(const record::StoreName& name, std::string key) {
  return {"s3", record::store_name(name.placement, name.kind), std::move(key)};
}

tl::unexpected<Failure> unreadable(const Uri& uri, const Failure& failure) {
  return fail(failure.code, format("{}: {}", uri.to_string(), failure.message));
}

}  // namespace

Records::Records(FileSystem& files, const std::string& stores)
    : files_(files),
      stores_(stores),
      store_(files, store::FileStoreLayout{.stores = stores, .buckets = {}}) {}

std::vector<record::StoreName> Records::stores_of(record::StoreKind kind) {
  std::vector<record::StoreName> found;
  const auto buckets = files_.entries(stores_ + "/s3");
  if (!buckets) return found;  // nothing was recorded yet
  for (const auto& bucket : *buckets) {
    const auto name = record::parse_store_name(bucket.name);
    if (name && name->kind == kind) found.push_back(*name);
  }
  return found;
}

Result<> Records::each_object(const Uri& prefix,
                              const std::function<Result<>(const store::ObjectInfo&)>& take) {
  Result<> result;
  auto listed = store::for_each_object(store_, prefix, [&](const store::ObjectInfo& info) {
    if (result) result = take(info);
  });
  if (!listed && listed.error().code != FailureCode::NotFound) return listed;
  return result;
}

Result<> Records::learn_datasets() {
  for (const auto& name : stores_of(record::StoreKind::Metadata)) {
    auto read =
        each_object(prefix_of(name, "datasets/"), [&](const store::ObjectInfo& info) -> Result<> {
          auto object = store_.get(info.uri);
          if (!object) return pass(std::move(object));
          auto owned = json::read_record<record::OwnedDataset>(object->bytes);
          if (!owned) return unreadable(info.uri, owned.error());
          datasets_[{name.placement, owned->dataset.id()}] = {name.placement,
                                                              owned->dataset.path().to_string()};
          return {};
        });
    if (!read) return read;
  }
  return {};
}

Result<std::pair<model::DatasetId, Records::Dataset>> Records::dataset(
    const std::string& name) const {
  std::vector<std::pair<model::DatasetId, Dataset>> found;
  std::string known;
  for (const auto& [key, dataset] : datasets_) {
    const auto& id = key.second;
    known += " " + id.to_string();
    if (id.name == name || id.to_string() == name) found.emplace_back(id, dataset);
  }
  if (found.size() == 1) return found.front();
  return fail(FailureCode::NotFound, format("{} dataset is named '{}'; deployed were:{}",
                                            found.empty() ? "no" : "more than one", name, known));
}

Result<std::vector<FoundManifest>> Records::manifests(const std::string& dataset_name,
                                                      const std::string& lot,
                                                      record::ManifestState state) {
  const auto named = dataset(dataset_name);
  if (!named) return tl::unexpected(named.error());
  const auto& [id, where] = *named;
  const record::Places places(where.placement);
  const Uri prefix = places.manifests_prefix(id).child(format("lot={}/", lot));
  std::vector<FoundManifest> found;
  auto read = each_object(prefix, [&](const store::ObjectInfo& info) -> Result<> {
    const auto key = record::parse_manifest_key(info.uri.key);
    if (!info.uri.key.ends_with("/manifest.json") || !key || key->state != state) return {};
    auto object = store_.get(info.uri);
    if (!object) return pass(std::move(object));
    auto manifest = record::read_manifest(object->bytes);
    if (!manifest) return unreadable(info.uri, manifest.error());
    found.push_back({where.path, std::move(*manifest)});
    return {};
  });
  if (!read) return pass(std::move(read));
  return found;
}

Result<std::optional<FoundClaim>> Records::claim(const std::string& arc, const std::string& lot) {
  // A name alone matches the end of the key, project/version/name all of it.
  const auto parts = split(arc, '/');
  const std::string wanted = parts.size() == 3 ? format("/project={}/version={}/arc={}/lot={}",
                                                        parts[0], parts[1], parts[2], lot)
                                               : format("/arc={}/lot={}", arc, lot);
  std::optional<FoundClaim> found;
  std::set<std::string> states;
  for (const auto& name : stores_of(record::StoreKind::ArcState)) {
    auto claims =
        each_object(prefix_of(name, "claims/"), [&](const store::ObjectInfo& info) -> Result<> {
          if (!info.uri.key.ends_with(wanted + ".json")) return {};
          if (found) return fail(FailureCode::Conflict, format("more than one arc is '{}'", arc));
          auto object = store_.get(info.uri);
          if (!object) return pass(std::move(object));
          auto claim = json::read_record<record::Claim>(object->bytes);
          if (!claim) return unreadable(info.uri, claim.error());
          found = FoundClaim{std::move(*claim), {}};
          return {};
        });
    if (!claims) return pass(std::move(claims));
    auto arcs =
        each_object(prefix_of(name, "arcs/"), [&](const store::ObjectInfo& info) -> Result<> {
          if (info.uri.key.find(wanted + "/") == std::string::npos) return {};
          const auto key = record::parse_arc_state_key(info.uri.key);
          if (key && key->state) states.emplace(json::name_of(*key->state));
          return {};
        });
    if (!arcs) return pass(std::move(arcs));
  }
  if (found) found->arc_states = std::move(states);
  return found;
}

Result<std::vector<FoundLine>> Records::lines(const std::string& boundary) {
  std::vector<FoundLine> found;
  for (const auto& name : stores_of(record::StoreKind::ArcState)) {
    auto read =
        each_object(prefix_of(name, "arrivals/"), [&](const store::ObjectInfo& info) -> Result<> {
          if (info.uri.key.find(format("/boundary={}/", boundary)) == std::string::npos) return {};
          auto object = store_.get(info.uri);
          if (!object) return pass(std::move(object));
          auto segment = record::read_segment(object->bytes);
          if (!segment) return unreadable(info.uri, segment.error());
          const std::string path = segment->head.dataset.path().to_string();
          for (const auto& line : segment->lines) found.push_back({path, line});
          return {};
        });
    if (!read) return pass(std::move(read));
  }
  return found;
}

Result<> Records::each_record(
    const std::function<Result<>(const std::string& uri, const std::string& bytes)>& take) {
  static constexpr std::array kinds{record::StoreKind::Metadata, record::StoreKind::ArcState,
                                    record::StoreKind::Manifest};
  for (const auto kind : kinds) {
    for (const auto& name : stores_of(kind)) {
      auto read = each_object(prefix_of(name, ""), [&](const store::ObjectInfo& info) -> Result<> {
        auto object = store_.get(info.uri);
        if (!object) return pass(std::move(object));
        return take(info.uri.to_string(), object->bytes);
      });
      if (!read) return read;
    }
  }
  return {};
}

Result<std::map<std::string, std::string>> Records::digests() {
  std::map<std::string, std::string> digests;
  auto read = each_record([&](const std::string& uri, const std::string& bytes) -> Result<> {
    digests[uri] = sha256_hex(bytes);
    return {};
  });
  if (!read) return pass(std::move(read));
  return digests;
}

}  // namespace cls::scenario
