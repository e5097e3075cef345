// SPDX-License-Identifier: Apache-2.0
// Says whether an object is still the version that a producer recorded.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "flow/workload.h"
#include "store/object_store.h"

namespace cls::work {

/// What the digest of an object's bytes was taken of, and the digest.
struct Digested {
  store::ObjectInfo info;
  std::string sha256;
};
/// Reads an object in pieces.
Result<Digested> digest_object(store::ObjectStore& store, const Uri& uri);

/// A source object as it is now.
struct SourceSight {
  /// The recorded version; where none was recorded, what is there now.
  record::ObjectVersion version;
  /// What was found instead of the recorded version: `gone`, or what the other one is.
  std::optional<std::string> vanished;
};

/// Compares a member with what is in the store now: sizes; then equal ETags or equal mtimes are the
/// same version; where neither says so and a SHA-256 was recorded, the bytes decide (a file written
/// again unchanged is the same version, as in the ledger). Failures other than NotFound are passed.
Result<SourceSight> look_at_source(store::ObjectStore& store, const flow::SourceMember& member);

/// `size 12, etag abc`: the words for another version.
std::string describe(const store::ObjectInfo& info);

}  // namespace cls::work
