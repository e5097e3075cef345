// SPDX-License-Identifier: Apache-2.0
// PublishedLots: the present revision of every published lot of a dataset, in 24 bytes each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "flow/closed_lots.h"
#include "flow/ledger_log.h"
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
  PublishedLots& lots() { return lots_; }

 private:
  BoundaryRef boundary_;
  LedgerLog log_;
  ClosedLots open_;
  std::uint64_t last_ = 0;
  PublishedLots lots_;
};

}  // namespace cls::flow
