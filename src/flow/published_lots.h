// SPDX-License-Identifier: Apache-2.0
// PublishedLots: the present revision of every published lot of a dataset, in 24 bytes each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "flow/closed_lots.h"
#include "flow/ledger_log.h"
#include "flow/lot_sets.h"
#include "lot/lot_id.h"

namespace cls::flow {

/// Filled by one thread, lots in any order; sorted when it is first asked.
class PublishedLots {
 public:
  struct Entry {
    std::int64_t lot = 0;        ///< packed
    std::uint64_t revision = 0;  ///< print_of() it
    Instant ready;
  };

  /// A revision in eight bytes: its 16 hex digits, or a hash of another text.
  static std::uint64_t print_of(const std::string& revision);

  void add(const lot::LotId& lot, const std::string& revision, Instant ready);
  std::optional<Entry> find(const lot::LotId& lot);
  const std::vector<Entry>& entries();

 private:
  void sort();
  std::vector<Entry> entries_;
  bool sorted_ = true;
};

/// The same of a boundary, from its log; read_on() takes what was appended since.
class LedgerLots {
 public:
  LedgerLots(store::ObjectStore& store, BoundaryRef boundary)
      : boundary_(boundary), log_(store, boundary) {}

  /// A failure names the segment that cannot be read: what is after it is not known.
  Result<> read_on();
  /// All that are closed, those that are skipped included.
  PublishedLots& lots() { return lots_; }
  /// When its first segment was written.
  std::optional<Instant> began() const { return began_; }
  /// True for a lot without a member, where such are not published.
  bool skips(const lot::LotId& lot) const { return empty_.contains(lot); }

 private:
  BoundaryRef boundary_;
  LedgerLog log_;
  ClosedLots open_;
  std::uint64_t last_ = 0;
  std::optional<Instant> began_;
  PublishedLots lots_;
  LotSets empty_;  ///< with `emptyLots: skip`
};

}  // namespace cls::flow
