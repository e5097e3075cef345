// SPDX-License-Identifier: Apache-2.0
// What a sink of a claim names, and keeping what stands there before another body takes its place.
// For publisher.cc.
#pragma once

#include <string>

#include "flow/claim_store.h"
#include "record/manifest.h"

namespace cls::flow {

// What a claim names was read with it: see read_claim().
inline Uri manifest_of(const record::ClaimSink& sink) {
  return Uri::parse(sink.manifest).value();
}
inline model::DatasetId dataset_of(const record::ClaimSink& sink) {
  return record::parse_manifest_key(sink.manifest).value().dataset;
}
inline std::string attempt_of(const record::ClaimSink& sink) {
  return record::attempt_of_members_key(sink.members).value();
}

/// A sink of a lot, and what its claim commits it to.
struct CommittedSink {
  const ArcRef& arc;
  const lot::LotId& lot;
  const std::string& role;
  const record::ClaimSink& sink;
};

/// Stores a published body that goes at `state=removed`, under the attempt that made it.
Result<> keep_former(store::ObjectStore& store, const CommittedSink& committed,
                     const store::Object& going);

}  // namespace cls::flow
