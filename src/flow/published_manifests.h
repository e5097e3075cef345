// SPDX-License-Identifier: Apache-2.0
// The manifests of a dataset that are or were a lot's current one, whoever made them.
#pragma once

#include <functional>

#include "record/places.h"
#include "store/object_store.h"

namespace cls::flow {

/// Calls `take` with each manifest of the dataset at `state=complete` or `state=empty`, in the
/// order of the keys, and with what its key says. A dataset without any is no failure.
Result<> for_each_published(
    store::ObjectStore& store, const record::Places& places, const model::DatasetId& dataset,
    const std::function<void(const store::ObjectInfo&, const record::ManifestKey&)>& take);

}  // namespace cls::flow
