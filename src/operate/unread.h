// SPDX-License-Identifier: Apache-2.0
// UnreadObjects: the objects below a boundary's path that its ledger does not know yet.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "flow/ledger_log.h"
#include "record/ledger.h"
#include "store/object_store.h"

namespace cls::operate {

/// Tells two listings of objects apart. Not thread-safe.
class ListingDigest {
 public:
  void add(const store::ObjectInfo& info);
  std::uint64_t count() const { return count_; }
  std::string text() const;

 private:
  std::uint64_t count_ = 0;
  std::uint64_t hash_ = 0;
};

/// Of what UnreadObjects would list now.
Result<ListingDigest> digest_of_listing(store::ObjectStore& store,
                                        const model::BoundaryPlan& boundary);

/// Costs one listing. An object that the ledger knows under another time but with the same size is
/// read, as the boundary does, to see whether it is the same version: files of up to 64 MiB, and
/// 256 MiB of them in all; beyond that it counts as unread. Not thread-safe.
class UnreadObjects {
 public:
  UnreadObjects(store::ObjectStore& store, const model::BoundaryPlan& boundary);

  /// Lists what is there now, without what the boundary leaves out. A path that does not exist has
  /// nothing.
  Result<> list(const flow::LedgerLog& log);
  /// Of what was listed.
  const ListingDigest& listing() const { return listing_; }
  /// Takes a line of the ledger; in its order.
  void see(const record::LedgerLine& line);
  /// How many objects remain, after all lines were seen.
  Result<std::uint64_t> count();

 private:
  struct Candidate {
    Uri uri;
    record::ObjectVersion version;
    std::optional<record::ObjectVersion> known;  ///< of its last line
  };

  Result<bool> is_known(const Candidate& candidate);

  store::ObjectStore& store_;
  const model::BoundaryPlan& boundary_;
  std::uint64_t budget_;
  ListingDigest listing_;
  std::map<std::string, Candidate> candidates_;  ///< by URI
};

}  // namespace cls::operate
