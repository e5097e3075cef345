// SPDX-License-Identifier: Apache-2.0
#include "flow/published_manifests.h"

namespace cls::flow {

Result<> for_each_published(
    store::ObjectStore& store, const record::Places& places, const model::DatasetId& dataset,
    const std::function<void(const store::ObjectInfo&, const record::ManifestKey&)>& take) {
  auto listed = store::for_each_object(
      store, places.manifests_prefix(dataset), [&](const store::ObjectInfo& info) {
        if (!info.uri.key.ends_with("/manifest.json")) return;
        const auto key = record::parse_manifest_key(info.uri.key);
        if (!key) return;
        const bool published = key->state == record::ManifestState::complete ||
                               key->state == record::ManifestState::empty;
        if (published) take(info, *key);
      });
  if (!listed && listed.error().code == FailureCode::NotFound) return {};
  return listed;
}

}  // namespace cls::flow
