// SPDX-License-Identifier: Apache-2.0
// OtherLots: which objects the current manifests of an arc's other lots list, and with what bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "flow/workload.h"
#include "record/claim.h"
#include "store/object_store.h"

namespace cls::work {

/// A value; reading it costs two reads for each claim it looks at.
class OtherLots {
 public:
  /// Reads the last commits of all lots of the arc but the context's; with `since` only of those
  /// whose claim was written at or after it. A claim or members file that cannot be read is a
  /// failure: it may list anything.
  static Result<OtherLots> read(store::ObjectStore& store, const flow::WorkloadContext& context,
                                std::optional<Instant> since);

  /// A lot that lists the object of `line` with other bytes than the line says.
  std::optional<std::string> lists_otherwise(const record::MemberLine& line) const;

 private:
  struct Listed {
    std::string lot;
    std::uint64_t size = 0;
    std::optional<std::string> sha256;
    std::optional<std::string> etag;
  };
  Result<> add(store::ObjectStore& store, const record::Claim& claim, const std::string& bucket);

  std::unordered_map<std::string, std::vector<Listed>> by_uri_;
};

}  // namespace cls::work
