// SPDX-License-Identifier: Apache-2.0
// CallTally: counts the store calls of a service, by what they are about, and by the lot that their
// key names.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "base/uri.h"
#include "sim/effect.h"

namespace cls::sim {

/// Store calls by how they are charged.
struct CallCounts {
  std::uint64_t conditional = 0;  ///< writes and deletions
  std::uint64_t plain = 0;        ///< unconditional writes and deletions
  std::uint64_t reads = 0;
  std::uint64_t listings = 0;  ///< pages

  bool operator==(const CallCounts&) const = default;
  std::uint64_t all() const { return conditional + plain + reads + listings; }
  void add(const CallCounts& more);
};

class CallTally {
 public:
  void count(Effect effect, bool conditional, const Uri& uri);

  const CallCounts& total() const { return total_; }
  std::uint64_t of(Effect effect) const { return effects_.at(static_cast<std::size_t>(effect)); }
  /// Calls about the records of one lot of a dataset or an arc; `owner` as keyed_lot() names it.
  CallCounts of(const std::string& owner, const std::string& lot) const;

 private:
  CallCounts total_;
  std::array<std::uint64_t, effect_count> effects_{};
  std::unordered_map<std::string, CallCounts> lots_;  // by owner and lot
};

/// `name/version` of a dataset, `project/version arc` of an arc, and the lot that a record's key
/// names; both empty where it names none.
struct KeyedLot {
  std::string owner;
  std::string lot;
};
KeyedLot keyed_lot(const std::string& key);

}  // namespace cls::sim
