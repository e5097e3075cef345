// SPDX-License-Identifier: Apache-2.0
// ClosedLots: reads a boundary's log front to back and hands over each lot as the log closes it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "record/ledger.h"
#include "record/manifest.h"

namespace cls::flow {

/// A lot at the moment the log closes it.
struct ClosedLot {
  std::string lot;
  std::uint64_t segment = 0;                ///< number of the segment that closes it
  std::vector<record::LedgerLine> members;  ///< of each URI its last line, if a member; by URI
};

/// Whether a line of a lot takes the place of an earlier one of the same URI. One that says that
/// another version has vanished does not: that one stood there for a while (docs/adr/0017).
bool takes_place_of(const record::LedgerLine& next, const record::LedgerLine& last);

/// Not thread-safe. Holds the lines of open lots only.
class ClosedLots {
 public:
  using Take = std::function<void(ClosedLot)>;

  /// Takes the next segment, in the order of the log; calls `take` for each lot that it closes.
  void add(const record::Segment& segment, const Take& take);

 private:
  std::map<std::string, std::map<std::string, record::LedgerLine>> open_;  ///< by lot, then URI
};

/// The manifest that a boundary publishes for a closed lot, before it is split into parts.
record::Manifest manifest_of(const ClosedLot& closed);

}  // namespace cls::flow
